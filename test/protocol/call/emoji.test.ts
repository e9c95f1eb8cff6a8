import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { callEmoji, everyEmoji } from '../../../protocol/call/emoji.ts'
import { noblePrimitives } from '../../../protocol/crypto/noble.ts'
import { specs } from '../../support/vector-files.ts'

describe('the 64 emoji', () => {
  test('are those of the spec, in its order', () => {
    const rows = readFileSync(`${specs}call.md`, 'utf8').match(/^\| .*[A-Z][a-z]+ \| .* \|$/gmu) ?? []
    const cells = rows
      .filter((row) => /\p{Extended_Pictographic}/u.test(row))
      .flatMap((row) => row.split('|').slice(1, -1))
    expect(cells.map((cell) => cell.trim())).toEqual(everyEmoji.map(([picture, word]) => `${picture} ${word}`))
  })

  test('are all different, in picture and word', () => {
    for (const part of [0, 1] as const) expect(new Set(everyEmoji.map((each) => each[part])).size).toBe(64)
  })
})

describe('the emoji of a call', () => {
  const [call, ada, ben, stranger] = [16, 32, 32, 32].map((length, i) => new Uint8Array(length).fill(i + 1))
  const seenBy = (own: Uint8Array | undefined, other: Uint8Array | undefined) =>
    callEmoji({ call: call!, own: own!, other: other! }, noblePrimitives).map(({ word }) => word)

  test('are the same at both ends, and others where somebody stands between them', () => {
    expect(seenBy(ada, ben)).toEqual(seenBy(ben, ada))
    expect(seenBy(ada, stranger)).not.toEqual(seenBy(stranger, ben))
  })
})
