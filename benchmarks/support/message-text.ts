const filler = 'the quick brown fox jumps over the lazy dog while five boxing wizards watch '.repeat(3)

/** Bytes of one message. */
export const messageBytes = 200

/** The message of this number: 200 bytes, and no two are alike. */
export function messageText(number: number, label = 'message'): string {
  return `${label} ${number} ${filler}`.slice(0, messageBytes)
}

/** The same as a block of raw bytes. */
export function messageBlock(number: number, label = 'message'): Buffer {
  return Buffer.from(messageText(number, label))
}

/** The number of a message with this label, or null. */
export function messageNumber(text: string, label = 'message'): number | null {
  const found = new RegExp(`^${label} ([0-9]+) `).exec(text)
  return found ? Number(found[1]) : null
}
