import type { AnchorTrust, KnownBlock } from '../../protocol/anchor/trust.ts'
import { fromHex } from '../../protocol/bytes.ts'
import { casesOf } from './vectors.ts'

interface Given {
  readonly commitment: string
  readonly proof: string
  readonly known: readonly (Omit<KnownBlock, 'hash'> & { readonly hash: string })[]
}

/** A proof that was made on a real chain, and what it shows to somebody who knows its block. */
export interface RealAnchor {
  readonly id: string
  readonly title: string
  readonly commitment: Uint8Array
  readonly proof: Uint8Array
  readonly known: KnownBlock
  readonly trust: AnchorTrust
  readonly findings: readonly object[]
}

function realAnchors(program: string): RealAnchor[] {
  const cases = casesOf<Given, { readonly findings: readonly object[] }>(`imported/${program}`, 'verifying')
  return cases.map(({ id, title, input, expect: { findings } }) => {
    const [known] = input.known.map((block) => ({ ...block, hash: fromHex(block.hash) })) as [KnownBlock]
    // Work is nothing on a chain for tests: what stands is what the reader knows.
    const trust = { known: [known], leastWork: { bitcoin: 2n ** 64n, litecoin: 2n ** 64n } }
    return { id, title, commitment: fromHex(input.commitment), proof: fromHex(input.proof), known, trust, findings }
  })
}

export const [ofLitecoind] = realAnchors('litecoind') as [RealAnchor]
export const ofAnvil: readonly RealAnchor[] = realAnchors('anvil')
