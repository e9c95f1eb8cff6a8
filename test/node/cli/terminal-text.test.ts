import { describe, expect, test } from 'vitest'
import { shownLine, shownText, table } from '../../../node/cli/terminal-text.ts'

describe('a text of somebody else in a terminal', () => {
  test('cannot move the cursor, colour, ring, or turn the direction of what follows', () => {
    expect(shownText('a\u001b[2Jb\u0007c\u202ed\re')).toBe('a\ufffd[2Jb\ufffdc\ufffdd\ufffde')
  })

  test('keeps its lines and tabs where it may have them', () => {
    expect(shownText('one\r\ntwo\tthree')).toBe('one\ntwo\tthree')
    expect(shownLine('one\n\ttwo')).toBe('one two')
  })
})

describe('a table', () => {
  test('puts columns under each other, also with wide characters', () => {
    expect(
      table([
        ['日本', 'x'],
        ['Ada', 'y'],
        ['🎈', 'z'],
      ]),
    ).toBe('日本  x\nAda   y\n🎈    z')
  })
})
