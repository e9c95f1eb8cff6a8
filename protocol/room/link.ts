import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, asTime, type CborValue } from '../encoding.ts'
import { decodeCode, encodeCode } from '../link/code.ts'
import { type DialHint, hintFrom, mostHints } from '../link/dial-hint.ts'
import { decodeGenesis, mostGenesisBytes } from './genesis.ts'
import { mostNameBytes, tidyName } from './text.ts'

/** All that lets one in. `expires`, `name` and `inviter` are labels that nobody has signed. */
export interface RoomLink {
  readonly genesis: Uint8Array
  readonly secret: Uint8Array
  readonly inviteSeed: Uint8Array
  /** Unix ms after which members admit nobody by the invite; null: never. */
  readonly expires: number | null
  readonly name: string
  readonly inviter: string
  readonly hints: readonly DialHint[]
}

/** The code that a link carries in its fragment. Spec: specs/room.md#link. */
export function encodeLink(link: RoomLink, primitives: Primitives): string {
  const hints = link.hints.slice(0, mostHints).map(({ key, host, port }) => [key, host, port])
  const { genesis, secret, inviteSeed, expires, name, inviter } = link
  return encodeCode('join', [genesis, secret, inviteSeed, expires, name, inviter, hints], primitives)
}

/** Read a link in any of its forms. Throws `link/malformed` or `link/newer`. */
export function decodeLink(text: string, primitives: Primitives): RoomLink {
  return decodeCode('join', text, linkFrom, primitives)
}

function linkFrom(content: CborValue): RoomLink {
  const [genesis, secret, inviteSeed, expires, name, inviter, hints] = asArray(content, 7)
  const link = {
    genesis: asBytes(genesis, { most: mostGenesisBytes }),
    secret: asBytes(secret, 32),
    inviteSeed: asBytes(inviteSeed, 32),
    expires: expires === null ? null : asTime(expires),
    name: tidyName(asText(name, mostNameBytes)),
    inviter: tidyName(asText(inviter, mostNameBytes)),
    hints: asArray(hints, { most: mostHints }).map(hintFrom),
  }
  // What it says of the room must be a genesis; whether its invite lets in is for the members to say.
  decodeGenesis(link.genesis)
  return link
}
