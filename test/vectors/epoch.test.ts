import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { type Chain, openStep, rewind, startChain } from '../../protocol/epoch/chain.ts'
import { commitTo, requireCommitted } from '../../protocol/epoch/epoch.ts'
import {
  decodeEpochKeys,
  type EpochKeys,
  encodeEpochKeys,
  forgetMessage,
  secretsToOpen,
  wipeEphemeral,
} from '../../protocol/epoch/epoch-keys.ts'
import { openInRoom, type RoomKeys, sealInRoom } from '../../protocol/epoch/room-keys.ts'
import { type EntryClass, type EntryHeader, frameBytes, openEntry, readFrame } from '../../protocol/log/entry.ts'
import { pad, paddedLength, unpad } from '../../protocol/log/padding.ts'
import { type Hexes, secretsOf, type Triple, tripleOf } from '../support/epoch-vectors.ts'
import { casesOf, codeOf, everyPrimitives, inHex } from '../support/vectors.ts'

interface Held {
  readonly header: string
  readonly history: readonly [number, string]
  readonly ephemeral: readonly [number, string]
}

function keysOf({ header, history, ephemeral }: Held, log: Uint8Array): EpochKeys {
  const chain = ([step, key]: readonly [number, string]) => startChain({ step, key: fromHex(key) }, true)
  return {
    log,
    number: 1,
    shareable: true,
    learned: 0,
    header: fromHex(header),
    history: chain(history),
    ephemeral: chain(ephemeral),
  }
}

/** A room of suite 1 in which one epoch is held. */
function holding(keys: EpochKeys): RoomKeys {
  return {
    classKey: () => new Uint8Array(32),
    epoch: () => keys,
  }
}

type Place = Hexes<'room' | 'log'> & { readonly index: number }
const placeOf = ({ room, log, index }: Place) => ({ room: fromHex(room), log: fromHex(log), index, suite: 1 as const })

describe.each(everyPrimitives)('an entry of suite 1, with %s', (_, primitives) => {
  type Header = Omit<EntryHeader, 'heads'> & { heads: { log: string; length: number; treeHash: string }[] }
  type Written = Place & { held: Held; epoch: number; step: number; class: EntryClass; header: Header } & Hexes<
      'salt' | 'body'
    >
  const headerOf = ({ heads, ...rest }: Header): EntryHeader => ({
    ...rest,
    heads: heads.map(({ log, length, treeHash }) => ({ log: fromHex(log), length, treeHash: fromHex(treeHash) })),
  })

  for (const { id, title, input, steps, expect: wanted } of casesOf<Written, Hexes<'block'>, Hexes<'frame'>>(
    'epoch',
    'format',
  )) {
    test(`${id}: ${title}`, () => {
      const place = placeOf(input)
      const roomKeys = holding(keysOf(input.held, place.log))
      const entry = { class: input.class, header: headerOf(input.header), body: fromHex(input.body) }
      const position = { number: input.epoch, history: input.step, ephemeral: input.step }
      const sealed = sealInRoom(place, entry, { roomKeys, position, salt: fromHex(input.salt) }, primitives)
      expect(toHex(sealed!.block.subarray(0, frameBytes))).toBe(steps.frame)
      expect(toHex(sealed!.block)).toBe(wanted.block)
      const found = openInRoom(sealed!.block, place, roomKeys, primitives)!
      expect(inHex(found.opened)).toMatchObject({ header: input.header, body: input.body })
    })
  }

  type Given = Place & Hexes<'block'> & { readonly held?: Held; readonly keys?: readonly [string, string] }
  const opened = casesOf<Given, { header: Header; body: string | null }>('epoch', 'verifying')
  for (const { id, title, input, expect: wanted, error } of opened) {
    test(`${id}: ${title}`, () => {
      const place = placeOf(input)
      const block = fromHex(input.block)
      const open = () => {
        if (input.held) return openInRoom(block, place, holding(keysOf(input.held, place.log)), primitives)!.opened
        const [header, body] = input.keys!.map(fromHex)
        return openEntry(block, place, { header: header!, body: body! }, primitives)
      }
      if (error) return expect(codeOf(open)).toBe(error)
      const found = open()
      expect(inHex(found.header)).toEqual(wanted.header)
      expect('body' in found ? inHex(found.body) : null).toBe(wanted.body)
    })
  }
})

describe.each(everyPrimitives)('epochs, with %s', (_, primitives) => {
  type Committed = Hexes<'room' | 'log'> & { number: number; secrets: Triple; commitments?: Triple }
  for (const each of casesOf<Committed, { commitments: Triple }>('epoch', 'commitments')) {
    const { id, title, input, expect: wanted, error } = each
    test(`${id}: ${title}`, () => {
      const place = { room: fromHex(input.room), log: fromHex(input.log), number: input.number }
      const secrets = secretsOf(input.secrets)
      if (!error) return expect(tripleOf(commitTo(secrets, place, primitives))).toEqual(wanted.commitments)
      const commitments = secretsOf(input.commitments!)
      expect(codeOf(() => requireCommitted(secrets, commitments, place, primitives))).toBe(error)
    })
  }

  type Opening = Hexes<'key'> & { readonly step: number; readonly open: readonly number[] }
  for (const { id, title, input, expect: wanted, error } of casesOf<Opening, { secrets: (string | null)[] }>(
    'epoch',
    'chains',
  )) {
    const start = { step: input.step, key: fromHex(input.key) }
    const openAll = (from: Chain, next: (chain: Chain) => Chain) => {
      let chain = from
      return input.open.map((step) => {
        const taken = openStep(chain, step, primitives)
        chain = next(taken?.chain ?? chain)
        return taken && toHex(taken.secret)
      })
    }
    test(`${id}: ${title}`, () => {
      if (error) return expect(codeOf(() => openStep(startChain(start, false), input.open[0]!, primitives))).toBe(error)
      expect(openAll(startChain(start, false), (chain) => chain)).toEqual(wanted.secrets)
      expect(openAll(startChain(start, true), (chain) => chain)).toEqual(wanted.secrets)
      expect(openAll(startChain(start, true), rewind)).toEqual(wanted.secrets)
    })
  }

  type Row = Hexes<'log' | 'room'> & {
    readonly number: number
    readonly secrets: Triple
    readonly shareable: boolean
    readonly learned: number
    readonly keeps: boolean
    readonly open: readonly (readonly [EntryClass, number])[]
    readonly forget: readonly number[]
    readonly now?: number
  }
  for (const { id, title, input, expect: wanted } of casesOf<Row, Hexes<'row'>>('epoch', 'key store')) {
    test(`${id}: ${title}`, () => {
      const secrets = secretsOf(input.secrets)
      let keys: EpochKeys = {
        log: fromHex(input.log),
        number: input.number,
        shareable: input.shareable,
        learned: input.learned,
        header: secrets.header,
        history: startChain({ step: 0, key: secrets.history }, input.keeps),
        ephemeral: startChain({ step: 0, key: secrets.ephemeral }, false),
      }
      const frame = { suite: 1, epoch: 1, salt: secrets.header, commitment: secrets.header, headerLength: 0 } as const
      for (const [entryClass, step] of input.open) {
        keys = secretsToOpen(keys, { ...frame, class: entryClass, step }, primitives)!.keys
      }
      for (const step of input.forget) keys = forgetMessage(keys, step, primitives)
      keys = wipeEphemeral(keys, input.now ?? input.learned)
      expect(toHex(encodeEpochKeys(keys))).toBe(wanted.row)
      expect(toHex(encodeEpochKeys(decodeEpochKeys(fromHex(wanted.row))))).toBe(wanted.row)
    })
  }
})

describe('padding', () => {
  type Given = { readonly length?: number; readonly plaintext?: string; readonly padded?: string }
  const cases = casesOf<Given, { readonly size?: number; readonly padded?: string }>('epoch', 'padding')
  for (const { id, title, input, expect: wanted, error } of cases) {
    test(`${id}: ${title}`, () => {
      if (input.padded !== undefined) return expect(codeOf(() => unpad(fromHex(input.padded!)))).toBe(error)
      const plaintext = input.plaintext === undefined ? new Uint8Array(input.length!) : fromHex(input.plaintext)
      expect(toHex(unpad(pad(plaintext)))).toBe(toHex(plaintext))
      if (wanted.padded !== undefined) expect(toHex(pad(plaintext))).toBe(wanted.padded)
      if (wanted.size !== undefined)
        expect([paddedLength(plaintext.length), pad(plaintext).length]).toEqual([wanted.size, wanted.size])
    })
  }
})

test('a frame of suite 1 says its epoch and its step', () => {
  const [first] = casesOf<Place & { epoch: number; step: number }, Hexes<'block'>>('epoch', 'format')
  expect(readFrame(fromHex(first!.expect.block), 1)).toMatchObject({
    suite: 1,
    epoch: first!.input.epoch,
    step: first!.input.step,
  })
})
