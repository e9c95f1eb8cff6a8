import { decodeCheckpoint, encodeCheckpoint } from '../../protocol/checkpoint/checkpoint.ts'
import type { CosignRequest } from '../../protocol/checkpoint/witness.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { asArray, asBytes, asUint, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'

/** What a witness answers of the asker's own tree. */
export interface WitnessAnswer {
  readonly generation: number
  /** Of the checkpoint that it has signed now; without a word, of the one that it had signed last. */
  readonly size: number
  /** `time`: Unix seconds. Null: it was not shown how the tree grew from that size. */
  readonly word: { readonly time: number; readonly signature: Uint8Array } | null
}

/** Of a note without cosignatures and 96 nodes. */
const mostRequestBytes = 4_096
const mostNodes = 96
const mostAnswerBytes = 128

/** Spec: specs/replication.md#messages. The decoders throw `encoding/…` and `checkpoint/form`. */
export function encodeRequest({ signed, nodes }: CosignRequest, primitives: Primitives): Uint8Array {
  return encodeCbor([encodeCheckpoint({ ...signed, cosignatures: [] }, primitives), nodes])
}

export function decodeRequest(bytes: Uint8Array, primitives: Primitives): CosignRequest {
  const [note, nodes] = asArray(decodeCbor(bytes, { bytes: mostRequestBytes }), 2)
  return {
    signed: decodeCheckpoint(asBytes(note, { most: mostRequestBytes }), primitives),
    nodes: asArray(nodes, { most: mostNodes }).map((node) => asBytes(node, 32)),
  }
}

export function encodeAnswer({ generation, size, word }: WitnessAnswer): Uint8Array {
  return encodeCbor([generation, size, word && [word.time, word.signature]])
}

export function decodeAnswer(bytes: Uint8Array): WitnessAnswer {
  const [generation, size, word] = asArray(decodeCbor(bytes, { bytes: mostAnswerBytes }), 3)
  return {
    generation: asUint(generation, 2 ** 32 - 1),
    size: asUint(size),
    word: word === null ? null : wordFrom(word),
  }
}

function wordFrom(value: Parameters<typeof asArray>[0]): WitnessAnswer['word'] {
  const [time, signature] = asArray(value, 2)
  return { time: asUint(time), signature: asBytes(signature, 64) }
}
