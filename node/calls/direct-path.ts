import type { CallPeer } from '../../protocol/call/call.ts'
import { candidateLine, type HostCandidate, mostCandidates, readCandidate } from '../../protocol/call/candidate.ts'
import { encodeCallNote } from '../../protocol/call/note.ts'
import type { DirectPath } from '../api/calls.ts'

/** The way around both nodes, with those to whom one shows one's address: what is told of it, and what they have told. */
export interface DirectPaths {
  /** Forget the call before, if there was another one. */
  begin(call: Uint8Array): void
  /** The sockets of the own browser for the connection with this device, in its own lines. What may not be told is left out. */
  setOwn(device: string, lines: readonly string[]): void
  /** Say to somebody who has just come, or come back, what they may know. */
  tell(taker: PathTaker): void
  /** Of a participant. */
  take(from: CallPeer, candidates: readonly HostCandidate[]): void
  paths(of: readonly CallPeer[]): DirectPath[]
}

interface PathTaker extends CallPeer {
  tell(note: Uint8Array): void
}

interface Surroundings {
  /** Whether one has said that this person may see one's address. */
  isAllowed(identity: string): boolean
  audience(): readonly PathTaker[]
  onChange(): void
}

/**
 * No address leaves before the other has said that they want a direct path too, and none is taken from whom one does not want it with.
 *
 * What one has allowed counts from the next call on. Spec: specs/call.md#direct-path.
 */
export function makeDirectPaths({ isAllowed, audience, onChange }: Surroundings): DirectPaths {
  let call: Uint8Array = new Uint8Array()
  let allowed = new Map<string, boolean>()
  let own = new Map<string, readonly HostCandidate[]>()
  let theirs = new Map<string, readonly HostCandidate[]>()

  function allows(identity: string): boolean {
    const known = allowed.get(identity) ?? isAllowed(identity)
    allowed.set(identity, known)
    return known
  }

  function tell(taker: PathTaker): void {
    if (!allows(taker.identity)) return
    const candidates = theirs.has(taker.device) ? (own.get(taker.device) ?? []) : []
    taker.tell(encodeCallNote({ call, note: { type: 'candidates', candidates } }))
  }

  function tellDevice(device: string): void {
    for (const taker of audience()) if (taker.device === device) tell(taker)
  }

  return {
    begin(given) {
      if (Buffer.compare(call, given) === 0) return
      call = given
      allowed = new Map()
      own = new Map()
      theirs = new Map()
    },
    setOwn(device, lines) {
      const candidates = lines.flatMap((line) => readCandidate(line) ?? []).slice(0, mostCandidates)
      if (JSON.stringify(candidates) === JSON.stringify(own.get(device))) return
      own.set(device, candidates)
      tellDevice(device)
    },
    tell,
    take({ identity, device }, candidates) {
      if (!allows(identity)) return
      const isFirst = !theirs.has(device)
      theirs.set(device, candidates)
      if (isFirst) tellDevice(device)
      onChange()
    },
    paths(participants) {
      return participants
        .filter(({ identity }) => allows(identity))
        .map(({ identity, device }) => ({
          identity,
          device,
          candidates: (theirs.get(device) ?? []).map(candidateLine),
        }))
    },
  }
}
