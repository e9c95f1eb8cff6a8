import { fromText } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'

/** UTF-8 bytes. */
export const mostTextBytes = 32_768
export const mostNameBytes = 256

// Control characters, and those that turn the direction of text or hide in it.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u2800\u3164\uFFA0]/gu

/**
 * A name as everybody stores and shows it: NFC, one line, no control or direction characters, at most 64 characters.
 *
 * Answers an empty string where nothing visible remains.
 */
export function tidyName(name: string): string {
  const visible = name.toWellFormed().normalize('NFC').replace(/\s+/gu, ' ').replace(invisible, '')
  return [...visible.trim()].slice(0, 64).join('').trim()
}

/** Throws `room/text` unless `name` is tidy already and not empty. */
export function requireName(name: string): string {
  if (name === '' || tidyName(name) !== name) throw new ProtocolError('room/text', 'a name')
  return name
}

/** Throws `room/text` unless there is something in `text` and it is short enough. */
export function requireText(text: string): string {
  if (text.trim() === '' || fromText(text).length > mostTextBytes) throw new ProtocolError('room/text')
  return text
}
