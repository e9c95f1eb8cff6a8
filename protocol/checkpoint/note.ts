import { concat, equalBytes, fromBase64, fromText, toBase64 } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'

/** One line below the text of a note. `bytes`: the id of the key, 4 bytes, then what the algorithm says. */
export interface NoteSignature {
  readonly name: string
  readonly bytes: Uint8Array
}

/** C2SP's signed note: a text that ends with a newline, and who signed it. Of ASCII, but for the dashes. */
export interface Note {
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** What a key of a note signs, and how. */
export const noteAlgorithms = { signature: 1, cosignature: 4 } as const

/** Of an encoded note. */
export const mostNoteBytes = 32_768
const mostSignatures = 128
// An em dash in UTF-8, one character a byte.
const dash = '\xe2\x80\x94'
const line = /^\xe2\x80\x94 ([!-*,-~]+) ([A-Za-z0-9+/]+={0,2})$/

/** Write a note. Spec: specs/checkpoint.md#note (C2SP signed-note). */
export function encodeNote({ text, signatures }: Note): Uint8Array {
  const lines = signatures.map(({ name, bytes }) => `\u2014 ${name} ${toBase64(bytes)}\n`)
  return fromText(`${text}\n${lines.join('')}`)
}

/** Read a note, of which nothing is verified yet; refuse what `encodeNote` would not have written. Throws `checkpoint/form`. */
export function decodeNote(bytes: Uint8Array): Note {
  if (bytes.length > mostNoteBytes) throw wrong('more bytes than allowed')
  const whole = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  const end = whole.lastIndexOf(`\n\n${dash}`)
  if (end < 0 || !whole.endsWith('\n')) throw wrong('no signatures')
  const text = whole.slice(0, end + 1)
  if (!/^[\n -~]+$/.test(text)) throw wrong('a text that is not of ASCII')
  const lines = whole.slice(end + 2, -1).split('\n')
  if (lines.length > mostSignatures) throw wrong('more signatures than allowed')
  const note = { text, signatures: lines.map(readLine) }
  // One encoding for one note: base64 has unused bits, and decoders differ on them.
  if (!equalBytes(encodeNote(note), bytes)) throw wrong('not the one encoding')
  return note
}

/** How a line names a key. Spec: specs/checkpoint.md#note (C2SP signed-note). */
export function noteKeyId(
  name: string,
  algorithm: keyof typeof noteAlgorithms,
  key: Uint8Array,
  primitives: Primitives,
): Uint8Array {
  const named = concat(fromText(`${name}\n`), Uint8Array.of(noteAlgorithms[algorithm]), key)
  return primitives.sha256(named).subarray(0, 4)
}

function readLine(text: string): NoteSignature {
  const [, name, encoded] = line.exec(text) ?? []
  if (!name || !encoded) throw wrong('a line that is no signature')
  try {
    return { name, bytes: fromBase64(encoded) }
  } catch {
    throw wrong('a signature that is not base64')
  }
}

const wrong = (detail: string): ProtocolError => new ProtocolError('checkpoint/form', detail)
