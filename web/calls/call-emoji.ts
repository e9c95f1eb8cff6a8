import { type CallEmoji, callEmoji } from '../../protocol/call/emoji.ts'
import { noblePrimitives } from '../../protocol/verification/index.ts'

export type { CallEmoji }

/** What a secure call rests on: its id in hex, and the fingerprints of both certificates, as `AA:BB:…`. */
export interface ProvenCall {
  readonly id: string
  readonly own: string
  readonly other: string
}

/** Up to a tenth of a second of work: only for who wants to see it. */
export function emojiOf({ id, own, other }: ProvenCall): readonly CallEmoji[] {
  return callEmoji({ call: bytesOf(id), own: bytesOf(own), other: bytesOf(other) }, noblePrimitives)
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16))
}
