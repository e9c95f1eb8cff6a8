import type { Command } from 'commander'
import { readHome } from '../config.ts'
import { makeOutput, type Output } from './output.ts'

/** The options that every command has. */
export interface CommonOptions {
  readonly json?: true
  readonly home?: string
}

/** What a command is, besides its options: how it is called, what it is for, and examples that can be copied. */
interface CommandText {
  readonly usage: string
  readonly summary: string
  readonly examples: readonly string[]
  /** What it prints with --json. */
  readonly json: string
  /** Whether it is about a node's home. */
  readonly home?: boolean
}

const exitCodeText = `Exit codes:
  0  ok
  1  a check failed
  2  wrong usage: an unknown option, a missing argument, something malformed
  3  something could not be read, written or reached`

/** Add a command with --help and --json as every command has them. */
export function addCommand(parent: Command, { usage, summary, examples, json, home = true }: CommandText): Command {
  const command = parent.command(usage).description(summary)
  if (home) command.option('--home <dir>', 'the folder of the node (else $PARLEY_HOME, else the place of this system)')
  command.option('--json', 'print JSON, for programs')
  const lines = examples.map((example) => `  $ parley ${example}`).join('\n')
  return command.addHelpText('after', `\nExamples:\n${lines}\n\nWith --json: ${json}\n\n${exitCodeText}`)
}

/** A group of commands, such as `room`, which is nothing by itself. */
export function addGroup(parent: Command, name: string, summary: string): Command {
  return parent.command(name).description(summary).addHelpText('after', `\n${exitCodeText}`)
}

/** The output that the options ask for. */
export function outputOf({ json }: CommonOptions): Output {
  return makeOutput(json === true)
}

/** The home that the options or the environment name. Throws `ConfigError`. */
export function homeOf({ home }: CommonOptions): string {
  return readHome(home, process.env)
}
