import { ProtocolError } from '../../errors.ts'

/** Bytes of a stranger, from the left. Every method throws `anchor/ots` where they end too early. */
export class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.length
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new ProtocolError('anchor/ots', 'ends too early')
    this.#at += length
    return this.#bytes.slice(this.#at - length, this.#at)
  }

  byte(): number {
    return this.take(1)[0]!
  }

  /** A number in groups of seven bits, the lowest first, and in no more of them than it needs. */
  number(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (value > Number.MAX_SAFE_INTEGER) throw new ProtocolError('anchor/ots', 'a number above 2^53 - 1')
      if (byte < 128) {
        if (byte === 0 && scale > 1) throw new ProtocolError('anchor/ots', 'a number in more bytes than it needs')
        return value
      }
    }
  }

  /** Bytes after their length. */
  counted(least: number, most: number): Uint8Array {
    const length = this.number()
    if (length < least || length > most) throw new ProtocolError('anchor/ots', `${length} bytes where ${most} may be`)
    return this.take(length)
  }
}

/** The other way round of `Reader.number`. */
export function encodeNumber(value: number): Uint8Array {
  const groups: number[] = []
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) groups.push((rest % 128) | 128)
  return Uint8Array.from([...groups, Math.floor(value / 128 ** groups.length)])
}
