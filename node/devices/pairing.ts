import type { Logger } from 'pino'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { decodePairingLink } from '../../protocol/pairing/pairing-link.ts'
import { Problem } from '../api/problems.ts'
import type { PairingView } from '../api/views.ts'
import type { Swarm } from '../replication/swarm.ts'
import { type Person, requireFresh, usualLabel } from '../rooms/person.ts'
import type { KeyVault } from '../storage/key-vault.ts'
import { JoinedPairing } from './joined-pairing.ts'
import { OfferedPairing } from './offered-pairing.ts'

export type PairingState = NonNullable<PairingView['pairing']>

/** What an attempt needs of its node. */
export interface PairingOptions {
  readonly swarm: Swarm
  readonly vault: KeyVault
  readonly person: Person
  readonly primitives: Primitives
  readonly log: Logger
  readonly now: () => number
  /** How far an attempt has come. */
  readonly onChange: () => void
  /** This node is another device of somebody now. */
  readonly onJoined: () => Promise<void>
  /** Another device speaks for this person now. */
  readonly onAdded: () => void
}

/** Takes another device in, or becomes another device of somebody: one attempt at a time. Spec: specs/pairing.md. */
export class Pairing {
  readonly #options: PairingOptions
  #attempt: OfferedPairing | JoinedPairing | null = null

  constructor(options: PairingOptions) {
    this.#options = options
  }

  view(): PairingView {
    return { pairing: this.#attempt?.state ?? null }
  }

  /** Be found by whoever gets this link. Throws the problem `no-name`. */
  async offer(): Promise<{ readonly link: string; readonly expires: number }> {
    if (this.#options.vault.content.name === null) throw new Problem('no-name')
    await this.close()
    const offered = await OfferedPairing.open(this.#options)
    this.#attempt = offered
    this.#options.onChange()
    return offered.offer
  }

  /** Become another device of whoever made this link. Goes on in the background. Throws `not-fresh` and link-… problems. */
  async join(text: string, label: string | undefined): Promise<void> {
    const { vault, primitives, now } = this.#options
    requireFresh(vault.content)
    const link = readLink(text, primitives)
    if (link.expires < now()) throw new Problem('pairing-expired')
    await this.close()
    this.#attempt = new JoinedPairing(link, label ?? usualLabel(), this.#options)
    this.#options.onChange()
  }

  /** Somebody has read this code on the new device. Throws the problems `no-pairing` and `pairing-code-wrong`. */
  confirm(code: string): void {
    if (!(this.#attempt instanceof OfferedPairing)) throw new Problem('no-pairing')
    this.#attempt.confirm(code)
  }

  /** End what is under way, and forget how it ended. */
  async close(): Promise<void> {
    const attempt = this.#attempt
    this.#attempt = null
    await attempt?.close()
    this.#options.onChange()
  }
}

function readLink(text: string, primitives: Primitives) {
  try {
    return decodePairingLink(text, primitives)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new Problem(error.code === 'link/newer' ? 'link-newer' : 'link-malformed')
  }
}
