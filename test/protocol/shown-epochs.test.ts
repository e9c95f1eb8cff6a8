import fc from 'fast-check'
import { expect, test } from 'vitest'
import { advanceEpoch, advanceStep, emptyEpochs } from '../../protocol/epoch/epoch-cursor.ts'
import { type EpochEvent, encodeEpochEvent } from '../../protocol/epoch/event.ts'
import type { EntryClass, Frame } from '../../protocol/log/entry.ts'
import type { Opened } from '../../protocol/log/opened.ts'
import { ShownEpochs } from '../../protocol/verification/shown-epochs.ts'
import { codeOf } from '../support/vectors.ts'

const bytes = new Uint8Array(32)
/** The base point: something can be sealed to it. */
const key = Uint8Array.of(9, ...new Uint8Array(31))

type Move = 'message' | 'ephemeral' | 'start' | 'share' | 'prekey' | 'other'
const anyMove = fc.constantFrom<Move>('message', 'message', 'message', 'ephemeral', 'start', 'share', 'prekey', 'other')
/** What is added to what would be right. */
const anyLie = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 3 }))
const anyEntry = fc.tuple(anyMove, anyLie, anyLie)

const frameOf = (entryClass: EntryClass, suite: 0 | 1, epoch = 0, step = 0): Frame => ({
  suite,
  class: entryClass,
  epoch,
  step,
  salt: bytes,
  commitment: bytes,
  headerLength: 0,
})
const header = (kind: string) => ({ kind, time: 0, depth: 1, heads: [] })

interface Written {
  readonly opened: Opened
  /** What the cursor of the log finds. */
  readonly code: string | undefined
}

/** A log, entry by entry, whose author lies now and then about where it is. */
function writtenBy(entries: readonly (readonly [Move, number, number])[]): Written[] {
  let cursor = emptyEpochs(1)
  const first: Written = { opened: { frame: frameOf('authority', 0), flaw: null }, code: undefined }
  return [
    first,
    ...entries.map(([move, ofNumber, ofStep]): Written => {
      const number = Math.max(move === 'message' || move === 'ephemeral' ? 0 : 1, cursor.number + ofNumber)
      if (move === 'message' || move === 'ephemeral') {
        const step = Math.max(0, cursor[move === 'message' ? 'history' : 'ephemeral'] + ofStep)
        const frame = frameOf(move, 1, number, step)
        const code = codeOf(() => {
          cursor = advanceStep(cursor, frame)
        })
        return { opened: { frame, flaw: null }, code }
      }
      const event = eventOf(move, cursor, number, ofNumber, ofStep)
      if (!event)
        return { opened: { frame: frameOf('authority', 0), header: header('left'), body: bytes }, code: undefined }
      const code = codeOf(() => {
        cursor = advanceEpoch(cursor, event)
      })
      const opened = { frame: frameOf('epoch', 0), header: header(event.type), body: encodeEpochEvent(event) }
      return { opened, code }
    }),
  ]
}

function eventOf(
  move: Move,
  cursor: ReturnType<typeof emptyEpochs>,
  number: number,
  a: number,
  b: number,
): EpochEvent | null {
  if (move === 'prekey') {
    const next = cursor.prekey ? cursor.prekey.generation + 1 : 2 ** 16
    return { type: 'prekey-announced', generation: next + a, key }
  }
  if (move === 'start') {
    const commitments = { header: bytes, history: bytes, ephemeral: bytes }
    return { type: 'epoch-started', number: number + 1, reason: 'begun', shareable: true, commitments, boxes: [] }
  }
  if (move !== 'share') return null
  const steps = { history: Math.max(0, cursor.history + b), ephemeral: Math.max(0, cursor.ephemeral + a) }
  return { type: 'epoch-shared', number, ...steps, boxes: [] }
}

const honest = fc
  .array(anyMove, { maxLength: 40 })
  .map((moves) => writtenBy(moves.map((move) => [move, 0, 0] as const)).filter(({ code }) => !code))

test('whichever entries are shown of a log that counts rightly, they contradict nothing', () => {
  fc.assert(
    fc.property(honest, fc.array(fc.boolean()), (log, choices) => {
      const shown = new ShownEpochs(1)
      for (const [index, { opened }] of log.entries())
        if (index === 0 || choices[index]) expect(shown.add(opened, index)).toEqual([])
    }),
    { numRuns: 1_000 },
  )
})

test('where the whole log is shown, the first thing that contradicts is what the cursor of the log finds', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 40 }), (entries) => {
      const shown = new ShownEpochs(1)
      for (const [index, { opened, code }] of writtenBy(entries).entries()) {
        const [found] = shown.add(opened, index)
        expect(found?.code).toBe(code)
        // Behind it an entry counts as left out.
        if (code) return
      }
    }),
    { numRuns: 1_000 },
  )
})
