import { createHash } from 'node:crypto'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { CallPeer } from '../../protocol/call/call.ts'
import type { Description } from '../../protocol/call/description.ts'
import {
  type CallBetween,
  decodeAnswer,
  decodeOffer,
  encodeAnswer,
  encodeOffer,
  offerHash,
  type Party,
  requireBetween,
  type SealContext,
} from '../../protocol/call/signal.ts'
import type { CallEvent } from '../../protocol/room/event.ts'
import type { Presence } from './announcements.ts'
import { type CallKey, sealSignal } from './sealed-signal.ts'

export type CallOfferEvent = Extract<CallEvent, { type: 'call-offer' }>
export type CallAnswerEvent = Extract<CallEvent, { type: 'call-answer' }>

/** One call in one room with one peer, in hex. */
export interface CallWith {
  readonly id: string
  readonly room: string
  readonly peer: CallPeer
}

/** What is described and bound already, and sealed when its turn to be written comes. */
export interface OfferDraft {
  /** The `offerHash`, in hex. */
  readonly hash: string
  seal(): Promise<CallOfferEvent>
}

/** Offers and answers between this device and others. */
export interface Signals {
  /** Throws `call/…`. */
  draftOffer(call: CallWith, description: Description, callee: Presence): OfferDraft
  /** Throws `call/…`. `offer`: the hash of what is answered, in hex. */
  draftAnswer(
    call: CallWith & { readonly offer: string },
    description: Description,
    caller: Presence,
  ): { seal(): Promise<CallAnswerEvent> }
  /** Throws `call/…` and `encoding/…`, also if what is inside is not from this peer to us. */
  openOffer(call: CallWith, event: CallOfferEvent): Promise<{ readonly offer: string; readonly remote: Description }>
  openAnswer(call: CallWith, event: CallAnswerEvent): Promise<{ readonly offer: string; readonly remote: Description }>
}

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest())

/** Spec: specs/call.md#signals. */
export function makeSignals({ self, callKey }: { self: CallPeer; callKey: CallKey }): Signals {
  return {
    draftOffer(call, description, { presence, callKey }) {
      const plaintext = encodeOffer({ ...betweenOf(call.id, self, call.peer), description })
      const context = contextOf('offer', call, self, call.peer, presence)
      return {
        hash: toHex(offerHash(plaintext, { sha256 })),
        async seal() {
          const sealed = await sealSignal(plaintext, callKey, context)
          return { type: 'call-offer', call: context.call, to: context.to, presence, sealed }
        },
      }
    },
    draftAnswer(call, description, { callKey }) {
      const offer = fromHex(call.offer)
      const plaintext = encodeAnswer({ ...betweenOf(call.id, call.peer, self), description, offer })
      const context = contextOf('answer', call, self, call.peer, offer)
      return {
        async seal() {
          const sealed = await sealSignal(plaintext, callKey, context)
          return { type: 'call-answer', call: context.call, to: context.to, offer, sealed }
        },
      }
    },
    async openOffer(call, { presence, sealed }) {
      const plaintext = await callKey.open(sealed, contextOf('offer', call, call.peer, self, presence))
      const offer = decodeOffer(plaintext)
      requireBetween(offer, betweenOf(call.id, call.peer, self))
      return { offer: toHex(offerHash(plaintext, { sha256 })), remote: offer.description }
    },
    async openAnswer(call, { offer, sealed }) {
      const answer = decodeAnswer(await callKey.open(sealed, contextOf('answer', call, call.peer, self, offer)))
      requireBetween(answer, betweenOf(call.id, self, call.peer))
      return { offer: toHex(answer.offer), remote: answer.description }
    },
  }
}

function contextOf(
  type: SealContext['type'],
  { id, room }: CallWith,
  from: CallPeer,
  to: CallPeer,
  answers: Uint8Array,
): SealContext {
  return { type, room: fromHex(room), call: fromHex(id), from: fromHex(from.device), to: fromHex(to.device), answers }
}

function betweenOf(id: string, caller: CallPeer, callee: CallPeer): CallBetween {
  return { call: fromHex(id), caller: partyOf(caller), callee: partyOf(callee) }
}

function partyOf({ identity, device }: CallPeer): Party {
  return { identity: fromHex(identity), device: fromHex(device) }
}
