import type { NoiseStream } from 'hyperdht'
import { ProtocolError } from '../../protocol/errors.ts'
import {
  decodePairingMessage,
  encodePairingMessage,
  mostPairingMessageBytes,
  type PairingMessage,
} from '../../protocol/pairing/message.ts'

type Of<T extends PairingMessage['type']> = Extract<PairingMessage, { type: T }>

/** The other end has gone. */
export class PairingCut extends Error {
  override readonly name = 'PairingCut'
}

interface Reader {
  readonly type: PairingMessage['type']
  readonly taken: (message: PairingMessage) => void
  readonly failed: (error: unknown) => void
}

/** What two devices say to each other, one message after the other. Spec: specs/pairing.md#exchange. */
export class PairingStream {
  readonly #stream: NoiseStream
  #reader: Reader | null = null
  #arrived: Uint8Array | null = null
  #error: unknown = null

  constructor(stream: NoiseStream) {
    this.#stream = stream
    stream.on('error', () => {})
    stream.on('data', (bytes: Uint8Array) => this.#receive(bytes))
    stream.on('close', () => this.#fail(new PairingCut('the other device has gone')))
  }

  /** The Noise handshake hash: of this connection alone. */
  get connection(): Uint8Array {
    return this.#stream.handshakeHash
  }

  /** Resolves once both ends have shaken hands. Throws `PairingCut`. */
  async opened(): Promise<void> {
    if (!(await this.#stream.opened.catch(() => false))) throw new PairingCut('the other device was not reached')
  }

  send(message: PairingMessage): void {
    this.#stream.write(encodePairingMessage(message))
  }

  /** The next message, which must be of this type. Throws `pairing/message` and `PairingCut`. */
  read<T extends PairingMessage['type']>(type: T): Promise<Of<T>> {
    return new Promise((taken, failed) => {
      this.#reader = { type, taken: taken as Reader['taken'], failed }
      this.#hand()
    })
  }

  /** Let what was said arrive, then go. */
  end(): void {
    this.#stream.end()
  }

  close(): void {
    this.#stream.destroy()
  }

  #receive(bytes: Uint8Array): void {
    // Nobody honest says two things at once: what is not read yet may not pile up.
    if (this.#arrived || bytes.length > mostPairingMessageBytes) {
      this.#fail(new ProtocolError('pairing/message', 'too much at once'))
      this.close()
      return
    }
    this.#arrived = bytes
    this.#hand()
  }

  #fail(error: unknown): void {
    this.#error ??= error
    this.#hand()
  }

  #hand(): void {
    const reader = this.#reader
    if (!reader) return
    if (this.#arrived) {
      const bytes = this.#arrived
      this.#arrived = null
      this.#reader = null
      try {
        const message = decodePairingMessage(bytes)
        if (message.type !== reader.type) throw new ProtocolError('pairing/message', `${message.type} out of turn`)
        reader.taken(message)
      } catch (error) {
        reader.failed(error)
      }
    } else if (this.#error) {
      this.#reader = null
      reader.failed(this.#error)
    }
  }
}
