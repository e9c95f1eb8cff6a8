import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { concat, fromText, toHex, uint64 } from '../../protocol/bytes.ts'
import { inDomain } from '../../protocol/crypto/domains.ts'
import { openInRoom } from '../../protocol/epoch/room-keys.ts'
import { frameBytes, openEntry, readFrame } from '../../protocol/log/entry.ts'
import { allSecrets, keysOf, makeAll, partsThatOpen, rowsOf, speak, spoken } from '../support/epoch-secrets.ts'
import { EpochDevice, epochRoom as room, type Sealed } from '../support/epochs.ts'
import { codeOf } from '../support/vectors.ts'

const texts = fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 6 })
const runs = { numRuns: 15 }

describe('what an author says', () => {
  test('reads the same for every recipient, in any order of delivery, with gaps that close later', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(texts, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        async (lots, keeps, picks) => {
          const ada = await EpochDevice.make('Ada')
          const bo = await EpochDevice.make('Bo', keeps)
          await speak(ada, lots, bo)
          const order = [...ada.blocks]
          for (let i = order.length - 1; i > 0; i--) {
            const j = picks.next().value % (i + 1)
            ;[order[i], order[j]] = [order[j]!, order[i]!]
          }
          await bo.readAll(order)
          expect(bo.textsOf(ada)).toEqual(ada.textsOf(ada))
          expect(spoken(ada)).toEqual(lots.flat())
        },
      ),
      runs,
    )
  })

  test('is the same after a key store went through bytes between any two blocks', async () => {
    // The store of these devices is bytes all the time: every row is written and read again at each step.
    const [ada, bo] = await makeAll('Ada', 'Bo')
    await speak(ada!, [['one', 'two'], ['three']], bo!)
    await bo!.readAll(ada!.blocks.slice(0, 2))
    const copy = await EpochDevice.make('Bo')
    Object.assign(copy, { prekeys: bo!.prekeys, rows: new Map(bo!.rows) })
    for (const device of [bo!, copy]) await device.readAll(ada!.blocks.slice(2))
    expect(copy.textsOf(ada!).slice(2)).toEqual(bo!.textsOf(ada!).slice(2))
    expect([...copy.rows].map(([id, row]) => [id, toHex(row)])).toEqual(
      [...bo!.rows].map(([id, row]) => [id, toHex(row)]),
    )
  })

  test('is closed to a device that was removed, from the next epoch on, headers and all', async () => {
    await fc.assert(
      fc.asyncProperty(texts, texts, fc.boolean(), async (before, after, keeps) => {
        const [ada, bo] = await makeAll('Ada', 'Bo')
        const cy = await EpochDevice.make('Cy', keeps)
        await speak(ada!, [before], bo!, cy)
        const cut = ada!.blocks.length
        await speak(ada!, [after], bo!)
        await cy.readAll(ada!.blocks)
        await bo!.readAll(ada!.blocks)
        expect(bo!.textsOf(ada!)).toEqual(ada!.textsOf(ada!))
        expect(cy.textsOf(ada!).slice(0, cut)).toEqual(ada!.textsOf(ada!).slice(0, cut))
        const closed = ada!.blocks.slice(cut + 1)
        for (const sealed of closed) {
          expect(openInRoom(sealed.block, sealed.place, cy.roomKeys, primitives)).toBeNull()
        }
        const secrets = allSecrets(rowsOf(cy))
        expect(secrets.length).toBeGreaterThan(500)
        for (const sealed of closed) expect(partsThatOpen(sealed, secrets)).toEqual([])
      }),
      { numRuns: 5 },
    )
  })

  test('opens with every secret of a store in the right place only, so that the law above can fail', async () => {
    const [ada, bo] = await makeAll('Ada', 'Bo')
    await speak(ada!, [['one', 'two']], bo!)
    await bo!.readAll(ada!.blocks)
    const secrets = allSecrets(rowsOf(bo!))
    for (const sealed of ada!.blocks.slice(1))
      expect(new Set(partsThatOpen(sealed, secrets))).toEqual(new Set(['header', 'body']))
  })

  test('is given away one by one: the keys of a message open it and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(), async (said, pick) => {
        const [ada, bo] = await makeAll('Ada', 'Bo')
        await speak(ada!, [[...said, 'the last one']], bo!)
        await bo!.readAll(ada!.blocks)
        const messages = ada!.blocks.slice(1)
        const chosen = messages[pick % messages.length]!
        const keys = keysOf(bo!, chosen)
        const { body } = openEntry(chosen.block, chosen.place, keys, primitives)
        expect(Buffer.from(body).toString()).toBe(spoken(ada!)[pick % messages.length])
        for (const other of messages.filter((each) => each !== chosen)) {
          expect(codeOf(() => openEntry(other.block, other.place, keys, primitives))).toBe('entry/commitment')
          expect(partsThatOpen(other, [keys.header, keys.body])).toEqual([])
        }
      }),
      runs,
    )
  })

  test('has one reading: a block that opens under two keys is refused with both but the one it is committed to', async () => {
    const [ada, bo] = await makeAll('Ada', 'Bo')
    await speak(ada!, [['Yes.']], bo!)
    await bo!.readAll(ada!.blocks)
    const { place, block } = ada!.blocks[1]!
    const keys = keysOf(bo!, ada!.blocks[1]!)
    const { headerLength } = readFrame(block, 1)
    const end = frameBytes + headerLength
    const other = new Uint8Array(32).fill(9)
    // Another body under the same frame, which therefore opens by itself under its own key.
    const associated = inDomain('entry', room, place.log, uint64(1), Uint8Array.of(1), block.subarray(0, frameBytes))
    const padded = new Uint8Array(64)
    padded.set(concat(fromText('No.'), Uint8Array.of(0x80)))
    const forged = concat(block.subarray(0, end), primitives.seal(other, padded, associated))
    expect(primitives.open(other, forged.subarray(end), associated)).not.toBeNull()
    expect(codeOf(() => openEntry(forged, place, { ...keys, body: other }, primitives))).toBe('entry/commitment')
    expect(codeOf(() => openEntry(forged, place, keys, primitives))).toBe('entry/sealed')
    expect(codeOf(() => openInRoom(forged, place, bo!.roomKeys, primitives))).toBe('entry/sealed')
  })

  test('shows of its length no more than a size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 62 }), fc.nat({ max: 62 }), async (a, b) => {
        const ada = await EpochDevice.make('Ada')
        await speak(ada, [['x'.repeat(a), 'x'.repeat(b), 'x'.repeat(64)]])
        const [first, second, third] = ada.blocks.slice(1).map(({ block }) => block.length)
        expect(first).toBe(second)
        expect(third).toBe(first! + 64)
      }),
      runs,
    )
  })
})

describe('a block of suite 1', () => {
  test('opens at its own place only, whole only, and leaves the store as it was where it does not open', async () => {
    const [ada, bo] = await makeAll('Ada', 'Bo')
    await speak(ada!, [['one', 'two']], bo!)
    await bo!.readAll(ada!.blocks.slice(0, 1))
    const [sealed, other] = [ada!.blocks[1]!, ada!.blocks[2]!]
    const before = rowsOf(bo!)
    const codeAt = (block: Uint8Array, place: Sealed['place']) =>
      codeOf(() => expect(openInRoom(block, place, bo!.roomKeys, primitives)).toBeNull())
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 7 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (at, bit, key) => {
        const changed = Uint8Array.from(sealed.block)
        changed[at % changed.length]! ^= 1 << bit
        // Another epoch is one without a key; everything else is refused.
        if (![3, 4, 5, 6].includes(at % changed.length)) {
          expect(codeAt(changed, sealed.place)).toMatch(
            /^(entry\/(frame|version|suite|commitment|sealed)|epoch\/step)$/,
          )
        }
        expect(codeAt(sealed.block.subarray(0, at % changed.length), sealed.place)).toMatch(/^entry\//)
        expect(codeAt(concat(sealed.block, Uint8Array.of(0)), sealed.place)).toBe('entry/sealed')
        expect(codeAt(sealed.block, other.place)).toBe('entry/commitment')
        expect(codeAt(sealed.block, { ...sealed.place, room: key })).toBe('entry/sealed')
        expect(codeAt(sealed.block, { ...sealed.place, suite: 0 })).toBe('entry/suite')
      }),
      { numRuns: 300 },
    )
    expect(rowsOf(bo!)).toEqual(before)
    expect(await bo!.read(sealed)).toBe(true)
  })
})
