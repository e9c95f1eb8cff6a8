import type { Command } from 'commander'
import { readSettings } from '../config.ts'
import { addCommand, addGroup, type CommonOptions, homeOf, outputOf } from './command.ts'
import { exitCodes, Failure, usage } from './failure.ts'
import { findNode } from './node-client.ts'
import { askPassphrase, lockCode, openUnlocked, readPassphraseFile } from './passphrase-prompt.ts'

/** `parley passphrase …`: lock the keys of a home, while its node is stopped. */
export function addPassphrase(program: Command): void {
  const passphrase = addGroup(
    program,
    'passphrase',
    'lock the keys of a home with a passphrase; the node must be stopped',
  )
  addChange(passphrase, {
    name: 'set',
    summary: 'lock the keys with a passphrase, which every start will ask for',
    done: 'The keys are locked with this passphrase now. Nobody can open them without it, not even you.',
    change: setPassphrase,
  })
  addChange(passphrase, {
    name: 'change',
    summary: 'lock the keys with another passphrase',
    done: 'The keys are locked with the new passphrase now.',
    change: async (home, file) => replacePassphrase(home, file, await askNewPassphrase()),
  })
  addChange(passphrase, {
    name: 'remove',
    summary: 'unlock the keys for good',
    done: 'The keys are not locked with a passphrase now.',
    change: (home, file) => replacePassphrase(home, file, null),
  })
}

interface Change {
  readonly name: string
  readonly summary: string
  readonly done: string
  change(home: string, passphraseFile: string | null): Promise<void>
}

function addChange(passphrase: Command, { name, summary, done, change }: Change): void {
  addCommand(passphrase, {
    usage: name,
    summary,
    examples: [`passphrase ${name}`, `passphrase ${name} --home /srv/parley`],
    json: '{}',
  }).action(async (options: CommonOptions) => {
    const output = outputOf(options)
    const home = homeOf(options)
    if (await findNode(home))
      throw new Failure('home/in-use', 'The node is running. Stop it first, with Ctrl-C where it runs.')
    await change(home, readSettings({ home }, process.env).passphraseFile)
    output.result({}, () => done)
  })
}

/** The new passphrase comes from PARLEY_PASSPHRASE_FILE where there is one: every start will read it there. */
async function setPassphrase(home: string, file: string | null): Promise<void> {
  const { changePassphrase } = await import('../storage/key-vault.ts')
  const next = file === null ? await askNewPassphrase() : notEmpty(await readPassphraseFile(file))
  try {
    await changePassphrase(home, null, next)
  } catch (error) {
    if (!lockCode(error)) throw error
    throw new Failure('vault/locked', 'The keys are locked already. See: parley passphrase change', exitCodes.usage)
  }
}

async function replacePassphrase(home: string, file: string | null, next: string | null): Promise<void> {
  const { changePassphrase } = await import('../storage/key-vault.ts')
  await openUnlocked(file, async (present) => changePassphrase(home, present ? await present() : null, next))
}

async function askNewPassphrase(): Promise<string> {
  const passphrase = notEmpty(await askPassphrase('New passphrase'))
  if ((await askPassphrase('The same again')) === passphrase) return passphrase
  throw usage('The two were not the same. Nothing was changed.')
}

function notEmpty(passphrase: string): string {
  if (passphrase === '') throw usage('A passphrase needs at least one character.')
  return passphrase
}
