import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { everyEmoji } from '../../../protocol/call/emoji.ts'
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
