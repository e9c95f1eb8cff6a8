import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { hpke } from '../../node/hpke.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { concat, fromText, toHex } from '../../protocol/bytes.ts'
import { inDomain } from '../../protocol/crypto/domains.ts'
import { openStep, startChain } from '../../protocol/epoch/chain.ts'
import { decodeEpochKeys, type EpochKeys, wipeEphemeral } from '../../protocol/epoch/epoch-keys.ts'
import { grantHistory } from '../../protocol/epoch/history-grant.ts'
import { neededPrekeys } from '../../protocol/epoch/prekey.ts'
import { auditRecipients, readersAt, requireRecipients } from '../../protocol/epoch/recipients.ts'
import { openFound } from '../../protocol/epoch/room-keys.ts'
import { openEpoch } from '../../protocol/epoch/sealed-epoch.ts'
import { type EntryKeys, frameBytes, keysFrom, openEntry, openOwnHeader, readFrame } from '../../protocol/log/entry.ts'
import { EpochDevice, epochRoom as room, type Sealed } from '../support/epochs.ts'
import { codeOf } from '../support/vectors.ts'

const texts = fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 6 })
const runs = { numRuns: 15 }

const makeAll = (...names: string[]) => Promise.all(names.map((name) => EpochDevice.make(name)))
const recipientsOf = (...devices: EpochDevice[]) => devices.map(({ recipient }) => recipient)

/** Seals texts in these lots, each in an epoch of its own, to these devices. */
async function speak(author: EpochDevice, lots: readonly (readonly string[])[], ...to: EpochDevice[]): Promise<void> {
  for (const lot of lots) {
    await author.start(recipientsOf(author, ...to))
    for (const text of lot) await author.say(text)
  }
}

const spoken = (author: EpochDevice) => author.textsOf(author).filter((text) => text !== null)

/** The two keys of an entry, as whoever can read it has them. */
function keysOf(reader: EpochDevice, { place, block }: Sealed): EntryKeys {
  return openFound(block, place, reader.roomKeys, primitives)!.keys!
}

/** Every secret that a store leads to: its own, and all that a chain in it leads to. */
function allSecrets(rows: Iterable<EpochKeys>): readonly Uint8Array[] {
  return [...rows].flatMap(({ header, history, ephemeral }) => {
    const chains = [history, ...(ephemeral ? [ephemeral] : [])]
    const keys = chains.flatMap(({ first, next }) => (first ? [first, next] : [next]))
    const walked = keys.flatMap((key) => {
      const secrets: Uint8Array[] = [key.key]
      for (let chain = startChain(key, false); chain.next.step < 256; ) {
        const taken = openStep(chain, chain.next.step, primitives)!
        secrets.push(taken.secret)
        chain = taken.chain
      }
      return secrets
    })
    return [header, ...walked, ...chains.flatMap(({ secrets }) => [...secrets.values()])]
  })
}

const rowsOf = (device: EpochDevice) => [...device.rows.values()].map(decodeEpochKeys)

/** Which parts of a block open with any of these secrets in the place of any other. */
function partsThatOpen({ place, block }: Sealed, secrets: readonly Uint8Array[]): string[] {
  const { salt, headerLength } = readFrame(block, 1)
  const sealedBody = block.subarray(frameBytes + headerLength)
  const associated = inDomain(
    'entry',
    place.room,
    place.log,
    indexOf(place.index),
    Uint8Array.of(1),
    block.subarray(0, frameBytes),
  )
  return secrets.flatMap((secret) => {
    const { header, body } = keysFrom({ header: secret, body: secret }, place, salt, primitives)
    const opened = codeOf(() => openOwnHeader(block, place, header, primitives)) === undefined ? ['header'] : []
    return primitives.open(body, sealedBody, associated) ? [...opened, 'body'] : opened
  })
}

function indexOf(index: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(index))
  return bytes
}

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
          expect(openFound(sealed.block, sealed.place, cy.roomKeys, primitives)).toBeNull()
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
    const associated = inDomain('entry', room, place.log, indexOf(1), Uint8Array.of(1), block.subarray(0, frameBytes))
    const padded = new Uint8Array(64)
    padded.set(concat(fromText('No.'), Uint8Array.of(0x80)))
    const forged = concat(block.subarray(0, end), primitives.seal(other, padded, associated))
    expect(primitives.open(other, forged.subarray(end), associated)).not.toBeNull()
    expect(codeOf(() => openEntry(forged, place, { ...keys, body: other }, primitives))).toBe('entry/commitment')
    expect(codeOf(() => openEntry(forged, place, keys, primitives))).toBe('entry/sealed')
    expect(codeOf(() => openFound(forged, place, bo!.roomKeys, primitives))).toBe('entry/sealed')
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
      codeOf(() => expect(openFound(block, place, bo!.roomKeys, primitives)).toBeNull())
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

describe('what is ephemeral', () => {
  test('can be read once by everybody, and by nothing that is kept afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string({ maxLength: 20 }), fc.boolean()), { minLength: 1, maxLength: 6 }),
        async (said) => {
          const [ada, bo] = await makeAll('Ada', 'Bo')
          await ada!.start(recipientsOf(ada!, bo!))
          for (const [text, stays] of said) await ada!.say(text, stays ? 'message' : 'ephemeral')
          await bo!.readAll(ada!.blocks)
          expect(bo!.textsOf(ada!).slice(1)).toEqual(said.map(([text]) => text))
          for (const device of [ada!, bo!]) {
            const secrets = allSecrets(rowsOf(device))
            const open = ada!.blocks.slice(1).map((sealed) => partsThatOpen(sealed, secrets).includes('body'))
            expect(open).toEqual(said.map(([, stays]) => stays))
          }
        },
      ),
      { numRuns: 8 },
    )
  })

  test('stays closed when the rows are read again, and with the prekey gone no box leads back to it', async () => {
    const [ada, bo] = await makeAll('Ada', 'Bo')
    const started = await ada!.start(recipientsOf(ada!, bo!))
    await ada!.say('psst', 'ephemeral')
    await bo!.readAll(ada!.blocks)
    await bo!.readAll(ada!.blocks)
    expect(partsThatOpen(ada!.blocks[1]!, allSecrets(rowsOf(bo!)))).toEqual(['header'])

    const next = await bo!.rotatePrekey(1)
    await ada!.start([ada!.recipient, next])
    const place = { room, log: ada!.log, number: 1 }
    const open = () => openEpoch(started, place, bo!, { keeps: true, now: 0 }, hpke, primitives)
    // As long as the old pair is held, the box in the log leads to all of the epoch.
    expect(await open()).not.toBeNull()
    bo!.prekeys = neededPrekeys(bo!.prekeys, [1], 2)
    expect(bo!.prekeys.map(({ generation }) => generation)).toEqual([1])
    expect(await open()).toBeNull()
  })

  test('is wiped unread as well, three weeks after its epoch came', async () => {
    const [ada, bo] = await makeAll('Ada', 'Bo')
    await ada!.start(recipientsOf(ada!, bo!))
    await ada!.say('never delivered', 'ephemeral')
    await bo!.readAll(ada!.blocks.slice(0, 1))
    const [row] = rowsOf(bo!)
    const day = 86_400_000
    expect(wipeEphemeral(row!, 21 * day - 1)).toBe(row)
    const fromTheFuture = { ...row!, learned: 1_000 * day }
    expect(wipeEphemeral(wipeEphemeral(fromTheFuture, day), 22 * day).ephemeral).toBeNull()
    bo!.keep(wipeEphemeral(row!, 21 * day))
    await bo!.readAll(ada!.blocks)
    expect(bo!.textsOf(ada!)[1]).toBeNull()
    expect(partsThatOpen(ada!.blocks[1]!, allSecrets(rowsOf(bo!)))).toEqual(['header'])
  })
})

describe('a device that comes later', () => {
  let ada: EpochDevice
  let bo: EpochDevice
  let cy: EpochDevice
  beforeAll(async () => {
    ;[ada, bo, cy] = (await makeAll('Ada', 'Bo', 'Cy')) as [EpochDevice, EpochDevice, EpochDevice]
    await ada.start(recipientsOf(ada, bo))
    await ada.say('before')
    await ada.say('whispered before', 'ephemeral')
    await ada.share(cy.recipient)
    await ada.say('after')
    await ada.say('whispered after', 'ephemeral')
    await bo.readAll(ada.blocks)
  })

  test('reads from the step on that was shared, and before it who wrote when, but no text', async () => {
    await cy.readAll(ada.blocks)
    await cy.readAll(ada.blocks)
    expect(cy.textsOf(ada)).toEqual([null, null, null, null, 'after', 'whispered after'])
    const secrets = allSecrets(rowsOf(cy))
    for (const sealed of [ada.blocks[1]!, ada.blocks[2]!])
      expect(new Set(partsThatOpen(sealed, secrets))).toEqual(new Set(['header']))
  })

  test('is given what was said earlier by a grant, and never what was ephemeral', async () => {
    await bo.append(await grantHistory(rowsOf(bo), cy.recipient, { room, log: bo.log }, hpke))
    await cy.readAll(ada.blocks)
    await cy.readAll(bo.blocks)
    await cy.readAll(ada.blocks)
    expect(cy.textsOf(ada)).toEqual([null, 'before', null, null, 'after', 'whispered after'])
    expect(partsThatOpen(ada.blocks[2]!, allSecrets(rowsOf(cy)))).toEqual(['header'])
  })

  test('is granted nothing that its author has not made shareable, nor that is not whole', async () => {
    const dee = await EpochDevice.make('Dee')
    await dee.start(recipientsOf(dee, bo), false)
    await bo.readAll(dee.blocks)
    const grant = (rows: readonly EpochKeys[]) => grantHistory(rows, cy.recipient, { room, log: bo.log }, hpke)
    const isRefused = expect.objectContaining({ code: 'epoch/not-shareable' })
    await expect(grant(rowsOf(bo))).rejects.toThrow(isRefused)
    const late = rowsOf(cy).map((row) => ({ ...row, history: startChain({ ...row.history.next, step: 3 }, true) }))
    await expect(grant(late)).rejects.toThrow(isRefused)
  })
})

test('who could be sealed to at an entry is who is active and has announced a prekey in what the entry follows', () => {
  const bytes32 = (byte: number) => new Uint8Array(32).fill(byte)
  const [ada, bo, cy] = [bytes32(1), bytes32(2), bytes32(3)]
  const announced = [
    { device: ada, log: bytes32(11), index: 1, generation: 0 },
    { device: bo, log: bytes32(12), index: 1, generation: 0 },
    { device: bo, log: bytes32(12), index: 9, generation: 1 },
    { device: cy, log: bytes32(13), index: 1, generation: 0 },
  ]
  const readers = (follows: readonly (readonly [number, number])[], ...active: Uint8Array[]) => {
    const lengths = new Map(follows.map(([log, length]) => [toHex(bytes32(log)), length]))
    const found = readersAt(lengths, new Set(active.map(toHex)), announced)
    return found.map(({ device, generation }) => [device[0], generation])
  }
  expect(
    readers(
      [
        [11, 5],
        [12, 5],
        [13, 5],
      ],
      ada,
      bo,
      cy,
    ),
  ).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
  ])
  expect(
    readers(
      [
        [11, 5],
        [12, 10],
        [13, 5],
      ],
      ada,
      bo,
    ),
  ).toEqual([
    [1, 0],
    [2, 1],
  ])
  expect(
    readers(
      [
        [11, 2],
        [12, 9],
        [13, 1],
      ],
      ada,
      bo,
      cy,
    ),
  ).toEqual([
    [1, 0],
    [2, 0],
  ])
  expect(readers([[11, 2]], ada, bo, cy)).toEqual([[1, 0]])
})

test('recipients are held to the devices of the room: whoever is left out, slipped in or sealed to an old prekey is named', () => {
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const anyReaders = fc.uniqueArray(fc.record({ device: bytes32, generation: fc.nat({ max: 3 }) }), {
    maxLength: 12,
    selector: ({ device }) => toHex(device),
  })
  fc.assert(
    fc.property(anyReaders, anyReaders, (readers, others) => {
      const sealed = new Uint8Array(144)
      const boxesOf = (some: typeof readers) => some.map((each) => ({ ...each, sealed }))
      expect(auditRecipients(boxesOf(readers), readers)).toEqual({ missing: [], extra: [], stale: [] })
      expect(codeOf(() => requireRecipients(boxesOf(readers), readers, true))).toBeUndefined()
      const faults = auditRecipients(boxesOf(others), readers)
      expect(codeOf(() => requireRecipients(boxesOf(others), readers, true)) === undefined).toBe(
        Object.values(faults).every((devices) => devices.length === 0),
      )
      const known = new Map(readers.map(({ device, generation }) => [toHex(device), generation]))
      const given = new Map(others.map(({ device, generation }) => [toHex(device), generation]))
      for (const device of new Set([...known.keys(), ...given.keys()])) {
        expect(faults.missing.includes(device)).toBe(!given.has(device))
        expect(faults.extra.includes(device)).toBe(!known.has(device))
        expect(faults.stale.includes(device)).toBe(
          known.has(device) && given.has(device) && known.get(device) !== given.get(device),
        )
      }
    }),
  )
})
