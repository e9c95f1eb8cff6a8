import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parley } from './parley.ts'

let folder: string
let file: string
let bundle: Buffer
let expected: readonly string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-verify-'))
  const { cases } = JSON.parse(await readFile('specs/vectors/bundle.json', 'utf8'))
  const { input } = cases.find(({ title }: { title: string }) => title === 'both authors expected')
  bundle = Buffer.from(input.bundle, 'hex')
  expected = input.expect
  file = join(folder, 'kitchen.parley')
  await writeFile(file, bundle)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.concurrent('parley verify', () => {
  test('tells what a whole file proves, and ends with 0', async () => {
    const { code, stdout, stderr } = await parley(['verify', file, '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const report = JSON.parse(stdout)
    expect(Object.keys(report)).toEqual(['ok', 'messages', 'checks', 'witnessed'])
    expect(report.ok).toBe(true)
    expect(report.messages).toBeGreaterThan(0)
    for (const { name, outcome, text } of report.checks) {
      expect(name).toMatch(/^[a-z]+$/)
      expect(['passed', 'waiting']).toContain(outcome)
      expect(text).not.toBe('')
    }
  })

  test('says to people who wrote, and what is not proven', async () => {
    const { code, stdout } = await parley(['verify', file, '--expect', ...expected])
    expect(code).toBe(0)
    expect(stdout).toContain('“Kitchen” checks out')
    for (const id of expected) expect(stdout).toMatch(new RegExp(`${id} .*expected`))
    expect(stdout).toContain('What this file does not prove')
  })

  test('ends with 1 where an expected author is not there', async () => {
    const { code, stdout } = await parley(['verify', file, '--expect', 'f'.repeat(64), '--json'])
    expect(code).toBe(1)
    const failed = JSON.parse(stdout).checks.filter(({ outcome }: { outcome: string }) => outcome === 'failed')
    expect(failed).toEqual([expect.objectContaining({ name: 'authors', code: 'bundle/expected' })])
  })

  test('refuses a file with any one byte changed, and says what is wrong', async () => {
    await Promise.all(
      [0, 0.3, 0.6, 1].map(async (part) => {
        const changed = Buffer.from(bundle)
        const at = Math.floor(part * (bundle.length - 1))
        changed[at] = changed[at]! ^ 1
        const path = join(folder, `changed-${at}.parley`)
        await writeFile(path, changed)
        const { code, stdout, stderr } = await parley(['verify', path, '--json'])
        expect([1, 3]).toContain(code)
        if (code === 1) expect(JSON.parse(stdout).checks).toContainEqual(expect.objectContaining({ outcome: 'failed' }))
        else expect(JSON.parse(stderr).error.text).toContain('cannot be read as a Parley bundle')
      }),
    )
  })
})

describe('parley verify', () => {
  test('takes an excerpt without being told, and shows what is in it', async () => {
    const { cases } = JSON.parse(await readFile('specs/vectors/excerpt.json', 'utf8'))
    const path = join(folder, 'shed.parley')
    await writeFile(path, Buffer.from(cases[0].input.excerpt, 'hex'))
    const told = await parley(['verify', path])
    const json = await parley(['verify', path, '--json'])
    expect([told.code, json.code]).toEqual([0, 0])
    expect(told.stdout).toContain('The excerpt of “Kitchen” checks out: 2 messages')
    expect(told.stdout).toMatch(/Ada.*Who took the key to the shed\?\n.*Bo.*I did\. It hangs behind the door\./)
    expect(told.stdout).toContain('What was left out: whoever exported this chose the messages.')
    const report = JSON.parse(json.stdout)
    expect(Object.keys(report)).toEqual(['ok', 'messages', 'checks', 'witnessed', 'said'])
    expect(report.said[0]).toMatchObject({ name: 'Ada', text: 'Who took the key to the shed?' })
  })

  test('says who has witnessed what, up to where and by when', async () => {
    const { cases } = JSON.parse(await readFile('specs/vectors/bundle.json', 'utf8'))
    const { input, expect: wanted } = cases.find(({ section }: { section: string }) => section === 'checkpoints')
    const path = join(folder, 'witnessed.parley')
    await writeFile(path, Buffer.from(input.bundle, 'hex'))
    const told = await parley(['verify', path])
    expect(told.stdout).toMatch(/passed +checkpoints +3 of 3 logs witnessed/)
    expect(told.stdout).toMatch(
      /Witnessed\n.*entries +of log [0-9a-f]{8} +no later than 2023-11-14.*, by the clocks of Bo/,
    )
    expect(told.stdout).toContain('they may lie together')
    const json = await parley(['verify', path, '--json'])
    expect(JSON.parse(json.stdout).witnessed).toEqual(wanted.witnessed)
  })

  test('says of a file that withholds its texts what it shows, and of one without keys that nothing can be read', async () => {
    const { cases } = JSON.parse(await readFile('specs/vectors/bundle.json', 'utf8'))
    const run = async (start: string) => {
      const { input } = cases.find(({ title }: { title: string }) => title.startsWith(start))
      const path = join(folder, `${start.slice(0, 7)}.parley`)
      await writeFile(path, Buffer.from(input.bundle, 'hex'))
      return parley(['verify', path])
    }
    const headers = await run('the keys of headers alone')
    const none = await run('no keys: every log')
    expect([headers.code, none.code]).toEqual([0, 0])
    expect(headers.stdout).toContain('“Kitchen” checks out: 2 messages, 2 authors.')
    expect(headers.stdout).toMatch(/waiting +entries .*what they say is not disclosed/)
    expect(none.stdout).toContain('this file withholds every key')
  })
})
