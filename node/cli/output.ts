import colours from 'picocolors'
import type { Failure } from './failure.ts'

/** Where a command's words go: results to stdout, everything else to stderr. */
export interface Output {
  readonly json: boolean
  /** The result: one line of JSON under --json, else what `lines` says for people. */
  result(value: unknown, lines: () => string): void
  /** Something on the way, for people only. */
  note(text: string): void
  /** Why the command ends here. */
  failure(failure: Failure): void
}

export function makeOutput(json: boolean): Output {
  return {
    json,
    result(value, lines) {
      const text = json ? JSON.stringify(value) : lines()
      if (text !== '') process.stdout.write(`${text}\n`)
    },
    note(text) {
      if (!json) process.stderr.write(`${text}\n`)
    },
    failure({ code, message }) {
      const text = json
        ? JSON.stringify({ error: { code, text: message } })
        : `${errorColours.red('Error:')} ${message}`
      process.stderr.write(`${text}\n`)
    },
  }
}

const errorColours = colours.createColors(
  colours.isColorSupported && process.stderr.isTTY === true && process.env.NO_COLOR === undefined,
)

/** Stop quietly when the reader of our output has seen enough, as in `parley read ROOM | head`. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}
