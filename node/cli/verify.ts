import { readFile, stat } from 'node:fs/promises'
import type { Command } from 'commander'
import colours from 'picocolors'
import type { Report } from '../../protocol/verification/index.ts'
import { addCommand, outputOf } from './command.ts'
import { cannotRead, exitCodes, Failure, failureFrom, usage } from './failure.ts'
import { shownLine, table } from './terminal-text.ts'

interface VerifyOptions {
  readonly json?: true
  readonly expect?: readonly string[]
}

const identityId = /^[0-9a-f]{64}$/i

/** `parley verify`: what a file proves, with no node and no network. */
export function addVerify(program: Command): void {
  addCommand(program, {
    usage: 'verify [file]',
    summary: 'check an exported conversation, without a node or a network',
    examples: ['verify book-club.parley', 'verify book-club.parley --expect 5b1c…e9', 'verify book-club.parley --json'],
    json: '{ok, messages, checks: [{name, outcome, code?, where?, text}]}',
    home: false,
  })
    .option('--expect <id...>', 'identities that must have written in it: names alone prove nothing')
    .action(async (file: string | undefined, options: VerifyOptions) => {
      const output = outputOf(options)
      const wanted = readArguments(file, options.expect ?? [])
      const report = await verify(await readBundle(wanted.file), wanted.expect)
      const { ok, messages, checks } = report
      output.result({ ok, messages, checks }, () => reportLines(report))
      process.exitCode = ok ? exitCodes.ok : exitCodes.failed
    })
}

/** `--expect` takes every word after it, so the file may be the last of them. */
function readArguments(file: string | undefined, expect: readonly string[]): { file: string; expect: string[] } {
  const last = expect.at(-1)
  if (file === undefined && last !== undefined && !identityId.test(last))
    return readArguments(last, expect.slice(0, -1))
  if (file === undefined) throw usage('Say which file to verify: parley verify FILE')
  for (const id of expect) {
    if (!identityId.test(id)) throw usage(`An identity is 64 hexadecimal digits, not “${shownLine(id)}”.`)
  }
  return { file, expect: expect.map((id) => id.toLowerCase()) }
}

async function readBundle(file: string): Promise<Uint8Array> {
  const { mostBundleBytes } = await import('../../protocol/verification/index.ts')
  try {
    const { size } = await stat(file)
    if (size > mostBundleBytes)
      throw new Failure(
        'too-large',
        `${file} is too large: a bundle has at most ${mostBundleBytes.toLocaleString()} bytes.`,
      )
    return await readFile(file)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw cannotRead(file, error)
  }
}

async function verify(bytes: Uint8Array, expect: readonly string[]): Promise<Report> {
  const { verifyBundle } = await import('../../protocol/verification/index.ts')
  const { sodiumPrimitives } = await import('../sodium-primitives.ts')
  try {
    return verifyBundle(bytes, { primitives: sodiumPrimitives, expect }).report
  } catch (error) {
    const { code, message } = failureFrom(error)
    throw new Failure(code, `This file cannot be read as a Parley bundle: ${message}`)
  }
}

const outcomeWords = {
  passed: colours.green('passed'),
  failed: colours.red('FAILED'),
  found: colours.yellow('found'),
  waiting: colours.yellow('waiting'),
} as const satisfies Record<Report['checks'][number]['outcome'], string>

function reportLines({ ok, messages, room, authors, checks, notProven }: Report): string {
  const title = `“${shownLine(room.name)}”`
  const verdict = ok
    ? colours.green(`${title} checks out: ${count(messages, 'message')}, ${count(authors.length, 'author')}.`)
    : colours.red(`${title} does not check out. Do not rely on it.`)
  const sections = [
    verdict,
    table(checks.map(checkRow)),
    authors.length === 0 ? '' : `Authors\n${table(authors.map(authorRow))}`,
    notProven.length === 0 ? '' : `What this file does not prove\n${notProven.map((text) => `  ${text}`).join('\n')}`,
  ]
  return sections.filter((section) => section !== '').join('\n\n')
}

const count = (number: number, noun: string): string => `${number.toLocaleString()} ${noun}${number === 1 ? '' : 's'}`

function checkRow(check: Report['checks'][number]): string[] {
  const where = check.where === undefined ? '' : ` (${shownLine(check.where)})`
  const code = check.outcome === 'failed' ? ` [${check.code}]` : ''
  return [`  ${outcomeWords[check.outcome]}`, check.name, `${shownLine(check.text)}${where}${code}`]
}

function authorRow({ identity, name, messages, confirmed }: Report['authors'][number]): string[] {
  return [`  ${shownLine(name)}`, identity, count(messages, 'message'), confirmed ? 'expected' : 'unconfirmed']
}
