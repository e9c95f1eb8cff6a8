import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { makeProgram } from '../../../node/cli/program.ts'
import { parley } from './parley.ts'

describe('the command line', () => {
  const commands = leavesOf(makeProgram())

  test('has every command that is promised', () => {
    expect(commands.map(nameOf).sort()).toEqual([
      'anchor chain',
      'anchor chains',
      'anchor forget',
      'anchor list',
      'anchor now',
      'anchor status',
      'anchor upgrade',
      'checkpoint',
      'demo',
      'device add',
      'device confirm',
      'device join',
      'device list',
      'device revoke',
      'dht',
      'excerpt',
      'export',
      'identity restore',
      'identity show',
      'identity words',
      'invite create',
      'invite list',
      'invite revoke',
      'invite show',
      'member admit',
      'member list',
      'member remove',
      'member role',
      'open',
      'passphrase change',
      'passphrase remove',
      'passphrase set',
      'person compare',
      'person confirm',
      'person direct',
      'person list',
      'person name',
      'read',
      'room create',
      'room join',
      'room leave',
      'room list',
      'room share',
      'send',
      'sessions',
      'sessions revoke',
      'start',
      'status',
      'verifier',
      'verify',
    ])
  })

  test.each(commands.map((command) => [nameOf(command), command] as const))('explains %s', (name, command) => {
    const help = helpOf(command)
    expect(help).toContain(`Usage: parley ${name}`)
    expect(help).toContain('--json')
    expect(help).toMatch(/Examples:\n {2}\$ parley /)
    expect(help).toMatch(/With --json: \{/)
    expect(help).toMatch(/Exit codes:\n {2}0 {2}ok\n {2}1 .*\n {2}2 .*\n {2}3 /)
  })

  test('prints help to stdout and ends well', async () => {
    const { code, stdout, stderr } = await parley(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('PARLEY_HOME')
  })
})

function leavesOf(command: Command): Command[] {
  const below = command.commands.flatMap(leavesOf)
  return command.options.some(({ long }) => long === '--json') ? [command, ...below] : below
}

function nameOf(command: Command): string {
  const parent = command.parent
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name()
}

function helpOf(command: Command): string {
  let help = ''
  const writeOut = (text: string) => {
    help += text
  }
  command.configureOutput({ writeOut }).outputHelp()
  return help
}
