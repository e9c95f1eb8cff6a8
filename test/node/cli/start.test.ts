import { once } from 'node:events'
import { access, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readRunFile } from '../../../node/cli/run-file.ts'
import { type Bootstrap, openBootstrap } from '../../../node/replication/bootstrap.ts'
import { jsonLinesOf } from './lines.ts'
import { parley, startParley } from './parley.ts'

interface Started {
  readonly url: string
  readonly port: number
}

let bootstrap: Bootstrap
let home: string
let network: string[]

beforeAll(async () => {
  bootstrap = await openBootstrap({ host: '127.0.0.1', port: 0 })
  network = ['--bootstrap', `${bootstrap.host}:${bootstrap.port}`]
})
afterAll(() => bootstrap.close())
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-start-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const start = (...words: string[]) => startParley(['start', '--home', home, ...network, '--json', ...words])

describe('parley start', () => {
  test('serves a node until it is stopped, and a second one finds the first', async () => {
    const child = start('--port', '0', '--name', 'Ada')
    const { url, port } = (await jsonLinesOf(child)()) as Started
    expect(url).toBe(`http://localhost:${port}`)
    expect((await stat(join(home, 'run.json'))).mode & 0o777).toBe(0o600)
    expect(await readRunFile(home)).toMatchObject({ pid: child.pid, url, port })

    const [second, status, locked] = await Promise.all([
      parley(['start', '--home', home, '--json']),
      parley(['status', '--home', home, '--json']),
      parley(['passphrase', 'remove', '--home', home]),
    ])
    expect(second).toEqual({ code: 0, stdout: `${JSON.stringify({ url, port })}\n`, stderr: '' })
    expect(JSON.parse(status.stdout)).toMatchObject({ name: 'Ada', url })
    expect(locked.code).toBe(3)
    expect(locked.stderr).toContain('Stop it first')

    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
    await expect(access(join(home, 'run.json'))).rejects.toThrow('ENOENT')
  })

  test('takes the next free port, and says so to people', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    const child = startParley(['start', '--home', home, ...network, '--port', String(port)])
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    const [page] = await once(child.stdout, 'data')
    expect(String(page)).toMatch(/http:\/\/localhost:\d+\/#\/login\/[\w-]{43}/)
    expect(String(page)).not.toContain(`:${port}/`)
    expect(said).toContain(`Port ${port} is taken`)
    // One Ctrl-C under npm arrives twice.
    child.kill('SIGINT')
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([0, null])
    await new Promise((resolve) => taken.close(resolve))
  })

  test('says what is wrong with a home that cannot be used, and touches nothing', async () => {
    await writeFile(join(home, 'vault.json'), 'garbage')
    const { code, stdout, stderr } = await parley(['start', '--home', home, ...network, '--json'])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(JSON.parse(stderr).error).toEqual({ code: 'vault/damaged', text: expect.stringContaining('backup') })
  })

  test('is not stopped by a run.json that a killed node left behind', async () => {
    const first = start('--port', '0')
    await jsonLinesOf(first)()
    first.kill('SIGKILL')
    await once(first, 'close')
    expect((await parley(['status', '--home', home])).code).toBe(3)
    const second = start('--port', '0')
    const { port } = (await jsonLinesOf(second)()) as Started
    expect(await readRunFile(home)).toMatchObject({ pid: second.pid, port })
    second.kill('SIGTERM')
    await once(second, 'close')
  })
})

test('parley dht says where it listens, and stops when asked', async () => {
  const dht = startParley(['dht', '--port', '0', '--json'])
  const { host, port } = (await jsonLinesOf(dht)()) as { host: string; port: number }
  expect(host).toBe('127.0.0.1')
  expect(port).toBeGreaterThan(0)
  dht.kill('SIGINT')
  expect(await once(dht, 'close')).toEqual([0, null])
})

test('parley demo brings Ada and Ben into one room, and leaves nothing behind', async () => {
  const demo = startParley(['demo', '--port', '0', '--json'], { TMPDIR: home })
  const { room, nodes } = (await jsonLinesOf(demo)()) as { room: string; nodes: (Started & { name: string })[] }
  expect(room).toMatch(/^[0-9a-f]{64}$/)
  expect(nodes.map(({ name }) => name)).toEqual(['Ada', 'Ben'])
  for (const { url } of nodes) expect((await fetch(`${url}/healthz`)).status).toBe(200)
  demo.kill('SIGINT')
  expect(await once(demo, 'close')).toEqual([0, null])
  expect((await readdir(home)).filter((name) => name.startsWith('parley-demo'))).toEqual([])
})
