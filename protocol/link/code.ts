import { concat, equalBytes, fromBase64Url, toBase64Url } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'

/** What a link leads to: into a room, or to becoming another device of a person. */
export type LinkKind = 'join' | 'pair'

const domainOf = { join: 'link', pair: 'pairingLink' } as const
const version = 1
const mostLinkCharacters = 4_096
const checksumBytes = 4

/** The code that a link carries in its fragment. Spec: specs/room.md#link. */
export function encodeCode(kind: LinkKind, content: CborValue, primitives: Primitives): string {
  const payload = concat(Uint8Array.of(version), encodeCbor(content))
  return toBase64Url(concat(payload, checksum(kind, payload, primitives)))
}

/**
 * What a link carries, and `read` makes of it. Its forms: `http://localhost:7717/#/join/<code>`, `parley:join/<code>`, or the code alone.
 *
 * Throws `link/malformed` or `link/newer`.
 */
export function decodeCode<T>(
  kind: LinkKind,
  text: string,
  read: (content: CborValue) => T,
  primitives: Primitives,
): T {
  try {
    return read(contentOf(kind, codeIn(kind, text), primitives))
  } catch (error) {
    if (error instanceof ProtocolError && error.code.startsWith('link/')) throw error
    throw new ProtocolError('link/malformed', (error as Error).message)
  }
}

const forms = {
  join: /^(?:https?:\/\/[^/?#]+\/?#\/join\/|parley:(?:\/\/)?join\/|)([A-Za-z0-9_-]+)$/,
  pair: /^(?:https?:\/\/[^/?#]+\/?#\/pair\/|parley:(?:\/\/)?pair\/|)([A-Za-z0-9_-]+)$/,
}

function codeIn(kind: LinkKind, text: string): string {
  if (text.length > mostLinkCharacters) throw new ProtocolError('link/malformed', 'too long')
  const match = forms[kind].exec(text.trim())
  if (!match) throw new ProtocolError('link/malformed', 'no code in it')
  return match[1]!
}

function contentOf(kind: LinkKind, code: string, primitives: Primitives): CborValue {
  const bytes = fromBase64Url(code)
  const payload = bytes.subarray(0, -checksumBytes)
  const given = bytes.subarray(-checksumBytes)
  if (bytes.length <= checksumBytes || !equalBytes(checksum(kind, payload, primitives), given)) {
    throw new ProtocolError('link/malformed', 'a part of it is missing or was changed')
  }
  if (payload[0] !== version) throw new ProtocolError('link/newer')
  return decodeCbor(payload.subarray(1), { bytes: mostLinkCharacters })
}

function checksum(kind: LinkKind, payload: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sha256(inDomain(domainOf[kind], payload)).subarray(0, checksumBytes)
}
