import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { EpochSecrets } from '../../protocol/epoch/epoch.ts'

export type Hexes<Name extends string> = Readonly<Record<Name, string>>
/** Of the headers, of the history chain, of the ephemeral chain; hex. */
export type Triple = readonly [string, string, string]

export const secretsOf = ([header, history, ephemeral]: Triple): EpochSecrets => ({
  header: fromHex(header),
  history: fromHex(history),
  ephemeral: fromHex(ephemeral),
})

export const tripleOf = ({ header, history, ephemeral }: EpochSecrets): string[] =>
  [header, history, ephemeral].map(toHex)
