import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import {
  type Chain,
  forgetStep,
  mostSteps,
  openStep,
  rewind,
  sealStep,
  startChain,
} from '../../protocol/epoch/chain.ts'
import { decodeEpochKeys, type EpochKeys, encodeEpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import { codeOf } from '../support/vectors.ts'

const primitives: Primitives = sodiumPrimitives
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const anyStep = fc.nat({ max: mostSteps - 1 })
const anySteps = fc.uniqueArray(anyStep, { minLength: 1, maxLength: 40 })

/** The secrets of all steps by definition: from the first key on, one step after the other. */
function slowSecrets(first: Uint8Array): readonly string[] {
  let key = first
  return Array.from({ length: mostSteps }, () => {
    const secret = toHex(primitives.hmacSha256(key, Buffer.from('parley/step-secret/v1\0\x01')))
    key = primitives.hmacSha256(key, Buffer.from('parley/chain-key/v1\0\x01'))
    return secret
  })
}

/** Primitives that count how often the chain was walked or read. */
function countingPrimitives() {
  const counted = { hmacs: 0 }
  const hmacSha256: Primitives['hmacSha256'] = (key, data) => {
    counted.hmacs++
    return primitives.hmacSha256(key, data)
  }
  return { counted, counting: { ...primitives, hmacSha256 } }
}

/** Open these steps one after the other; null where there was no key. */
function openAll(chain: Chain, steps: readonly number[]) {
  let held = chain
  const secrets = steps.map((step) => {
    const taken = openStep(held, step, primitives)
    held = taken?.chain ?? held
    return taken && toHex(taken.secret)
  })
  return { secrets, chain: held }
}

/** Everything that a chain leads to. */
function reachable({ first, next, secrets }: Chain): Set<string> {
  const found = new Set([...secrets.values()].map(toHex))
  for (const key of [first, next]) {
    for (let chain = key && startChain(key, false); chain && chain.next.step < mostSteps; ) {
      const taken = openStep(chain, chain.next.step, primitives)!
      found.add(toHex(taken.secret))
      chain = taken.chain
    }
  }
  return found
}

function rowOf(history: Chain): EpochKeys {
  const filled = new Uint8Array(32)
  return { log: filled, number: 1, shareable: false, learned: 0, header: filled, history, ephemeral: null }
}

const bytesOf = (chain: Chain): Uint8Array => encodeEpochKeys(rowOf(chain))
const throughBytes = (chain: Chain): Chain => decodeEpochKeys(bytesOf(chain)).history

describe('a chain', () => {
  test('opens each step as the definition does, in any order and with any gaps', () => {
    fc.assert(
      fc.property(bytes32, anySteps, fc.boolean(), (key, steps, keeps) => {
        const slow = slowSecrets(key)
        const { secrets } = openAll(startChain({ step: 0, key }, keeps), steps)
        expect(secrets).toEqual(steps.map((step) => slow[step]))
      }),
      { numRuns: 60 },
    )
  })

  test('is the same after a trip through bytes, at any point', () => {
    fc.assert(
      fc.property(bytes32, anySteps, fc.nat({ max: 40 }), fc.boolean(), (key, steps, cut, keeps) => {
        const before = openAll(startChain({ step: 0, key }, keeps), steps.slice(0, cut))
        const copy = throughBytes(before.chain)
        expect(toHex(bytesOf(copy))).toBe(toHex(bytesOf(before.chain)))
        const [ours, theirs] = [openAll(before.chain, steps.slice(cut)), openAll(copy, steps.slice(cut))]
        expect(theirs.secrets).toEqual(ours.secrets)
        expect(toHex(bytesOf(theirs.chain))).toBe(toHex(bytesOf(ours.chain)))
      }),
      { numRuns: 60 },
    )
  })

  test('that keeps nothing leads to no step that was opened', () => {
    fc.assert(
      fc.property(bytes32, anySteps, (key, steps) => {
        const { chain } = openAll(startChain({ step: 0, key }, false), steps)
        const [slow, found] = [slowSecrets(key), reachable(chain)]
        for (const step of steps) expect(found.has(slow[step]!)).toBe(false)
        expect(openAll(chain, steps).secrets).toEqual(steps.map(() => null))
      }),
      { numRuns: 30 },
    )
  })

  test('leads to nothing before the step at which it was given', () => {
    fc.assert(
      fc.property(bytes32, anyStep, anySteps, fc.boolean(), (key, start, steps, keeps) => {
        const { next } = openAll(startChain({ step: 0, key }, true), start === 0 ? [] : [start - 1]).chain
        const { secrets, chain } = openAll(startChain(next, keeps), steps)
        const [slow, found] = [slowSecrets(key), reachable(chain)]
        expect(secrets).toEqual(steps.map((step) => (step < start ? null : slow[step])))
        expect(slow.slice(0, start).filter((secret) => found.has(secret))).toEqual([])
      }),
      { numRuns: 30 },
    )
  })

  test('that forgets steps leads to all others and to none of these, ever after', () => {
    fc.assert(
      fc.property(bytes32, anySteps, anySteps, fc.boolean(), (key, opened, forgotten, keeps) => {
        const start = openAll(startChain({ step: 0, key }, keeps), keeps ? opened : []).chain
        const chain = throughBytes(forgotten.reduce((held, step) => forgetStep(held, step, primitives), start))
        const [slow, found] = [slowSecrets(key), reachable(chain)]
        const lost = slow.flatMap((secret, step) => (found.has(secret) ? [] : [step]))
        expect(lost).toEqual(forgotten.toSorted((a, b) => a - b))
        expect(openAll(chain, forgotten).secrets).toEqual(forgotten.map(() => null))
        const rest = opened.filter((step) => !forgotten.includes(step))
        expect(openAll(chain, rest).secrets).toEqual(rest.map((step) => slow[step]))
      }),
      { numRuns: 30 },
    )
  })

  test('lets who sealed a step open it once more, and then no more if it keeps nothing', () => {
    fc.assert(
      fc.property(bytes32, anyStep, fc.boolean(), (key, step, keeps) => {
        const sealed = sealStep(startChain({ step: 0, key }, keeps), step, primitives)!
        const once = openStep(sealed.chain, step, primitives)!
        expect(toHex(once.secret)).toBe(toHex(sealed.secret))
        expect(openStep(once.chain, step, primitives) === null).toBe(!keeps)
      }),
      { numRuns: 60 },
    )
  })

  test('makes nobody walk or keep more than its steps, whatever step a stranger names', () => {
    fc.assert(
      fc.property(bytes32, fc.nat({ max: 2 ** 32 - 1 }), fc.boolean(), (key, step, keeps) => {
        const { counted, counting } = countingPrimitives()
        const chain = startChain({ step: 0, key }, keeps)
        if (step >= mostSteps) {
          expect(codeOf(() => openStep(chain, step, counting))).toBe('epoch/step')
          expect(counted.hmacs).toBe(0)
        } else {
          const taken = openStep(chain, step, counting)!
          expect(counted.hmacs).toBeLessThanOrEqual(3 * mostSteps)
          expect(taken.chain.secrets.size).toBeLessThan(mostSteps)
        }
      }),
      { numRuns: 300 },
    )
    const key = new Uint8Array(32)
    const { chain } = openAll(startChain({ step: 0, key }, false), [mostSteps - 1])
    expect(encodeEpochKeys({ ...rowOf(chain), ephemeral: chain }).length).toBeLessThan(32_768)
    expect(toHex(bytesOf(throughBytes(chain)))).toBe(toHex(bytesOf(chain)))
  })

  test('is read again from its beginning as it was, without walking to each step anew', () => {
    const { counted, counting } = countingPrimitives()
    const key = new Uint8Array(32).fill(7)
    const end = openAll(startChain({ step: 0, key }, true), [mostSteps - 1]).chain
    const slow = slowSecrets(key)
    let chain = rewind(end)
    for (let step = 0; step < mostSteps; step++) {
      const taken = openStep(chain, step, counting)!
      expect(toHex(taken.secret)).toBe(slow[step])
      chain = taken.chain
    }
    expect(toHex(bytesOf(chain))).toBe(toHex(bytesOf(end)))
    expect(counted.hmacs).toBe(2 * mostSteps)
  })
})
