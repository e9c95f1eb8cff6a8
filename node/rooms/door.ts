import type { Logger } from 'pino'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { IdentityStatement } from '../../protocol/identity/statement.ts'
import type { Genesis } from '../../protocol/room/genesis.ts'
import type { InviteState } from '../../protocol/room/resolve-invites.ts'
import { isRole, type Standing } from '../../protocol/room/rights.ts'
import type { RoomAuthority } from '../projection/room-authority.ts'

/** Whether a device comes in. `standing`: what it is told to be, where it does not. */
export type Entrance =
  | { readonly type: 'in' }
  | { readonly type: 'waiting' }
  /** Whether they are in cannot be judged here: what lets them in may not have arrived. */
  | { readonly type: 'unknown' }
  | { readonly type: 'refused'; readonly standing: Standing; readonly reason: string }
  /** It does not speak for its identity any more: these statements show it. */
  | { readonly type: 'revoked'; readonly statements: readonly IdentityStatement[] }

/** Who stands before the door, and by which invite. Hex. */
export interface Caller {
  readonly identity: string
  readonly device: string
  /** By which they have introduced themselves: they may not have arrived here otherwise. */
  readonly statements: readonly IdentityStatement[]
  readonly invite: string | null
}

interface DoorOptions {
  readonly authority: RoomAuthority
  readonly beginning: Genesis
  readonly self: Uint8Array
  readonly log: Logger
  readonly now: () => number
}

/** Who gets anything of a room from this node. Spec: specs/authority.md#door. */
export class Door {
  readonly #options: DoorOptions
  readonly #refusals = new Map<string, number>()

  constructor(options: DoorOptions) {
    this.#options = options
  }

  entranceOf(caller: Caller): Entrance {
    const { authority, self, beginning } = this.#options
    const { identity, invite } = caller
    if (this.#isRevoked(caller)) {
      return { type: 'revoked', statements: authority.identities.against(identity, fromHex(caller.device)) }
    }
    const own = authority.standingOf(toHex(self))
    // Where our own log was lost, nothing speaks of us until it comes back, though we were let in.
    const isJudge = isRole(own) || !authority.hasHeardOf(toHex(self))
    // Who has not been let in has nothing to give but their own log, and cannot judge.
    if (!isJudge && (own === 'none' || own === 'waiting')) return { type: 'in' }
    const standing = authority.standingOf(identity)
    if (isRole(standing)) return { type: 'in' }
    // Who is out has no business letting in; whoever is in could have come meanwhile, and bring the news.
    if (!isJudge) return { type: 'unknown' }
    if (standing === 'waiting') return { type: 'waiting' }
    if (standing === 'none' && invite !== null && !authority.invites.has(invite)) return { type: 'unknown' }
    if (invite === null || !authority.mayComeBy(identity, invite)) {
      return { type: 'refused', standing, reason: standing === 'left' ? 'has left' : `was ${standing}` }
    }
    const reason = whyInviteIsOver(authority.invites.get(invite)!, this.#options.now())
    if (reason) return { type: 'refused', standing, reason }
    return { type: beginning.admission === 'lobby' ? 'waiting' : 'in' }
  }

  /** The same for a device that has just introduced itself: that it was refused is told in the log file, with how often that happened. */
  open(caller: Caller): Entrance {
    const entrance = this.entranceOf(caller)
    if (entrance.type === 'refused' || entrance.type === 'revoked') {
      const reason = entrance.type === 'revoked' ? 'the device was revoked' : entrance.reason
      const times = (this.#refusals.get(reason) ?? 0) + 1
      this.#refusals.set(reason, times)
      this.#options.log.warn({ identity: caller.identity, reason, times }, 'somebody was refused at the door')
    }
    return entrance
  }

  #isRevoked({ identity, device, statements }: Caller): boolean {
    const { identities } = this.#options.authority
    const key = fromHex(device)
    if (!identities.of(identity) || identities.isActive(identity, key)) return false
    return !identities.wouldBeActive(statements, key)
  }
}

/** Why an invite lets in nobody any more; null if it does. */
export function whyInviteIsOver({ isRevoked, uses, people, expires }: InviteState, now: number): string | null {
  if (isRevoked) return 'the link was revoked'
  if (uses !== null && people.length >= uses) return 'the link is used up'
  return expires !== null && expires < now ? 'the link has expired' : null
}
