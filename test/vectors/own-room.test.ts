import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { ownRoomSeed } from '../../protocol/identity/recovery.ts'
import type { EntryClass } from '../../protocol/log/entry.ts'
import { roomId } from '../../protocol/room/genesis.ts'
import { decodeOwnEvent, encodeOwnEvent, ownRoom } from '../../protocol/room/own-room.ts'
import { casesOf, codeOf, everyPrimitives, inHex } from '../support/vectors.ts'

const derived = casesOf<{ words: string; identity: string }, { id: string }, { seed: string }>('own-room', 'derivation')
const events = casesOf<{ kind: string; class: EntryClass; body: string }, { type: string }>('own-room', 'events')

describe.each(everyPrimitives)('an own room, with %s', (_, primitives) => {
  for (const { id, title, input, steps, expect: wanted } of derived) {
    test(`${id}: ${title}`, () => {
      const seed = ownRoomSeed(input.words, primitives)
      expect(toHex(seed)).toBe(steps.seed)
      const room = ownRoom(seed, fromHex(input.identity), primitives)
      expect({ ...(inHex(room) as object), id: toHex(roomId(room.genesis, primitives)) }).toEqual(wanted)
    })
  }

  for (const { id, title, input, expect: wanted, error } of events) {
    test(`${id}: ${title}`, () => {
      const read = () => decodeOwnEvent(input.kind, input.class, fromHex(input.body))
      expect(codeOf(read)).toBe(error)
      if (error) return
      const event = read()
      expect(event.type).toBe(wanted.type)
      if (event.type !== 'unknown') expect(toHex(encodeOwnEvent(event))).toBe(input.body)
    })
  }
})
