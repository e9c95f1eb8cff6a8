import { fromText } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'

/** UTF-8 bytes. */
export const mostTextBytes = 32_768
export const mostNameBytes = 256
const mostNameCharacters = 64

// Control characters, those that turn the direction of text or hide in it, and all white space but the plain space: first and last.
// Written out, for everybody must judge a name alike, and the classes of characters grow from one version of Unicode to the next.
const hidden: readonly (readonly [number, number])[] = [
  [0x0000, 0x001f],
  [0x007f, 0x00a0],
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0xe0000, 0xe0fff],
]

/**
 * A name as everybody stores and shows it: NFC, one line, no control or direction characters, at most 64 characters.
 *
 * Answers an empty string where nothing visible remains.
 */
export function tidyName(name: string): string {
  const visible = [...name.toWellFormed().replace(/\s/gu, ' ')].filter((character) => !isHidden(character)).join('')
  const oneLine = visible.replace(/ +/g, ' ').trim().normalize('NFC')
  return [...oneLine].slice(0, mostNameCharacters).join('').trim()
}

/** Throws `room/text` unless `name` could have come out of `tidyName`; whether it is NFC is its author's affair. */
export function requireName(name: string): string {
  const characters = [...name]
  const tidy = name.trim() === name && !name.includes('  ') && !characters.some(isHidden)
  if (name === '' || !tidy || characters.length > mostNameCharacters) throw new ProtocolError('room/text', 'a name')
  return name
}

function isHidden(character: string): boolean {
  const point = character.codePointAt(0)!
  return hidden.some(([first, last]) => point >= first && point <= last)
}

/** Throws `room/text` unless there is something in `text` and it is short enough. */
export function requireText(text: string): string {
  const isShort = text.length * 3 <= mostTextBytes || fromText(text).length <= mostTextBytes
  if (text.trim() === '' || !isShort) throw new ProtocolError('room/text')
  return text
}
