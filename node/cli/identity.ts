import type { Command } from 'commander'
import { Problem } from '../api/problems.ts'
import { readSettings } from '../config.ts'
import { addCommand, addGroup, type CommonOptions, homeOf, outputOf } from './command.ts'
import { failureFromProblem } from './failure.ts'
import { connectNode, findNode, type NodeClient } from './node-client.ts'
import { openViews } from './node-views.ts'
import type { Output } from './output.ts'
import { openUnlocked } from './passphrase-prompt.ts'
import { confirmIdentity, isAtTerminal, knowsWords, readWords } from './recovery-words.ts'
import { revokedText } from './standing-text.ts'
import { shownLine, table } from './terminal-text.ts'

/** `parley identity …`: who one is. */
export function addIdentity(program: Command): void {
  const identity = addGroup(program, 'identity', 'who you are: your id, and the words that bring you back')
  addShow(identity)
  addWords(identity)
  addRestore(identity)
}

function addShow(identity: Command): void {
  addCommand(identity, {
    usage: 'show',
    summary: 'say who you are: your name, your id, the key of this device',
    examples: ['identity show', 'identity show --json'],
    json: '{name, identity, device, revoked, wordsKept}',
  }).action(async (options: CommonOptions) => {
    const output = outputOf(options)
    const views = await openViews(await connectNode(homeOf(options)))
    try {
      const { name, identity: id, device, revoked, wordsKept } = await views.read({ type: 'status' })
      if (revoked) output.note(revokedText)
      if (wordsKept) output.note('Your recovery words are still on this computer only. See: parley identity words')
      output.result({ name, identity: id, device, revoked, wordsKept }, () =>
        table([
          ['Name', name === null ? '(not chosen yet)' : shownLine(name)],
          ['Identity', id],
          ['This device', device],
        ]),
      )
    } finally {
      views.close()
    }
  })
}

interface WordsOptions extends CommonOptions {
  readonly writtenDown?: true
}

function addWords(identity: Command): void {
  addCommand(identity, {
    usage: 'words',
    summary: 'show the 24 words that bring you back, and remove them once they are written down',
    examples: ['identity words', 'identity words --written-down'],
    json: '{words: [24 words]}; {} with --written-down',
  })
    .option('--written-down', 'show nothing: remove the words from this computer')
    .action(async (options: WordsOptions) => {
      const output = outputOf(options)
      const node = await connectNode(homeOf(options))
      if (options.writtenDown) return forgetWords(node, output)
      const { words } = await node.send('show-recovery-words', {})
      output.note(
        'Whoever has these words is you. There is no account: if this computer is lost, nothing else brings you back.',
      )
      output.result({ words }, () => grid(words))
      if (output.json || !isAtTerminal()) return
      if (await knowsWords(words)) await forgetWords(node, output)
      else output.note('They stay on this computer until you have written them down.')
    })
}

interface RestoreOptions extends CommonOptions {
  readonly from?: string
}

function addRestore(identity: Command): void {
  addCommand(identity, {
    usage: 'restore',
    summary: 'be the person whose 24 words you have, on this computer, where Parley is new',
    examples: ['identity restore', 'identity restore --from words.txt --json'],
    json: '{identity}',
  })
    .option('--from <file>', 'a file with the words, - for stdin; else they are asked for')
    .action(async (options: RestoreOptions) => {
      const output = outputOf(options)
      const home = homeOf(options)
      const words = (await readWords(options.from)).trim()
      const place = await restorePlace(home)
      const id = await place.read(words)
      if (!output.json && options.from === undefined) await confirmIdentity(id)
      await place.restore(words)
      output.note(
        'Your rooms come back as soon as another device of yours is online. Where none is left, ask somebody of each room for a link: there you are the same person, with one device more.',
      )
      output.result({ identity: id }, () => `You are ${id} here.`)
    })
}

/** The node that runs on this home; or, where none does, the home itself. */
async function restorePlace(home: string) {
  const node = await findNode(home)
  if (node) {
    return {
      read: async (words: string) => (await node.send('read-recovery-words', { words })).identity,
      restore: async (words: string) => void (await node.send('restore-identity', { words })),
    }
  }
  const [{ restoreHome }, { readRecoveryWords }, { sodiumPrimitives }] = await Promise.all([
    import('../restore-home.ts'),
    import('../commands/recovery-words.ts'),
    import('../sodium-primitives.ts'),
  ])
  const file = readSettings({ home }, process.env).passphraseFile
  return {
    read: async (words: string) => told(() => readRecoveryWords(words, sodiumPrimitives)),
    restore: (words: string) => told(() => openUnlocked(file, (passphrase) => restoreHome(home, words, passphrase))),
  }
}

/** What a node would have answered as a problem. */
async function told<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw error instanceof Problem ? failureFromProblem(error.code, error.message) : error
  }
}

async function forgetWords(node: NodeClient, output: Output): Promise<void> {
  const done = await node.send('forget-recovery-words', {})
  output.result(done, () => 'The words are not on this computer any more: you alone have them now.')
}

const columns = 4

/** Numbered, to be read line by line. */
function grid(words: readonly string[]): string {
  const cells = words.map((word, i) => `${String(i + 1).padStart(2)}. ${word}`)
  return table(
    Array.from({ length: Math.ceil(cells.length / columns) }, (_, row) =>
      cells.slice(row * columns, (row + 1) * columns),
    ),
  )
}
