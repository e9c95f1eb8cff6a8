import { concat, equalBytes, fromBase64Url, toBase64Url } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asText, asTime, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { decodeGenesis, mostGenesisBytes } from './genesis.ts'
import { mostNameBytes, tidyName } from './text.ts'

/** Where a node may be reached: its DHT public key, and its address. Never a host name, which would be looked up. */
export interface DialHint {
  readonly key: Uint8Array
  readonly host: string
  readonly port: number
}

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

const version = 1
export const mostHints = 8
const mostLinkCharacters = 4_096
const checksumBytes = 4
const ipv4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/

/** The code that a link carries in its fragment. Spec: specs/room.md#link. */
export function encodeLink(link: RoomLink, primitives: Primitives): string {
  const hints = link.hints.slice(0, mostHints).map(({ key, host, port }) => [key, host, port])
  const { genesis, secret, inviteSeed, expires, name, inviter } = link
  const content = [genesis, secret, inviteSeed, expires, name, inviter, hints]
  const payload = concat(Uint8Array.of(version), encodeCbor(content))
  return toBase64Url(concat(payload, checksum(payload, primitives)))
}

/**
 * Read a link in any of its forms: `http://localhost:7717/#/join/<code>`, `parley:join/<code>`, or the code alone.
 *
 * Throws `link/malformed` or `link/newer`.
 */
export function decodeLink(text: string, primitives: Primitives): RoomLink {
  try {
    return decodeCode(codeIn(text), primitives)
  } catch (error) {
    if (error instanceof ProtocolError && error.code.startsWith('link/')) throw error
    throw new ProtocolError('link/malformed', (error as Error).message)
  }
}

function codeIn(text: string): string {
  if (text.length > mostLinkCharacters) throw new ProtocolError('link/malformed', 'too long')
  const trimmed = text.trim()
  const match = /^(?:https?:\/\/[^/?#]+\/?#\/join\/|parley:(?:\/\/)?join\/|)([A-Za-z0-9_-]+)$/.exec(trimmed)
  if (!match) throw new ProtocolError('link/malformed', 'no code in it')
  return match[1]!
}

function decodeCode(code: string, primitives: Primitives): RoomLink {
  const bytes = fromBase64Url(code)
  const payload = bytes.subarray(0, -checksumBytes)
  if (bytes.length <= checksumBytes || !equalBytes(checksum(payload, primitives), bytes.subarray(-checksumBytes))) {
    throw new ProtocolError('link/malformed', 'a part of it is missing or was changed')
  }
  if (payload[0] !== version) throw new ProtocolError('link/newer')
  const [genesis, secret, inviteSeed, expires, name, inviter, hints] = asArray(
    decodeCbor(payload.subarray(1), { bytes: mostLinkCharacters }),
    7,
  )
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

/** Throws unless the value is a hint with an address that may be dialled. */
function hintFrom(value: CborValue): DialHint {
  const [key, host, port] = asArray(value, 3)
  const hint = { key: asBytes(key, 32), host: asText(host, 64), port: asUint(port, 65_535) }
  if (!(ipv4.test(hint.host) || isIpv6(hint.host)) || hint.port === 0) {
    throw new ProtocolError('link/malformed', 'an address in it cannot be dialled')
  }
  return hint
}

/** Eight groups, or fewer around one `::`. Anything looser lets host names such as `cafe` through. */
function isIpv6(host: string): boolean {
  const halves = host.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const groups = halves.flat()
  const fits = halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8
  return fits && groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
}

function checksum(payload: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain('link', payload)).subarray(0, checksumBytes)
}
