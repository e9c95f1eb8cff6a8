import { describe, expect, test } from 'vitest'
import { hpke } from '../../node/hpke.ts'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { type BoxedSteps, openOwnBox } from '../../protocol/epoch/box.ts'
import { decodeEpochEvent, type EpochEvent, type EpochStarted, encodeEpochEvent } from '../../protocol/epoch/event.ts'
import { openGrant } from '../../protocol/epoch/history-grant.ts'
import { type HeldPrekey, isPrekeyDue, neededPrekeys, requirePrekey } from '../../protocol/epoch/prekey.ts'
import { openEpoch, openShared } from '../../protocol/epoch/sealed-epoch.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { EntryClass } from '../../protocol/log/entry.ts'
import { type Hexes, secretsOf, type Triple, tripleOf } from '../support/epoch-vectors.ts'
import { casesOf, codeOf, everyPrimitives, inHex } from '../support/vectors.ts'

async function asyncCodeOf(run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

describe.each(everyPrimitives)('boxes, with %s', (_, primitives) => {
  type BoxCase = Hexes<'room' | 'log' | 'device' | 'privateKey' | 'sealed'> & {
    readonly number: number
    readonly commitments: Triple
    readonly steps: readonly [number, number]
    readonly generation: number
  }
  for (const { id, title, input, expect: wanted, error } of casesOf<BoxCase, { secrets: Triple }>('epoch', 'boxes')) {
    const place = { room: fromHex(input.room), log: fromHex(input.log), number: input.number }
    const [history, ephemeral] = input.steps
    const steps: BoxedSteps = { history, ephemeral }
    const { generation } = input
    const held: HeldPrekey = { generation, privateKey: fromHex(input.privateKey), announced: 0, replaced: null }
    const owner = { device: fromHex(input.device), prekeys: [held] }
    const boxes = [{ device: owner.device, generation, sealed: fromHex(input.sealed) }]
    const commitments = secretsOf(input.commitments)
    const started: EpochStarted = {
      type: 'epoch-started',
      number: place.number,
      reason: 'begun',
      shareable: true,
      commitments,
      boxes,
    }
    const keeping = { keeps: true, now: 0 }
    const open = () =>
      history === 0 && ephemeral === 0
        ? openEpoch(started, place, owner, keeping, hpke, primitives)
        : openShared(
            { type: 'epoch-shared', number: place.number, ...steps, boxes },
            started,
            place,
            owner,
            keeping,
            hpke,
            primitives,
          )
    test(`${id}: ${title}`, async () => {
      if (error) return expect(await asyncCodeOf(open)).toBe(error)
      const keys = (await open())!
      const found = [keys.header, keys.history.next.key, keys.ephemeral!.next.key].map(toHex)
      expect(found).toEqual(wanted.secrets)
      expect([keys.history.next.step, keys.ephemeral!.next.step]).toEqual(input.steps)
      expect(tripleOf((await openOwnBox(boxes, owner, { place, commitments, steps }, hpke))!)).toEqual(wanted.secrets)
    })
  }

  type Grant = Hexes<'room' | 'from' | 'device' | 'privateKey' | 'sealed'> & {
    readonly generation: number
    readonly started: readonly (readonly [string, number, boolean, Triple])[]
  }
  type Granted = Hexes<'log' | 'header' | 'history'> & { readonly number: number }
  for (const { id, title, input, expect: wanted, error } of casesOf<Grant, { epochs: Granted[] }>('epoch', 'history')) {
    const { generation } = input
    const device = fromHex(input.device)
    const held: HeldPrekey = { generation, privateKey: fromHex(input.privateKey), announced: 0, replaced: null }
    const startedAt = (log: string, number: number): EpochStarted | null => {
      const found = input.started.find(([of, which]) => of === log && which === number)
      if (!found) return null
      const [, , shareable, commitments] = found
      return {
        type: 'epoch-started',
        number,
        reason: 'begun',
        shareable,
        commitments: secretsOf(commitments),
        boxes: [],
      }
    }
    test(`${id}: ${title}`, async () => {
      const granted = { type: 'history-granted' as const, device, generation, sealed: fromHex(input.sealed) }
      const place = { room: fromHex(input.room), log: fromHex(input.from) }
      const open = () => openGrant(granted, place, { device, prekeys: [held] }, { startedAt, now: 0 }, hpke, primitives)
      if (error) return expect(await asyncCodeOf(open)).toBe(error)
      const epochs = (await open())!
      const found = epochs.map(({ log, number, header, history }) => ({
        log,
        number,
        header,
        history: history.next.key,
      }))
      expect(inHex(found)).toEqual(wanted.epochs)
    })
  }
})

describe('events of epochs', () => {
  type Body = { readonly kind: EpochEvent['type']; readonly class: EntryClass; readonly body: string }
  for (const { id, title, input, expect: wanted, error } of casesOf<Body, { event: object }>('epoch', 'events')) {
    test(`${id}: ${title}`, () => {
      const body = fromHex(input.body)
      if (error) return expect(codeOf(() => decodeEpochEvent(input.kind, input.class, body))).toBe(error)
      const event = decodeEpochEvent(input.kind, input.class, body)
      const { type, ...fields } = event
      const shown = 'commitments' in event ? { ...fields, commitments: [...tripleOf(event.commitments)] } : fields
      expect([type, inHex(shown)]).toEqual([input.kind, wanted.event])
      expect(toHex(encodeEpochEvent(event))).toBe(input.body)
    })
  }
})

describe('prekeys', () => {
  type Pair = { readonly generation: number; readonly announced: number; readonly replaced: number | null }
  type Given = {
    readonly key?: string
    readonly held?: readonly Pair[]
    readonly sealedTo?: readonly (number | null)[]
    readonly now?: number
  }
  type Wanted = { readonly due: boolean; readonly needed: readonly number[] }
  for (const { id, title, input, expect: wanted, error } of casesOf<Given, Wanted>('epoch', 'prekeys')) {
    test(`${id}: ${title}`, () => {
      if (input.key !== undefined) return expect(codeOf(() => requirePrekey(fromHex(input.key!)))).toBe(error)
      const held = input.held!.map((pair) => ({ ...pair, privateKey: new Uint8Array(32) }))
      expect(isPrekeyDue(held, input.now!)).toBe(wanted.due)
      const needed = neededPrekeys(held, input.sealedTo!, input.now!)
      expect(needed.map(({ generation }) => generation)).toEqual(wanted.needed)
    })
  }
})
