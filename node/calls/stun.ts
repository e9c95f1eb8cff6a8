import { createHmac, timingSafeEqual } from 'node:crypto'

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
const attributes = { username: 0x0006, messageIntegrity: 0x0008 } as const

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
  const covered = Buffer.from(packet.subarray(0, at))
  // The length is taken as if the message ended with this attribute.
  covered.writeUInt16BE(at + 24 - headerBytes, 2)
  return timingSafeEqual(createHmac('sha1', password).update(covered).digest(), integrity)
}
