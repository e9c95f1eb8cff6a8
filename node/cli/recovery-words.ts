import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { text as readText } from 'node:stream/consumers'
import { cannotRead, exitCodes, Failure, usage } from './failure.ts'

/** Whether somebody can be asked. */
export function isAtTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

const asked = 3

/**
 * Ask whether the words are written down and, if so, for three of them.
 *
 * False if they are not yet. Throws `Failure` for a word that is another.
 */
export async function knowsWords(words: readonly string[]): Promise<boolean> {
  const { confirm, isCancel, text } = await import('@clack/prompts')
  const written = await confirm({ message: 'Have you written them down?', initialValue: false, output: process.stderr })
  if (isCancel(written) || !written) return false
  for (const place of somePlaces(words.length)) {
    const answer = await text({ message: `Word ${place + 1}`, output: process.stderr })
    if (isCancel(answer)) return false
    if (answer.trim().toLowerCase() !== words[place]) {
      throw new Failure('words-differ', `That is not word ${place + 1}. Nothing was removed.`, exitCodes.failed)
    }
  }
  return true
}

/** The words that somebody types, or that stand in a file; `-` is stdin. Throws `Failure`. */
export async function readWords(file: string | undefined): Promise<string> {
  if (file === '-') return readText(process.stdin)
  if (file !== undefined) {
    return readFile(file, 'utf8').catch((error) => {
      throw cannotRead(file, error)
    })
  }
  if (!isAtTerminal()) {
    throw usage('There is no terminal to ask for the words. Put them into a file: parley identity restore --from FILE')
  }
  const { isCancel, text } = await import('@clack/prompts')
  const answer = await text({ message: 'Your 24 words, in order, with spaces between them', output: process.stderr })
  if (isCancel(answer)) throw cancelled()
  return answer
}

/** Ask somebody at a terminal whether this is who they are: a mistyped word can pass. Throws `Failure` if not. */
export async function confirmIdentity(identity: string): Promise<void> {
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({
    message: `These words are of the identity ${groupsOf(identity)}. Is this you?`,
    initialValue: false,
    output: process.stderr,
  })
  if (isCancel(answer) || !answer) throw cancelled()
}

const cancelled = () => new Failure('cancelled', 'Stopped. Nothing was changed.')

/** The start and the end of an id, to be compared by eye. */
function groupsOf(identity: string): string {
  return `${identity.slice(0, 4)} ${identity.slice(4, 8)} … ${identity.slice(-4)}`
}

function somePlaces(of: number): number[] {
  const places = new Set<number>()
  while (places.size < asked) places.add(randomInt(of))
  return [...places].sort((a, b) => a - b)
}
