import type { Command } from 'commander'
import { readSettings } from '../config.ts'
import { addCommand, addGroup, type CommonOptions, homeOf, outputOf } from './command.ts'
import { Failure } from './failure.ts'
import { findNode } from './node-client.ts'
import { askPassphrase, openUnlocked } from './passphrase-prompt.ts'

type Change = 'set' | 'change' | 'remove'

const texts = {
  set: [
    'set',
    'lock the keys with a passphrase, which every start will ask for',
    'The keys are locked with this passphrase now.',
  ],
  change: ['change', 'lock the keys with another passphrase', 'The keys are locked with the new passphrase now.'],
  remove: ['remove', 'unlock the keys for good', 'The keys are no longer locked with a passphrase.'],
} as const satisfies Record<Change, readonly [string, string, string]>

/** `parley passphrase …`: lock the keys of a home, while its node is stopped. */
export function addPassphrase(program: Command): void {
  const passphrase = addGroup(
    program,
    'passphrase',
    'lock the keys of a home with a passphrase; the node must be stopped',
  )
  for (const change of ['set', 'change', 'remove'] as const) addChange(passphrase, change)
}

function addChange(passphrase: Command, change: Change): void {
  const [usage, summary, done] = texts[change]
  addCommand(passphrase, {
    usage,
    summary,
    examples: [`passphrase ${change}`],
    json: '{}',
  }).action(async (options: CommonOptions) => {
    const output = outputOf(options)
    const home = homeOf(options)
    if (await findNode(home))
      throw new Failure('home/in-use', 'The node is running. Stop it first, with Ctrl-C where it runs.')
    const { changePassphrase } = await import('../storage/key-vault.ts')
    const { passphraseFile } = readSettings({ home }, process.env)
    let next: string | null | undefined
    await openUnlocked(passphraseFile, async (current) => {
      // Asked once, and after the old one: a wrong old one throws before anything is written.
      const present = current ? await current() : null
      if (present === null && change !== 'set') throw locked()
      next ??= change === 'remove' ? null : await askNewPassphrase()
      await changePassphrase(home, present, next)
    })
    output.result({}, () => done)
  })
}

const locked = () => Object.assign(new Error('the keys are locked'), { code: 'vault/passphrase-needed' })

async function askNewPassphrase(): Promise<string> {
  const passphrase = await askPassphrase('New passphrase')
  if (passphrase === '') throw new Failure('usage', 'A passphrase needs at least one character.', 2)
  if ((await askPassphrase('The same again')) === passphrase) return passphrase
  throw new Failure('usage', 'The two were not the same. Nothing was changed.', 2)
}
