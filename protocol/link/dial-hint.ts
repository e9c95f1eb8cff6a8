import { asArray, asBytes, asText, asUint, type CborValue } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { ipv4Bytes, ipv6Groups } from './ip-address.ts'

/** An IP address and a UDP port. Never a host name, which would be looked up. */
export interface DialAddress {
  readonly host: string
  readonly port: number
}

/** Where a node may be reached: its DHT public key, and its address. */
export interface DialHint extends DialAddress {
  readonly key: Uint8Array
}

export const mostHints = 8

/** Throws unless the value is a hint with an address that may be dialled. */
export function hintFrom(value: CborValue): DialHint {
  const [key, host, port] = asArray(value, 3)
  return { key: asBytes(key, 32), ...addressFrom([host!, port!]) }
}

/** Throws unless the value is an address that may be dialled. */
export function addressFrom(value: CborValue): DialAddress {
  const [host, port] = asArray(value, 2)
  const address = { host: asText(host, 64), port: asUint(port, 65_535) }
  if (!(ipv4Bytes(address.host) || ipv6Groups(address.host)) || address.port === 0) {
    throw new ProtocolError('link/malformed', 'an address in it cannot be dialled')
  }
  return address
}
