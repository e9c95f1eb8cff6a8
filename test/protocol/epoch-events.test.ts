import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeHpkePair } from '../../node/hpke.ts'
import { toHex } from '../../protocol/bytes.ts'
import { mostSteps } from '../../protocol/epoch/chain.ts'
import { epochReasons } from '../../protocol/epoch/epoch.ts'
import { advanceEpoch, advanceStep, type EpochCursor, emptyEpochs } from '../../protocol/epoch/epoch-cursor.ts'
import { boxBytes, decodeEpochEvent, type EpochEvent, encodeEpochEvent } from '../../protocol/epoch/event.ts'
import { isPrekeyDue, neededPrekeys, requirePrekey, withPrekey } from '../../protocol/epoch/prekey.ts'
import { epochDue } from '../../protocol/epoch/rotation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { Frame } from '../../protocol/log/entry.ts'
import { pad, paddedLength, unpad } from '../../protocol/log/padding.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const uint32 = fc.nat({ max: 2 ** 32 - 1 })
const anyNumber = fc.integer({ min: 1, max: 2 ** 32 - 1 })
const anyBoxes = fc
  .uniqueArray(fc.record({ device: bytes(32), generation: uint32, sealed: bytes(boxBytes) }), {
    maxLength: 8,
    selector: ({ device }) => toHex(device),
  })
  .map((boxes) => boxes.sort((a, b) => Buffer.compare(a.device, b.device)))
const anyStep = fc.nat({ max: mostSteps })

const anyEvent: fc.Arbitrary<EpochEvent> = fc.oneof(
  fc.record({
    type: fc.constant('epoch-started' as const),
    number: anyNumber,
    reason: fc.constantFrom(...epochReasons),
    shareable: fc.boolean(),
    commitments: fc.record({ header: bytes(32), history: bytes(32), ephemeral: bytes(32) }),
    boxes: anyBoxes,
  }),
  fc.record({
    type: fc.constant('epoch-shared' as const),
    number: anyNumber,
    history: anyStep,
    ephemeral: anyStep,
    boxes: anyBoxes,
  }),
  fc.record({
    type: fc.constant('history-granted' as const),
    device: bytes(32),
    generation: uint32,
    sealed: fc.uint8Array({ maxLength: 500 }),
  }),
)

describe('an event about epochs', () => {
  test('is the same after a trip through bytes', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        expect(decodeEpochEvent(event.type, 'epoch', encodeEpochEvent(event))).toEqual(event)
      }),
    )
  })

  test('stands in class epoch only', () => {
    fc.assert(
      fc.property(anyEvent, fc.constantFrom('authority', 'message', 'call', 'ephemeral'), (event, entryClass) => {
        const read = () => decodeEpochEvent(event.type, entryClass, encodeEpochEvent(event))
        expect(read).toThrow(expect.objectContaining({ code: 'entry/body' }))
      }),
    )
  })
})

describe('the steps of a log', () => {
  const frame = { suite: 1, salt: new Uint8Array(16), commitment: new Uint8Array(32), headerLength: 64 } as const
  type Move = { readonly ephemeral: boolean; readonly epoch: number; readonly step: number } | 'start'
  const anyMove: fc.Arbitrary<Move> = fc.oneof(
    { weight: 1, arbitrary: fc.constant('start' as const) },
    {
      weight: 6,
      arbitrary: fc.record({ ephemeral: fc.boolean(), epoch: fc.nat({ max: 3 }), step: fc.nat({ max: 3 }) }),
    },
  )

  function moved(cursor: EpochCursor, move: Move): EpochCursor {
    if (move !== 'start') {
      const of: Frame = {
        ...frame,
        class: move.ephemeral ? 'ephemeral' : 'message',
        epoch: move.epoch,
        step: move.step,
      }
      return advanceStep(cursor, of)
    }
    const secret = new Uint8Array(32)
    const commitments = { header: secret, history: secret, ephemeral: secret }
    const number = cursor.number + 1
    return advanceEpoch(cursor, {
      type: 'epoch-started',
      number,
      reason: 'begun',
      shareable: true,
      commitments,
      boxes: [],
    })
  }

  test('that count are 0, 1, 2 and so on in each chain of each epoch, whatever else is tried in between', () => {
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 60 }), (moves) => {
        const counted: string[] = []
        let cursor = emptyEpochs(0)
        for (const move of moves) {
          try {
            cursor = moved(cursor, move)
          } catch (error) {
            if (error instanceof ProtocolError) continue
            throw error
          }
          if (move !== 'start') counted.push(`${move.epoch} ${move.ephemeral} ${move.step}`)
        }
        expect(new Set(counted).size).toBe(counted.length)
        for (const each of counted) {
          const [epoch, ephemeral, step] = each.split(' ')
          for (let before = 0; before < Number(step); before++) {
            expect(counted.indexOf(`${epoch} ${ephemeral} ${before}`)).toBeLessThan(counted.indexOf(each))
            expect(counted).toContain(`${epoch} ${ephemeral} ${before}`)
          }
        }
      }),
    )
  })
})

describe('an author', () => {
  const anyState = fc.record({
    cursor: fc.record({ history: anyStep, ephemeral: anyStep }),
    began: fc.nat({ max: 10 }),
    sealedTo: fc.uniqueArray(fc.nat({ max: 5 })),
    intact: fc.boolean(),
  })
  const deviceOf = (number: number) => new Uint8Array(32).fill(number)
  const day = 86_400_000

  test('goes on without a new epoch only with those it is sealed to, on whole steps, in its time, and unbroken', () => {
    fc.assert(
      fc.property(
        fc.option(anyState),
        fc.uniqueArray(fc.nat({ max: 5 })),
        fc.integer({ min: -2, max: 20 }),
        (state, active, days) => {
          const own = state && {
            ...state,
            began: state.began * day,
            sealedTo: new Set(state.sealedTo.map((each) => toHex(deviceOf(each)))),
          }
          const prekey = { generation: 0, key: deviceOf(9) }
          const due = epochDue(
            own,
            active.map((each) => ({ device: deviceOf(each), prekey })),
            days * day,
          )
          const mayGoOn =
            state?.intact === true &&
            state.sealedTo.every((each) => active.includes(each)) &&
            Math.max(state.cursor.history, state.cursor.ephemeral) < mostSteps &&
            days >= state.began &&
            days < state.began + 7
          expect(due?.type !== 'start').toBe(mayGoOn)
          if (due?.type !== 'start') {
            const came = active.filter((each) => !state!.sealedTo.includes(each))
            const shared = due?.type === 'share' ? due.recipients.map(({ device }) => device[0]) : []
            expect(shared).toEqual(came)
          }
        },
      ),
    )
  })
})

describe('prekeys', () => {
  test('are points that something can be sealed to, each in one way', async () => {
    for (let i = 0; i < 20; i++) {
      const { publicKey } = await makeHpkePair()
      expect(requirePrekey(publicKey)).toBe(publicKey)
      const again = Uint8Array.from(publicKey)
      again[31]! |= 0x80
      expect(() => requirePrekey(again)).toThrow(expect.objectContaining({ code: 'epoch/prekey' }))
    }
  })

  test('are held as long as an author might still seal to them, for 30 days at most, and the newest always', () => {
    const day = 86_400_000
    const anyAuthor = fc.option(fc.nat({ max: 6 }))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(anyAuthor, { maxLength: 5 }),
        fc.nat({ max: 80 }),
        (count, authors, days) => {
          const privateKey = new Uint8Array(32)
          const held = Array.from({ length: count }, (_, generation) => generation).reduce(
            (pairs: ReturnType<typeof withPrekey>, generation) =>
              withPrekey(pairs, { generation, privateKey, announced: generation * 7 * day }),
            [],
          )
          const now = (7 * (count - 1) + days) * day
          const needed = neededPrekeys(held, authors, now).map(({ generation }) => generation)
          expect(needed).toContain(count - 1)
          for (const generation of needed.slice(0, -1)) {
            expect(now - (generation + 1) * 7 * day).toBeLessThan(30 * day)
            expect(authors.some((each) => each === null || each <= generation)).toBe(true)
          }
          expect(isPrekeyDue(held, now)).toBe(days >= 7)
        },
      ),
    )
  })
})

describe('padding', () => {
  test('comes off as it went on, and grows in steps that say little', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), (plaintext) => {
        const padded = pad(plaintext)
        expect(toHex(unpad(padded))).toBe(toHex(plaintext))
        expect(padded.length).toBe(paddedLength(plaintext.length))
        expect(padded.length).toBeGreaterThan(plaintext.length)
        expect(padded.length).toBeLessThanOrEqual(Math.max(64, 2 * (plaintext.length + 1), plaintext.length + 1_024))
      }),
    )
  })

  test('comes off only where it could have gone on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (anything) => {
        try {
          expect(toHex(pad(unpad(anything)))).toBe(toHex(anything))
        } catch (error) {
          expect(error).toMatchObject({ code: 'entry/padding' })
        }
      }),
      { numRuns: 500 },
    )
  })
})
