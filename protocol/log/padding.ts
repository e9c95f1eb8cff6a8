import { ProtocolError } from '../errors.ts'

const smallSizes: readonly number[] = [64, 128, 256, 512]
const largeStep = 1_024
const mark = 0x80

/** The size that a part of this many bytes is padded to: the least that holds it and its mark. Spec: specs/encryption.md#padding. */
export function paddedLength(length: number): number {
  const needed = length + 1
  return smallSizes.find((size) => size >= needed) ?? Math.ceil(needed / largeStep) * largeStep
}

/** The bytes, then 80, then zeros up to the size. */
export function pad(plaintext: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedLength(plaintext.length))
  padded.set(plaintext)
  padded[plaintext.length] = mark
  return padded
}

/** What was padded. Throws `entry/padding` for all that `pad` would not have made: one plaintext has one padding. */
export function unpad(padded: Uint8Array): Uint8Array {
  const end = padded.findLastIndex((byte) => byte !== 0)
  if (padded[end] !== mark || paddedLength(end) !== padded.length) throw new ProtocolError('entry/padding')
  return padded.subarray(0, end)
}
