import { asArray, asBoolean, asBytes, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { candidatesFromCbor, candidatesToCbor, type HostCandidate } from './candidate.ts'

/** What somebody in a call says of themself. */
export interface CallStatus {
  readonly muted: boolean
  readonly cameraOff: boolean
  readonly sharing: boolean
  /** 0: not raised. Else it is raised, for so many times in this call: a new number goes to the end of the queue. */
  readonly hand: number
}

/** `emoji`: which of `reactionPictures`. */
export type CallNote =
  | { readonly type: 'status'; readonly status: CallStatus }
  | { readonly type: 'reaction'; readonly emoji: number }
  /** That one would talk over a direct path; and by which sockets, once the other has said so too. */
  | { readonly type: 'candidates'; readonly candidates: readonly HostCandidate[] }

/** A note, and the id of the call that it is of. */
export interface ToldNote {
  readonly call: Uint8Array
  readonly note: CallNote
}

/** All reactions that there are, in the order of the spec. */
export const reactionPictures = ['👍', '👏', '❤️', '😂', '😮', '😢', '🎉', '🤔'] as const

const mostNoteBytes = 1_024
const mostHands = 65_535

/** What is told in a call, and to be forgotten with it. Spec: specs/call.md#notes. */
export function encodeCallNote({ call, note }: ToldNote): Uint8Array {
  return encodeCbor([call, noteToCbor(note)])
}

/** Throws `encoding/…`, and `call/field` for a candidate that may not be told. That its sender is in this call is for the receiver to know. */
export function decodeCallNote(bytes: Uint8Array): ToldNote {
  const [call, note] = asArray(decodeCbor(bytes, { bytes: mostNoteBytes }), 2)
  return { call: asBytes(call, 16), note: noteFromCbor(note) }
}

function noteToCbor(note: CallNote): CborValue {
  if (note.type === 'reaction') return [1, note.emoji]
  if (note.type === 'candidates') return [2, candidatesToCbor(note.candidates)]
  const { muted, cameraOff, sharing, hand } = note.status
  return [0, muted, cameraOff, sharing, hand]
}

function noteFromCbor(value: CborValue | undefined): CallNote {
  const [type, ...fields] = asArray(value, { most: 5 })
  switch (type) {
    case 0:
      return { type: 'status', status: statusFromCbor(fields) }
    case 1: {
      const [emoji] = asArray(fields, 1)
      return { type: 'reaction', emoji: asUint(emoji, reactionPictures.length - 1) }
    }
    case 2: {
      const [candidates] = asArray(fields, 1)
      return { type: 'candidates', candidates: candidatesFromCbor(candidates) }
    }
  }
  throw new ProtocolError('encoding/unexpected-type', 'an unknown note')
}

function statusFromCbor(fields: CborValue[]): CallStatus {
  const [muted, cameraOff, sharing, hand] = asArray(fields, 4)
  return {
    muted: asBoolean(muted),
    cameraOff: asBoolean(cameraOff),
    sharing: asBoolean(sharing),
    hand: asUint(hand, mostHands),
  }
}
