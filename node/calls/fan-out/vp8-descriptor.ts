/** A packet of VP8 with a payload descriptor of one byte. */
export interface ShortPayload {
  readonly payload: Uint8Array
  /** Whether a key frame begins here. */
  readonly beginsKeyFrame: boolean
}

const bit = { extended: 0x80, start: 0x10, partition: 0x07, pictureId: 0x80, longPictureId: 0x80 } as const

/**
 * The packet without what its descriptor counts: picture numbers differ between layers, so a receiver that is moved from one to another
 * is told none. Null if it is no packet of VP8. RFC 7741, 4.2.
 */
export function shortenDescriptor(payload: Uint8Array): ShortPayload | null {
  const first = payload[0]
  if (first === undefined) return null
  const length = descriptorLength(payload)
  if (payload.length <= length) return null
  const short = payload.slice(length - 1)
  short[0] = first & ~bit.extended
  const begins = (first & bit.start) !== 0 && (first & bit.partition) === 0
  return { payload: short, beginsKeyFrame: begins && (payload[length]! & 1) === 0 }
}

/** Whether a key frame begins with a packet of a short descriptor. */
export function beginsKeyFrame(payload: Uint8Array): boolean {
  const [descriptor, first] = payload
  if (descriptor === undefined || first === undefined) return false
  return (descriptor & (bit.start | bit.partition)) === bit.start && (first & 1) === 0
}

function descriptorLength(payload: Uint8Array): number {
  if ((payload[0]! & bit.extended) === 0) return 1
  const fields = payload[1] ?? 0
  let length = 2
  if (fields & bit.pictureId) length += (payload[2] ?? 0) & bit.longPictureId ? 2 : 1
  if (fields & 0x40) length++
  if (fields & 0x30) length++
  return length
}
