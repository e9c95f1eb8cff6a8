import { compareBytes, toHex } from '../bytes.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { forkLength, verifyForkProof } from '../log/fork.ts'
import { logKey } from '../log/hypercore.ts'
import type { ProvenFork } from './envelope.ts'
import type { Findings } from './findings.ts'

/** A log whose device has signed two histories: they agree on no more than `length` entries. */
export interface FoundFork {
  readonly log: string
  readonly identity: string
  readonly length: number
}

/** The forks of which a file has a proof that holds; what does not hold goes to the check `forks`. Spec: specs/bundle.md#verifying. */
export function foundForks(
  forks: readonly ProvenFork[],
  room: Uint8Array,
  findings: Findings,
  primitives: Primitives,
): readonly FoundFork[] {
  findings.begin('forks')
  let previous: Uint8Array = new Uint8Array()
  return forks.flatMap(({ proof, ...by }) => {
    const owner = { ...by, room }
    const key = logKey(owner, primitives)
    if (compareBytes(previous, key) >= 0) findings.fail('forks', 'bundle/order', toHex(key))
    previous = key
    const holds = findings.attempt('forks', toHex(key), () => verifyForkProof(owner, proof, primitives))
    return holds ? [{ log: toHex(key), identity: toHex(by.identity), length: forkLength(proof) }] : []
  })
}

/** Say of each by whom it is, as far as the file has a name for them. */
export function sayForks(forks: readonly FoundFork[], names: ReadonlyMap<string, string>, findings: Findings): void {
  for (const { log, identity, length } of forks) findings.fork(log, identity, names.get(identity) ?? '', length)
}
