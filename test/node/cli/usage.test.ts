import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parley } from './parley.ts'

let home: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-usage-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

describe.concurrent('a command that makes no sense ends with 2 and a sentence', () => {
  test.for([
    ['an unknown command', ['frobnicate'], /Unknown command 'frobnicate'/],
    ['an unknown option', ['status', '--frob'], /Unknown option '--frob'/],
    ['a missing argument', ['send', 'room'], /Missing required argument 'text'/],
    ['too many arguments', ['status', 'now'], /Too many arguments/],
    ['a port that is none', ['start', '--port', '99999'], /A port is a number from 0 to 65535/],
    ['a network host', ['start', '--host', '0.0.0.0'], /only be served on this computer/],
    ['a bootstrap without a port', ['start', '--bootstrap', 'example.org'], /host:port/],
    ['a name that one cannot see', ['start', '--name', ' \u200b'], /visible character/],
    ['a span of time that is none', ['room', 'create', 'X', '--expires', 'soon'], /30m, 12h, 7d or 4w/],
    ['an identity that is none', ['verify', 'file', '--expect', 'Ada', 'Ben'], /64 hexadecimal digits/],
  ] as const)('%s', async ([, words, sentence]) => {
    const { code, stdout, stderr } = await parley(words)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(sentence)
    expect(stderr).not.toMatch(/\n {4}at /)
  })

  test('as JSON when that is asked for', async () => {
    const { code, stdout, stderr } = await parley(['send', 'room', '--json'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'usage', text: expect.stringContaining("argument 'text'") } })
  })

  test('a variable of the environment that makes no sense', async () => {
    const { code, stderr } = await parley(['start'], { env: { PARLEY_PORT: 'http' } })
    expect(code).toBe(2)
    expect(stderr).toContain('“http”')
  })
})

describe.concurrent('a command that cannot reach or read something ends with 3', () => {
  test('without a running node, it says how to start one', async () => {
    const { code, stderr } = await parley(['room', 'list', '--home', home, '--json'])
    expect(code).toBe(3)
    expect(JSON.parse(stderr).error).toEqual({
      code: 'no-node',
      text: expect.stringContaining(`parley start --home ${home}`),
    })
  })

  test('PARLEY_HOME names the node as --home does', async () => {
    const { code, stderr } = await parley(['send', 'room', 'hello'], { env: { PARLEY_HOME: home } })
    expect(code).toBe(3)
    expect(stderr).toContain(home)
  })

  test('verify says that a file is missing', async () => {
    const { code, stderr } = await parley(['verify', join(home, 'none.parley'), '--json'])
    expect(code).toBe(3)
    expect(JSON.parse(stderr).error.code).toBe('cannot-read')
  })

  test('verify says that a file is no bundle', async () => {
    const file = join(home, 'holiday.jpg')
    await writeFile(file, 'not a bundle')
    const { code, stdout, stderr } = await parley(['verify', '--expect', 'a'.repeat(64), file])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toContain('cannot be read as a Parley bundle')
  })
})
