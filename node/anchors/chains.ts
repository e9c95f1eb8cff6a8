import { Problem } from '../api/problems.ts'
import type { KeyVault, VaultChain } from '../storage/key-vault.ts'
import type { AnchorWay } from './anchor-way.ts'
import { openBitcoinRpc } from './bitcoin-rpc.ts'
import { openBitcoinWay } from './bitcoin-way.ts'

const mostChains = 16

/** The chains that this node's owner has set up. The vault keeps them: their addresses have passwords in them. */
export class Chains {
  readonly #vault: KeyVault
  readonly #ways = new Map<string, AnchorWay>()

  constructor(vault: KeyVault) {
    this.#vault = vault
    for (const chain of this.all) this.#ways.set(chain.name, wayTo(chain))
  }

  get all(): readonly VaultChain[] {
    return this.#vault.content.chains ?? []
  }

  /** By what they are called. */
  get ways(): ReadonlyMap<string, AnchorWay> {
    return this.#ways
  }

  /** Set one up, or change one. Throws the problems `chain-address` and `too-many-chains`. */
  async set(chain: VaultChain): Promise<void> {
    requireAddress(chain.url)
    const others = this.all.filter(({ name }) => name !== chain.name)
    if (others.length >= mostChains) throw new Problem('too-many-chains')
    await this.#vault.change((content) => ({ ...content, chains: [...others, chain] }))
    this.#ways.set(chain.name, wayTo(chain))
  }

  /** What is on its way stays as far as it came. Throws the problem `no-such-chain`. */
  async remove(name: string): Promise<void> {
    if (!this.#ways.has(name)) throw new Problem('no-such-chain')
    await this.#vault.change((content) => ({ ...content, chains: this.all.filter((chain) => chain.name !== name) }))
    this.#ways.delete(name)
  }
}

function wayTo({ kind, url, depth }: VaultChain): AnchorWay {
  return openBitcoinWay({ rpc: openBitcoinRpc(new URL(url)), chain: kind, depth })
}

function requireAddress(url: string): void {
  if (!URL.canParse(url) || !['http:', 'https:'].includes(new URL(url).protocol)) throw new Problem('chain-address')
}

/** An address as it may be shown: without user and password. */
export function shownAddress(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}
