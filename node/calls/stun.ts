import { createHmac, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** What an ICE check between our browser and the other one must carry (RFC 8445, 7.2.2). */
export interface CheckCredentials {
  /** `<their ufrag>:<our browser's ufrag>`. */
  readonly username: string
  /** Their ICE password. */
  readonly password: string
}

export interface StunMessage {
  readonly type: 'request' | 'response' | 'indication'
  readonly transaction: string
}

const headerBytes = 20
const magicCookie = 0x2112a442
const attributes = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  xorMappedAddress: 0x0020,
  fingerprint: 0x8028,
} as const
const success = 0x0101

/** The head of a STUN message, or null: DTLS, RTP and RTCP begin otherwise (RFC 5389, 6; RFC 7983). */
export function readStun(packet: Buffer): StunMessage | null {
  if (packet.length < headerBytes || (packet[0]! & 0xc0) !== 0 || packet.readUInt32BE(4) !== magicCookie) return null
  const response = (packet[0]! & 0x01) !== 0
  const indication = !response && (packet[1]! & 0x10) !== 0
  return {
    type: response ? 'response' : indication ? 'indication' : 'request',
    transaction: packet.toString('latin1', 8, headerBytes),
  }
}

/** Whether a check was made by somebody who knows both names and the password (RFC 5389, 15.3 and 15.4). */
export function isCheckWith(packet: Buffer, { username, password }: CheckCredentials): boolean {
  let named = false
  for (let at = headerBytes; at + 4 <= packet.length; ) {
    const type = packet.readUInt16BE(at)
    const length = packet.readUInt16BE(at + 2)
    const value = packet.subarray(at + 4, at + 4 + length)
    if (value.length !== length) return false
    if (type === attributes.username) named = value.toString('latin1') === username
    // Whatever stands behind the integrity is not covered by it.
    if (type === attributes.messageIntegrity) return named && isIntact(packet, at, value, password)
    at += 4 + length + ((4 - (length % 4)) % 4)
  }
  return false
}

function isIntact(packet: Buffer, at: number, integrity: Buffer, password: string): boolean {
  if (integrity.length !== 20) return false
  return timingSafeEqual(integrityOf(packet.subarray(0, at), password), integrity)
}

/** The answer to a check that came from this IPv4 address, as the other browser would give it (RFC 8445, 7.3). */
export function answerCheck(
  check: Buffer,
  { address, port }: { address: string; port: number },
  password: string,
): Buffer {
  const head = Buffer.from(check.subarray(0, headerBytes))
  head.writeUInt16BE(success, 0)
  const mapped = Buffer.from([0, 1, 0, 0, ...address.split('.').map(Number)])
  mapped.writeUInt16BE(port ^ (magicCookie >>> 16), 2)
  mapped.writeUInt32BE((mapped.readUInt32BE(4) ^ magicCookie) >>> 0, 4)
  const named = Buffer.concat([head, attribute(attributes.xorMappedAddress, mapped)])
  const intact = Buffer.concat([named, attribute(attributes.messageIntegrity, integrityOf(named, password))])
  intact.writeUInt16BE(intact.length + 8 - headerBytes, 2)
  const fingerprint = Buffer.alloc(4)
  fingerprint.writeUInt32BE((crc32(intact) ^ 0x5354554e) >>> 0)
  return Buffer.concat([intact, attribute(attributes.fingerprint, fingerprint)])
}

/** Over everything before it, with the length as if the message ended with this attribute (RFC 5389, 15.4). */
function integrityOf(before: Buffer, password: string): Buffer {
  const covered = Buffer.from(before)
  covered.writeUInt16BE(covered.length + 24 - headerBytes, 2)
  return createHmac('sha1', password).update(covered).digest()
}

/** All of ours are multiples of four bytes, so none is padded. */
function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value])
}
