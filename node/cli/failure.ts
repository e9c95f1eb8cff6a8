import { CommanderError } from 'commander'
import { type ProblemCode, problems } from '../api/problems.ts'
import { ConfigError } from '../config.ts'

/** What a command ends with: `failed` means that a check came out badly, not that the program did. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const

type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Why a command cannot go on: a code for programs, one sentence for people with what to do. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: string
  readonly exitCode: ExitCode

  constructor(code: string, text: string, exitCode: ExitCode = exitCodes.unreachable) {
    super(text)
    this.code = code
    this.exitCode = exitCode
  }
}

/** The request itself is wrong. */
export function usage(text: string): Failure {
  return new Failure('usage', text, exitCodes.usage)
}

/** What the node answered, as a failure. A person can mend the first kind by typing something else. */
export function failureFromProblem(code: string, text: string): Failure {
  const status = code in problems ? problems[code as ProblemCode][0] : 500
  const mendable = [400, 403, 404, 409, 410, 413].includes(status)
  return new Failure(code, text, mendable ? exitCodes.usage : exitCodes.unreachable)
}

/** A file that could not be read, and why. */
export function cannotRead(file: string, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ENOENT') return new Failure('cannot-read', `There is no file ${file}.`)
  if (code === 'EISDIR') return new Failure('cannot-read', `${file} is a folder, not a file.`)
  return new Failure('cannot-read', `${file} could not be read: ${error instanceof Error ? error.message : error}.`)
}

/** Anything thrown, as a failure with one sentence. */
export function failureFrom(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof ConfigError) return usage(error.message)
  if (error instanceof CommanderError)
    return usage(`${sentence(error.message.replace(/^error: /, ''))} See: parley --help`)
  if (!(error instanceof Error)) return new Failure('internal', String(error))
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'internal'
  return new Failure(code, sentence(error.message))
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?)”]$/.test(capital) ? capital : `${capital}.`
}
