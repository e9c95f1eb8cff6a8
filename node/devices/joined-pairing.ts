import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { equalBytes } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { foldIdentity, requireDevice } from '../../protocol/identity/identity.ts'
import { acceptDevice, type IdentityStatement, withAcceptance } from '../../protocol/identity/statement.ts'
import { checkPairingProof, commitToDevice, comparisonCode, provePairing } from '../../protocol/pairing/comparison.ts'
import type { PairingLink } from '../../protocol/pairing/pairing-link.ts'
import { decodeGenesis } from '../../protocol/room/genesis.ts'
import { PairingCut, PairingStream } from '../replication/pairing-stream.ts'
import { becomeDevice } from '../rooms/person.ts'
import { reasonOf } from './offered-pairing.ts'
import type { PairingOptions, PairingState } from './pairing.ts'

const redialMs = 1_000

/** The side that is nobody's device yet. Spec: specs/pairing.md#exchange. */
export class JoinedPairing {
  state: PairingState
  readonly #options: PairingOptions
  readonly #link: PairingLink
  readonly #label: string
  readonly #deviceSeed = randomBytes(32)
  readonly #closing = new AbortController()
  #stream: PairingStream | null = null
  readonly #running: Promise<void>

  constructor(link: PairingLink, label: string, options: PairingOptions) {
    this.#options = options
    this.#link = link
    this.#label = label
    const { expires } = link
    this.state = { side: 'new', state: 'waiting', link: null, expires, code: null, other: null, reason: null }
    this.#running = this.#run()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#stream?.close()
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      const stream = await this.#dial()
      if (stream) await this.#join(stream)
      else this.#become({ state: 'failed', reason: 'expired' })
    } catch (error) {
      this.#options.log.warn({ err: error }, 'this device was not taken in')
      this.#become({ state: 'failed', reason: reasonOf(error) })
    } finally {
      if (this.state.state !== 'done') this.#stream?.close()
    }
  }

  /** The other device may be looked for in vain for a while. Answers null when it is too late. */
  async #dial(): Promise<PairingStream | null> {
    const { swarm, now } = this.#options
    const { key, addresses, expires } = this.#link
    const { signal } = this.#closing
    while (now() < expires) {
      signal.throwIfAborted()
      const stream = new PairingStream(swarm.connect(key, addresses))
      this.#stream = stream
      try {
        await stream.opened()
        return stream
      } catch (error) {
        if (!(error instanceof PairingCut)) throw error
        await sleep(redialMs, null, { signal, ref: false })
      }
    }
    return null
  }

  async #join(stream: PairingStream): Promise<void> {
    const { primitives, vault, onJoined } = this.#options
    const { connection } = stream
    const { secret } = this.#link
    const shown = { device: primitives.publicKey(this.#deviceSeed), nonce: randomBytes(32), label: this.#label }
    const commitment = commitToDevice(shown, primitives)
    stream.send({ type: 'hello', proof: provePairing(secret, connection, 'new', primitives), commitment })
    const { proof, nonce, identity, name } = await stream.read('answer')
    checkPairingProof(secret, connection, 'old', proof, primitives)
    stream.send({ type: 'reveal', ...shown })
    const code = comparisonCode({ connection, identity, nonce }, shown, primitives)
    this.#become({ state: 'comparing', code, other: name })
    const { statements: offered } = await stream.read('offer')
    this.#become({ state: 'adding' })
    const { statements, signature } = this.#accept(offered, identity)
    stream.send({ type: 'accept', signature })
    const { ownRoom } = await stream.read('welcome')
    if (!equalBytes(decodeGenesis(ownRoom.genesis).owner.identity, identity)) {
      throw new ProtocolError('pairing/message', 'the room of somebody else')
    }
    await becomeDevice(vault, { statements, deviceSeed: this.#deviceSeed, ownRoom, label: this.#label, name })
    await onJoined()
    this.#become({ state: 'done' })
    stream.end()
  }

  /** Sign that the last of these adds this device, if they make it one of whom the codes were about. */
  #accept(offered: readonly IdentityStatement[], identity: Uint8Array) {
    const { primitives } = this.#options
    const added = offered.at(-1)
    if (!added) throw new ProtocolError('pairing/message', 'no statement')
    const signature = acceptDevice(added, this.#deviceSeed, primitives)
    const statements = [...offered.slice(0, -1), withAcceptance(added, signature)]
    const folded = foldIdentity(statements, primitives)
    if (!equalBytes(folded.id, identity)) throw new ProtocolError('pairing/message', 'statements of somebody else')
    requireDevice(folded, primitives.publicKey(this.#deviceSeed))
    return { statements, signature }
  }

  #become(change: Partial<PairingState>): void {
    this.state = { ...this.state, ...change }
    this.#options.onChange()
  }
}
