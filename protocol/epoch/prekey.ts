import { compareBytes, equalBytes, fromHex } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'

/** The public half that a device has announced. `generation`: no two prekeys of a device have the same, and a later one has a greater. */
export interface Prekey {
  readonly generation: number
  readonly key: Uint8Array
}

/** A pair that a device holds. Times are Unix ms by its own clock. */
export interface HeldPrekey {
  readonly generation: number
  readonly privateKey: Uint8Array
  readonly announced: number
  /** When the next one was announced; null: it is the newest. */
  readonly replaced: number | null
}

const dayMs = 86_400_000
export const prekeyLifeMs = 7 * dayMs
export const prekeyGraceMs = 30 * dayMs

// Little-endian. p is 2^255 - 19; below it these are all x of points of small order (RFC 7748, 6.1: they lead everybody to one secret).
const prime = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
const smallOrder: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(fromHex)

/** The generation of the first prekey in a log: a device that goes on in another log, without what it had, repeats none. */
export function firstPrekeyOf(logGeneration: number): number {
  return logGeneration * 2 ** 16
}

/** Which log of its device a prekey was announced in. */
export function logOfPrekey(generation: number): number {
  return Math.floor(generation / 2 ** 16)
}

/** The same key, if something can be sealed to it and it is the one way to write it. Throws `epoch/prekey`. */
export function requirePrekey(key: Uint8Array): Uint8Array {
  const isReduced = compareBytes(key.toReversed(), prime.toReversed()) < 0
  if (!isReduced || smallOrder.some((each) => equalBytes(each, key))) throw new ProtocolError('epoch/prekey')
  return key
}

/** Whether a device should announce a new prekey: it has none, or its newest is 7 days old, or from the future. */
export function isPrekeyDue(held: readonly HeldPrekey[], now: number): boolean {
  const newest = held.find(({ replaced }) => replaced === null)
  return !newest || newest.announced > now || now - newest.announced >= prekeyLifeMs
}

/** The pairs with one more, which takes the place of the newest. */
export function withPrekey(held: readonly HeldPrekey[], fresh: Omit<HeldPrekey, 'replaced'>): readonly HeldPrekey[] {
  const replaced = held.map((each) => (each.replaced === null ? { ...each, replaced: fresh.announced } : each))
  return [...replaced, { ...fresh, replaced: null }]
}

/**
 * The pairs that are still needed; the private halves of all others must be destroyed.
 *
 * A pair that was replaced is needed until every active author's newest epoch is sealed to a later one, or for 30 days, whichever is
 * first. `sealedTo`: for each active author the generation of the own box in their newest epoch; null where there is none yet.
 * Spec: specs/encryption.md#prekeys.
 */
export function neededPrekeys(
  held: readonly HeldPrekey[],
  sealedTo: readonly (number | null)[],
  now: number,
): readonly HeldPrekey[] {
  return held.filter(({ generation, replaced }) => {
    if (replaced === null) return true
    const isPassed = sealedTo.every((each) => each !== null && each > generation)
    return !isPassed && now - replaced < prekeyGraceMs
  })
}
