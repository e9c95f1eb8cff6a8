import { readFileSync } from 'node:fs'

/** A proof that was made on a real chain, run for it on one machine. All bytes are hex. */
interface RealProof {
  readonly about: string
  readonly commitment: string
  readonly height: number
  /** Unix seconds. */
  readonly time: number
  /** Hash of the block. */
  readonly block: string
  readonly proof: string
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))

export const litecoin = read('litecoin-regtest.json') as RealProof

/** `sender`: the address that anchored. */
export const ethereum = read('anvil.json') as Readonly<
  Record<'receipt' | 'storage', RealProof & { readonly sender: string }>
>
