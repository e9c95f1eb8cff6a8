import { randomInt } from 'node:crypto'
import { exitCodes, Failure } from './failure.ts'

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

function somePlaces(of: number): number[] {
  const places = new Set<number>()
  while (places.size < asked) places.add(randomInt(of))
  return [...places].sort((a, b) => a - b)
}
