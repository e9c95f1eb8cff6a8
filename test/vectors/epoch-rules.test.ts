import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { advanceEpoch, advanceStep, emptyEpochs } from '../../protocol/epoch/epoch-cursor.ts'
import type { EpochEvent } from '../../protocol/epoch/event.ts'
import { auditRecipients, requireRecipients } from '../../protocol/epoch/recipients.ts'
import { epochDue } from '../../protocol/epoch/rotation.ts'
import type { Frame } from '../../protocol/log/entry.ts'
import { casesOf, codeOf } from '../support/vectors.ts'

describe('numbers and steps', () => {
  type Move = Partial<Frame> & Partial<EpochEvent> & { readonly kind?: EpochEvent['type'] }
  type Cursor = { readonly number: number; readonly history: number; readonly ephemeral: number }
  const key = new Uint8Array(32)
  for (const { id, title, input, expect: wanted, error } of casesOf<
    { readonly generation: number; readonly moves: readonly Move[] },
    { cursor: Cursor & { prekey: number | null } }
  >('epoch', 'numbers and steps')) {
    const followed = (moves: readonly Move[]) =>
      moves.reduce((cursor, move) => {
        const { kind, ...fields } = move
        if (!kind) return advanceStep(cursor, fields as Frame)
        return advanceEpoch(cursor, { type: kind, key, ...fields } as EpochEvent)
      }, emptyEpochs(input.generation))
    test(`${id}: ${title}`, () => {
      if (error) {
        followed(input.moves.slice(0, -1))
        return expect(codeOf(() => followed(input.moves))).toBe(error)
      }
      const { prekey, number, history, ephemeral } = followed(input.moves)
      expect({ number, history, ephemeral, prekey: prekey?.generation ?? null }).toEqual(wanted.cursor)
    })
  }
})

describe('recipients', () => {
  type Generations = Readonly<Record<string, number>>
  type Audit = { readonly boxes: Generations; readonly readers: Generations; readonly complete: boolean }
  const listOf = (generations: Generations) =>
    Object.entries(generations)
      .map(([device, generation]) => ({ device: fromHex(device), generation, sealed: new Uint8Array() }))
      .sort((a, b) => (toHex(a.device) < toHex(b.device) ? -1 : 1))
  for (const { id, title, input, steps, error } of casesOf<Audit, object, object>('epoch', 'recipients')) {
    test(`${id}: ${title}`, () => {
      const [boxes, readers] = [listOf(input.boxes), listOf(input.readers)]
      expect(auditRecipients(boxes, readers)).toEqual(steps)
      expect(codeOf(() => requireRecipients(boxes, readers, input.complete))).toBe(error)
    })
  }
})

describe('rotation', () => {
  type Own = {
    readonly history: number
    readonly ephemeral: number
    readonly began: number
    readonly sealedTo: readonly string[]
    readonly intact: boolean
  }
  type Given = { readonly own: Own | null; readonly recipients: readonly string[]; readonly now: number }
  type Due = { readonly start?: string; readonly share?: readonly string[] } | null
  for (const { id, title, input, expect: wanted } of casesOf<Given, { due: Due }>('epoch', 'rotation')) {
    test(`${id}: ${title}`, () => {
      const { own, recipients, now } = input
      const state = own && { cursor: own, began: own.began, sealedTo: new Set(own.sealedTo), intact: own.intact }
      const prekey = { generation: 0, key: new Uint8Array(32) }
      const due = epochDue(
        state,
        recipients.map((device) => ({ device: fromHex(device), prekey })),
        now,
      )
      if (!due) return expect(wanted.due).toBe(null)
      const said =
        due.type === 'start' ? { start: due.reason } : { share: due.recipients.map(({ device }) => toHex(device)) }
      expect(said).toEqual(wanted.due)
    })
  }
})
