import { readFile, stat } from 'node:fs/promises'
import type { Command } from 'commander'
import colours from 'picocolors'
import type { Report, ReportedMessage, Verified, WitnessedLog } from '../../protocol/verification/index.ts'
import { addCommand, type CommonOptions, homeOf, outputOf } from './command.ts'
import { cannotRead, exitCodes, Failure, failureFrom, usage } from './failure.ts'
import { findNode } from './node-client.ts'
import { openViews } from './node-views.ts'
import { shownLine, shownText, shownTime, table } from './terminal-text.ts'

interface VerifyOptions extends CommonOptions {
  readonly expect?: readonly string[]
}

const identityId = /^[0-9a-f]{64}$/i

/** `parley verify`: what a file proves, with no node and no network. */
export function addVerify(program: Command): void {
  addCommand(program, {
    usage: 'verify [file]',
    summary: 'check an exported conversation, or an excerpt of one, without a node or a network',
    examples: ['verify book-club.parley', 'verify book-club.parley --expect 5b1c…e9', 'verify book-club.parley --json'],
    json: '{ok, messages, checks: [{name, outcome, code?, where?, text}], witnessed: [{log, length, people: [{identity, time}]}]}; of an excerpt also said: [{id, author, name, text, time, witnessed}]',
  })
    .option(
      '--expect <id...>',
      'identities that must have written in it: names alone prove nothing; whom you have confirmed in a running node counts as known, too',
    )
    .action(async (file: string | undefined, options: VerifyOptions) => {
      const output = outputOf(options)
      const wanted = readArguments(file, options.expect ?? [])
      const bytes = await readBundle(wanted.file)
      const verified = await verify(bytes, { expect: wanted.expect, confirmed: await confirmedBy(homeOf(options)) })
      const { ok, messages, checks, witnessed } = verified.report
      const said = verified.report.kind === 'excerpt' ? { said: verified.messages.map(saidOf) } : {}
      output.result({ ok, messages, checks, witnessed, ...said }, () => reportLines(verified, wanted.expect))
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

/** Oneself and whom one has confirmed, if a node runs on this home: a file is verified without one all the same. */
async function confirmedBy(home: string): Promise<readonly string[]> {
  const node = await findNode(home)
  if (!node) return []
  try {
    const views = await openViews(node)
    try {
      const [{ identity }, { people }] = [await views.read({ type: 'status' }), await views.read({ type: 'people' })]
      return [identity, ...people.filter(({ confirmed }) => confirmed !== null).map((person) => person.identity)]
    } finally {
      views.close()
    }
  } catch {
    return []
  }
}

async function verify(
  bytes: Uint8Array,
  known: { readonly expect: readonly string[]; readonly confirmed: readonly string[] },
): Promise<Verified> {
  const { verifyFile } = await import('../../protocol/verification/index.ts')
  const { sodiumPrimitives } = await import('../sodium-primitives.ts')
  try {
    return verifyFile(bytes, { primitives: sodiumPrimitives, ...known })
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

function reportLines({ report, messages: said }: Verified, expect: readonly string[]): string {
  const { ok, kind, authors, checks, witnessed, notProven } = report
  const sections = [
    ok ? verdict(report) : colours.red(`${titleOf(report)} does not check out. Do not rely on it.`),
    table(checks.map(checkRow)),
    authors.length === 0 ? '' : `Authors\n${table(authors.map((author) => authorRow(author, expect)))}`,
    witnessed.length === 0 ? '' : `Witnessed\n${table(witnessed.map((log) => witnessedRow(log, authors)))}`,
    kind === 'bundle' || said.length === 0
      ? ''
      : `Messages, in the order that they claim\n${said.map(messageLine).join('\n')}`,
    notProven.length === 0 ? '' : `What this file does not prove\n${notProven.map((text) => `  ${text}`).join('\n')}`,
  ]
  return sections.filter((section) => section !== '').join('\n\n')
}

function verdict(report: Report): string {
  // Nobody is an author only where nothing says who is.
  if (report.authors.length === 0)
    return colours.green('Nothing was changed, and nothing can be read: this file withholds every key.')
  const found = report.checks.some(({ outcome }) => outcome === 'found')
  const whole = `${titleOf(report)} checks out: ${count(report.messages, 'message')}, ${count(report.authors.length, 'author')}.`
  return found ? colours.yellow(`${whole} But see what was found of an author.`) : colours.green(whole)
}

function titleOf({ kind, room }: Report): string {
  const name = room.name === '' ? 'a room whose name is not here' : `“${shownLine(room.name)}”`
  return kind === 'excerpt' ? `The excerpt of ${name}` : name
}

const count = (number: number, noun: string): string => `${number.toLocaleString()} ${noun}${number === 1 ? '' : 's'}`

function checkRow(check: Report['checks'][number]): string[] {
  const where = check.where === undefined ? '' : ` (${shownLine(check.where)})`
  const code = check.outcome === 'failed' ? ` [${check.code}]` : ''
  return [`  ${outcomeWords[check.outcome]}`, check.name, `${shownLine(check.text)}${where}${code}`]
}

function saidOf({ id, author, name, text, time, witnessed }: ReportedMessage) {
  return { id, author, name, text, time, witnessed }
}

function messageLine({ author, name, text, time, witnessed }: ReportedMessage): string {
  const by = `${colours.bold(shownLine(name))} ${colours.dim(author.slice(0, 8))}`
  const words = text === null ? colours.dim('not disclosed') : shownText(text).replaceAll('\n', '\n      ')
  const seen = witnessed ? `\n      ${colours.dim(witnessText(witnessed))}` : ''
  return `  ${colours.dim(shownTime(time))}  ${by}  ${words}${seen}`
}

function witnessText({ people, since }: NonNullable<ReportedMessage['witnessed']>): string {
  return `witnessed by ${people}, no later than ${shownTime(since)}`
}

function witnessedRow({ log, length, people }: WitnessedLog, authors: Report['authors']): string[] {
  const nameOf = (identity: string) => shownLine(authors.find((author) => author.identity === identity)?.name ?? '')
  const entries = length === 1 ? '1 entry' : `${length.toLocaleString()} entries`
  const since = Math.max(...people.map(({ time }) => time))
  const by = people.map(({ identity }) => `${nameOf(identity)} ${identity.slice(0, 8)}`).join(', ')
  return [`  ${entries}`, `of log ${log.slice(0, 8)}`, `no later than ${shownTime(since)}, by the clocks of ${by}`]
}

function authorRow(
  { identity, name, messages, confirmed }: Report['authors'][number],
  expect: readonly string[],
): string[] {
  const known = confirmed ? 'confirmed' : 'unconfirmed'
  return [`  ${shownLine(name)}`, identity, count(messages, 'message'), expect.includes(identity) ? 'expected' : known]
}
