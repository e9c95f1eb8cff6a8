import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, asTime, type CborValue } from '../encoding.ts'
import { decodeCode, encodeCode } from '../link/code.ts'
import { addressFrom, type DialAddress, mostHints } from '../link/dial-hint.ts'

/** By which a new device finds the one that takes it in. */
export interface PairingLink {
  /** Network key that is dialled, made for this link alone. */
  readonly key: Uint8Array
  /** 32 random bytes: what a new device shows that it has the link. */
  readonly secret: Uint8Array
  /** Unix ms. */
  readonly expires: number
  readonly addresses: readonly DialAddress[]
}

/** The code that a link carries in its fragment. Spec: specs/pairing.md#link. */
export function encodePairingLink({ key, secret, expires, addresses }: PairingLink, primitives: Primitives): string {
  const told = addresses.slice(0, mostHints).map(({ host, port }) => [host, port])
  return encodeCode('pair', [key, secret, expires, told], primitives)
}

/** Read a link in any of its forms. Throws `link/malformed` or `link/newer`. */
export function decodePairingLink(text: string, primitives: Primitives): PairingLink {
  return decodeCode('pair', text, linkFrom, primitives)
}

function linkFrom(content: CborValue): PairingLink {
  const [key, secret, expires, addresses] = asArray(content, 4)
  return {
    key: asBytes(key, 32),
    secret: asBytes(secret, 32),
    expires: asTime(expires),
    addresses: asArray(addresses, { most: mostHints }).map(addressFrom),
  }
}
