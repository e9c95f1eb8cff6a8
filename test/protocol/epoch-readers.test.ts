import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { hpke } from '../../node/hpke.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { startChain } from '../../protocol/epoch/chain.ts'
import { type EpochKeys, wipeEphemeral } from '../../protocol/epoch/epoch-keys.ts'
import { grantHistory } from '../../protocol/epoch/history-grant.ts'
import { neededPrekeys } from '../../protocol/epoch/prekey.ts'
import { auditRecipients, readersAt, requireRecipients } from '../../protocol/epoch/recipients.ts'
import { keysInRoom } from '../../protocol/epoch/room-keys.ts'
import { openEpoch } from '../../protocol/epoch/sealed-epoch.ts'
import { openEntry } from '../../protocol/log/entry.ts'
import { allSecrets, makeAll, partsThatOpen, recipientsOf, rowsOf } from '../support/epoch-secrets.ts'
import { EpochDevice, epochRoom as room } from '../support/epochs.ts'
import { codeOf } from '../support/vectors.ts'

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

test('a key is lent of what can still be opened, and of nothing that was forgotten or never given', async () => {
  const [ada, di] = await makeAll('Ada', 'Di')
  const forgetful = await EpochDevice.make('Bo', false)
  await ada!.start(recipientsOf(ada!, forgetful))
  const said = await ada!.say('Who took the key?')
  const lentBy = (device: EpochDevice) => keysInRoom(said.block, said.place, device.roomKeys, primitives)?.keys ?? null
  for (const device of [forgetful, di!]) await device.readAll(ada!.blocks)
  const lent = lentBy(ada!)!
  expect(Buffer.from(openEntry(said.block, said.place, lent, primitives).body).toString()).toBe('Who took the key?')
  expect(forgetful.textsOf(ada!).at(-1)).toBe('Who took the key?')
  expect(lentBy(forgetful)).toBeNull()
  expect(lentBy(di!)).toBeNull()
})
