import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { createIdentity, foldIdentity, requireDevice } from '../../protocol/identity/identity.ts'
import { KnownIdentities } from '../../protocol/identity/known-identities.ts'
import { areRecoveryWords, recoverySeed, recoveryWords } from '../../protocol/identity/recovery.ts'
import { safetyNumber } from '../../protocol/identity/safety-number.ts'
import { type IdentityStatement, identityToCbor } from '../../protocol/identity/statement.ts'
import { casesOf, codeOf, everyPrimitives, inHex } from '../support/vectors.ts'

type Statements = readonly (readonly [string, readonly string[]])[]
type Folded = { readonly id: string; readonly devices: readonly string[]; readonly revoked: readonly unknown[] }

const made = casesOf<{ recovery: string; nextRecovery: string; device: string }, Folded, { statements: Statements }>(
  'identity',
  'format',
)
const folded = ['verifying', 'what counts'].flatMap((section) =>
  casesOf<{ statements: Statements; device?: string }, Folded>('identity', section),
)
interface Places {
  readonly places: readonly Statements[]
  readonly logs: readonly { readonly device: string; readonly log: string }[]
}
const gathered = casesOf<Places, Folded & { caps: readonly (number | null)[] }>(
  'identity',
  'statements from several places',
)
const recovered = casesOf<{ entropy: string; index: number }, { words: string; seed: string }>('identity', 'recovery')
const compared = casesOf<{ a: string; b: string }, { digits: string }>('identity', 'safety number')

function statementsOf(statements: Statements): IdentityStatement[] {
  return statements.map(([payload, signatures]) => ({ payload: fromHex(payload), signatures: signatures.map(fromHex) }))
}

function fold({ statements, device }: { statements: Statements; device?: string }, primitives: Primitives) {
  const identity = foldIdentity(statementsOf(statements), primitives)
  if (device) requireDevice(identity, fromHex(device))
  return inHex(identity)
}

describe.each(everyPrimitives)('an identity, with %s', (_, primitives) => {
  for (const { id, title, input, steps, expect: wanted } of made) {
    test(`${id}: ${title}`, () => {
      const seeds = {
        recovery: fromHex(input.recovery),
        nextRecovery: fromHex(input.nextRecovery),
        device: fromHex(input.device),
      }
      const statements = createIdentity(seeds, primitives)
      expect(inHex(identityToCbor(statements))).toEqual(steps.statements)
      expect(inHex(foldIdentity(statements, primitives))).toEqual(wanted)
    })
  }

  for (const { id, title, input, expect: wanted, error } of folded) {
    test(`${id}: ${title}`, () => {
      if (error) expect(codeOf(() => fold(input, primitives))).toBe(error)
      else expect(fold(input, primitives)).toEqual(wanted)
    })
  }

  for (const { id, title, input, expect: wanted } of gathered) {
    test(`${id}: ${title}`, () => {
      const known = new KnownIdentities(primitives)
      for (const place of input.places) known.add(statementsOf(place))
      const identity = fromHex(wanted.id)
      const caps = input.logs.map(({ device, log }) => known.capOf({ identity, device: fromHex(device) }, fromHex(log)))
      const { caps: wantedCaps, ...whole } = wanted
      expect(inHex(known.of(wanted.id))).toEqual(whole)
      expect(caps).toEqual(wantedCaps)
    })
  }

  for (const { id, title, input, expect: wanted } of recovered) {
    test(`${id}: ${title}`, () => {
      expect(recoveryWords(fromHex(input.entropy))).toBe(wanted.words)
      expect(areRecoveryWords(wanted.words)).toBe(true)
      expect(toHex(recoverySeed(wanted.words, input.index, primitives))).toBe(wanted.seed)
    })
  }

  for (const { id, title, input, expect: wanted } of compared) {
    test(`${id}: ${title}`, () => {
      expect(safetyNumber(fromHex(input.a), fromHex(input.b), primitives)).toBe(wanted.digits)
    })
  }
})
