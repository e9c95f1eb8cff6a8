import { createHmac, randomBytes } from 'node:crypto'

const attribute = (type: number, value: Buffer): Buffer => {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}

const message = (type: number, transaction: Buffer, body: Buffer, length = body.length): Buffer => {
  const head = Buffer.alloc(8)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(length, 2)
  head.writeUInt32BE(0x2112a442, 4)
  return Buffer.concat([head, transaction, body])
}

/** An ICE check, written down from RFC 5389, 15.4, and RFC 8445, 7.1. */
export function iceCheck(
  { username, password }: { username: string; password: string },
  transaction = randomBytes(12),
) {
  const body = Buffer.concat([attribute(0x0006, Buffer.from(username)), attribute(0x0024, Buffer.alloc(4, 1))])
  const covered = message(0x0001, transaction, body, body.length + 24)
  const integrity = createHmac('sha1', password).update(covered).digest()
  const whole = Buffer.concat([body, attribute(0x0008, integrity), attribute(0x8028, Buffer.alloc(4, 7))])
  return { packet: message(0x0001, transaction, whole), transaction }
}

/** A success response to a check. */
export const iceResponse = (transaction: Buffer): Buffer => message(0x0101, transaction, Buffer.alloc(0))

/** What begins like RTP (RFC 7983). */
export const rtpPacket = (text: string): Buffer => Buffer.concat([Buffer.from([0x80, 0x60]), Buffer.from(text)])
