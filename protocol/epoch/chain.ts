import { inDomain } from '../crypto/domains.ts'
import { expand } from '../crypto/kdf.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { ProtocolError } from '../errors.ts'

/** How many entries one chain of an epoch seals at most, and so how far anybody is ever made to walk. */
export const mostSteps = 256

/** The key of one step of a chain: it leads to this step and all later ones, and to none before. */
export interface StepKey {
  readonly step: number
  readonly key: Uint8Array
}

/** What a device holds of one chain. */
export interface Chain {
  /** From here on every step can be opened any number of times; null: whatever was opened once is forgotten. */
  readonly first: StepKey | null
  /** Opens the steps that were not reached yet. */
  readonly next: StepKey
  /** Of single steps: passed over and not opened yet, or kept where the ones around them were forgotten. */
  readonly secrets: ReadonlyMap<number, Uint8Array>
}

/** A chain from one step on. `keeps`: whether a step can be opened again. */
export function startChain(key: StepKey, keeps: boolean): Chain {
  return { first: keeps ? key : null, next: key, secrets: new Map() }
}

/**
 * The secret of a step, and what is then held of the chain; null if that secret is not held, or not any more.
 *
 * The step is the author's word. Keep the new chain only once the entry has opened. Spec: specs/encryption.md#chains. Throws `epoch/step`.
 */
export function openStep(
  chain: Chain,
  step: number,
  primitives: Primitives,
): { readonly secret: Uint8Array; readonly chain: Chain } | null {
  const passed = sealStep(chain, step, primitives)
  if (!passed || chain.first) return passed
  return { secret: passed.secret, chain: { ...passed.chain, secrets: without(passed.chain.secrets, step) } }
}

/** The same for who seals: what they sealed they can open once more, as it comes back out of their own log. */
export function sealStep(
  chain: Chain,
  step: number,
  primitives: Primitives,
): { readonly secret: Uint8Array; readonly chain: Chain } | null {
  if (step >= mostSteps) throw new ProtocolError('epoch/step', `step ${step}`)
  if (step < chain.next.step) {
    const secret = secretBefore(chain, step, primitives)
    return secret ? { secret, chain } : null
  }
  // With a first step, those in between can be found again.
  const secrets = chain.first ? chain.secrets : withSecrets(chain.secrets, chain.next, step + 1, primitives)
  const at = walkTo(chain.next, step, primitives)
  return { secret: secretOf(at, primitives), chain: { ...chain, next: stepAfter(at, primitives), secrets } }
}

/** Forget one step for good, and no other. */
export function forgetStep(chain: Chain, step: number, primitives: Primitives): Chain {
  const passed = chain.first || step >= chain.next.step ? sealStep(chain, step, primitives)?.chain : chain
  if (!passed) return chain
  const { first } = passed
  if (!first || step < first.step) return { ...passed, secrets: without(passed.secrets, step) }
  const secrets = withSecrets(passed.secrets, first, step, primitives)
  return { first: walkTo(first, step + 1, primitives), next: passed.next, secrets }
}

/** A chain that is going to be read once more from its first step on, in order, without walking to each step anew. */
export function rewind(chain: Chain): Chain {
  return chain.first ? { ...chain, next: chain.first } : chain
}

/** Walk from one step to a later one. The caller bounds how far. */
export function walkTo(from: StepKey, step: number, primitives: Primitives): StepKey {
  let key = from
  while (key.step < step) key = stepAfter(key, primitives)
  return key
}

function secretBefore({ first, secrets }: Chain, step: number, primitives: Primitives): Uint8Array | undefined {
  const kept = secrets.get(step)
  if (kept || !first || step < first.step) return kept
  return secretOf(walkTo(first, step, primitives), primitives)
}

function secretOf({ key }: StepKey, primitives: Primitives): Uint8Array {
  return expand(key, inDomain('stepSecret'), primitives)
}

function stepAfter({ step, key }: StepKey, primitives: Primitives): StepKey {
  return { step: step + 1, key: expand(key, inDomain('chainKey'), primitives) }
}

/** The secrets, and those of the steps from one on up to but not including another. */
function withSecrets(
  secrets: ReadonlyMap<number, Uint8Array>,
  from: StepKey,
  end: number,
  primitives: Primitives,
): ReadonlyMap<number, Uint8Array> {
  const all = new Map(secrets)
  for (let key = from; key.step < end; key = stepAfter(key, primitives)) all.set(key.step, secretOf(key, primitives))
  return all
}

function without(secrets: ReadonlyMap<number, Uint8Array>, step: number): ReadonlyMap<number, Uint8Array> {
  const rest = new Map(secrets)
  rest.delete(step)
  return rest
}
