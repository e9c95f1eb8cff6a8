import { randomBytes } from 'node:crypto'
import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { InviteState } from '../../protocol/room/resolve-invites.ts'
import { type InvitedRole, mayManage } from '../../protocol/room/rights.ts'
import { Problem } from '../api/problems.ts'
import type { KeyVault } from '../storage/key-vault.ts'
import { whyInviteIsOver } from './door.ts'
import type { Room } from './room.ts'

/** An invite whose seed is here, so that a link can be made of it. */
export interface HeldInvite {
  readonly key: string
  readonly seed: Uint8Array
  readonly expires: number | null
}

/** How many an invite lets in, as what, and until when. */
export interface InviteTerms {
  readonly role: InvitedRole
  readonly uses: number | null
  readonly expires: number | null
}

interface InvitesOptions {
  readonly vault: KeyVault
  readonly primitives: Primitives
  readonly now: () => number
}

/** The invites of which this node has the seeds: those that its rooms were joined by, and those that it made. */
export class Invites {
  readonly #options: InvitesOptions

  constructor(options: InvitesOptions) {
    this.#options = options
  }

  /**
   * An invite that anybody may have, made anew if there is none that still lets in; where there are invites only, one for one person.
   *
   * Throws the problem `no-invite`.
   */
  async usual(room: Room): Promise<HeldInvite> {
    const { now } = this.#options
    const { invites } = room.fold.authority
    const known = this.#held(room).find(({ key }) => {
      const invite = invites.get(key)
      // Of the invite that we came by nothing may be known yet.
      if (!invite) return key === this.#cameBy(room)
      return invite.uses === null && invite.role === 'member' && !whyInviteIsOver(invite, now())
    })
    if (known) return known
    if (!mayManage(room.people.standing)) throw new Problem('no-invite')
    const uses = room.beginning.admission === 'invite-only' ? 1 : null
    return this.make(room, { role: 'member', uses, expires: null })
  }

  /** Throws the problem `no-such-invite` unless its seed is here and it still lets in. */
  find(room: Room, key: string): HeldInvite {
    const invite = room.fold.authority.invites.get(key)
    const held = this.#held(room).find((each) => each.key === key)
    if (!held || !invite || whyInviteIsOver(invite, this.#options.now())) throw new Problem('no-such-invite')
    return held
  }

  /** Why an invite lets in nobody any more, in words; null if it does. */
  whyOver(invite: InviteState): string | null {
    return whyInviteIsOver(invite, this.#options.now())
  }

  has(room: Room, key: string): boolean {
    return this.#held(room).some((each) => each.key === key)
  }

  /** Throws the problem `not-allowed`. The seed is in the vault before anybody hears of the invite. */
  async make(room: Room, { role, uses, expires }: InviteTerms): Promise<HeldInvite> {
    const { vault, primitives } = this.#options
    const seed = randomBytes(32)
    const invite = primitives.publicKey(seed)
    const event = { type: 'invite-created', invite, role, uses, expires } as const
    room.people.requireAct({ ...event, heads: [] })
    const genesis = toHex(room.genesis)
    await vault.change((content) => ({
      ...content,
      rooms: content.rooms.map((each) =>
        each.genesis === genesis ? { ...each, invites: [...(each.invites ?? []), seed.toString('hex')] } : each,
      ),
    }))
    await room.act(event)
    return { key: toHex(invite), seed, expires }
  }

  #held(room: Room): HeldInvite[] {
    const genesis = toHex(room.genesis)
    const stored = this.#options.vault.content.rooms.find((each) => each.genesis === genesis)
    const seeds = stored ? [...(stored.inviteSeed === null ? [] : [stored.inviteSeed]), ...(stored.invites ?? [])] : []
    return seeds.map((hex) => {
      const seed = Buffer.from(hex, 'hex')
      const key = toHex(this.#options.primitives.publicKey(seed))
      return { key, seed, expires: room.fold.authority.invites.get(key)?.expires ?? null }
    })
  }

  #cameBy(room: Room): string | null {
    return room.inviteSeed && toHex(this.#options.primitives.publicKey(room.inviteSeed))
  }
}
