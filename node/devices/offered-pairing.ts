import { randomBytes } from 'node:crypto'
import { ProtocolError } from '../../protocol/errors.ts'
import { latestStatements } from '../../protocol/identity/identity.ts'
import { type IdentityStatement, signStatement, withAcceptance } from '../../protocol/identity/statement.ts'
import {
  checkCommitment,
  checkPairingProof,
  comparisonCode,
  type NewDevice,
  provePairing,
} from '../../protocol/pairing/comparison.ts'
import { encodePairingLink } from '../../protocol/pairing/pairing-link.ts'
import { Problem } from '../api/problems.ts'
import { PairingCut, PairingStream } from '../replication/pairing-stream.ts'
import type { Listener } from '../replication/swarm.ts'
import { addDevice } from '../rooms/person.ts'
import type { PairingOptions, PairingState } from './pairing.ts'

const linkLifeMs = 10 * 60_000
const strangerMs = 30_000
const linkStart = 'http://localhost:7717/#/pair/'

/** The side that is somebody's device already. One new device is listened to at a time. Spec: specs/pairing.md#exchange. */
export class OfferedPairing {
  state: PairingState
  readonly offer: { readonly link: string; readonly expires: number }
  readonly #options: PairingOptions
  readonly #secret: Uint8Array
  readonly #expiry: NodeJS.Timeout
  #listener: Listener | null = null
  #stream: PairingStream | null = null
  #confirmed: () => void = () => {}
  /** Not shown here: a person who has to type it has looked at the other device. */
  #code: string | null = null

  private constructor(link: string, expires: number, secret: Uint8Array, options: PairingOptions) {
    this.#options = options
    this.#secret = secret
    this.offer = { link, expires }
    this.state = { side: 'old', state: 'waiting', link, expires, code: null, other: null, reason: null }
    this.#expiry = setTimeout(() => void this.#expire(), expires - options.now()).unref()
  }

  /** Listen under a key that is made for this link alone. */
  static async open(options: PairingOptions): Promise<OfferedPairing> {
    const { swarm, primitives, now } = options
    const secret = randomBytes(32)
    let offered: OfferedPairing | null = null
    const listener = await swarm.listen(randomBytes(32), (connection) => {
      const stream = new PairingStream(connection)
      if (offered) void offered.#meet(stream)
      else stream.close()
    })
    const expires = now() + linkLifeMs
    const link = { key: listener.key, secret, expires, addresses: swarm.addresses() }
    offered = new OfferedPairing(linkStart + encodePairingLink(link, primitives), expires, secret, options)
    offered.#listener = listener
    return offered
  }

  /** What the new device shows. Throws the problems `no-pairing` and `pairing-code-wrong`. */
  confirm(code: string): void {
    if (this.state.state !== 'comparing') throw new Problem('no-pairing')
    if (code !== this.#code) throw new Problem('pairing-code-wrong')
    this.#confirmed()
  }

  async close(): Promise<void> {
    clearTimeout(this.#expiry)
    this.#stream?.close()
    await this.#listener?.close()
    this.#listener = null
  }

  async #meet(stream: PairingStream): Promise<void> {
    if (this.#stream) return stream.close()
    this.#stream = stream
    // Who has no link, or says nothing, must not keep out the one who is awaited.
    const patience = setTimeout(() => stream.close(), strangerMs).unref()
    try {
      const { shown, code } = await this.#compare(stream)
      clearTimeout(patience)
      this.#code = code
      this.#become({ state: 'comparing', other: shown.label })
      await this.#takeIn(stream, shown)
      this.#become({ state: 'done' })
      stream.end()
      await this.#listener?.close()
      this.#options.onAdded()
    } catch (error) {
      clearTimeout(patience)
      stream.close()
      this.#options.log.warn({ err: error }, 'another device was not taken in')
      if (this.#code !== null) this.#become({ state: 'failed', reason: reasonOf(error) })
      this.#stream = null
    }
  }

  async #compare(stream: PairingStream): Promise<{ readonly shown: NewDevice; readonly code: string }> {
    const { person, vault, primitives } = this.#options
    await stream.opened()
    const { connection } = stream
    const { proof, commitment } = await stream.read('hello')
    checkPairingProof(this.#secret, connection, 'new', proof, primitives)
    const { identity } = person
    const nonce = randomBytes(32)
    const own = provePairing(this.#secret, connection, 'old', primitives)
    stream.send({ type: 'answer', proof: own, nonce, identity, name: vault.content.name! })
    const { type: _, ...shown } = await stream.read('reveal')
    checkCommitment(shown, commitment, primitives)
    return { shown, code: comparisonCode({ connection, identity, nonce }, shown, primitives) }
  }

  /** Once somebody has said that the codes are the same. */
  async #takeIn(stream: PairingStream, { device }: NewDevice): Promise<void> {
    const { vault, person, primitives } = this.#options
    const accepting = stream.read('accept')
    const outOfTurn = accepting.then(() => {
      throw new ProtocolError('pairing/message', 'accept out of turn')
    })
    outOfTurn.catch(() => {})
    await Promise.race([new Promise<void>((confirmed) => (this.#confirmed = confirmed)), outOfTurn])
    this.#become({ state: 'adding' })
    const added = this.#addition(device)
    stream.send({ type: 'offer', statements: [...person.statements, added] })
    const { signature } = await accepting
    await addDevice(vault, withAcceptance(added, signature), device, primitives)
    const { genesis, secret, inviteSeed } = vault.content.ownRoom
    const hex = (text: string) => Buffer.from(text, 'hex')
    stream.send({
      type: 'welcome',
      ownRoom: { genesis: hex(genesis), secret: hex(secret), inviteSeed: hex(inviteSeed!) },
    })
  }

  #addition(device: Uint8Array): IdentityStatement {
    const { person, primitives } = this.#options
    const follows = latestStatements(person.statements, primitives)
    const statement = { type: 'device-added', follows, by: person.device, device } as const
    return signStatement(person.identity, statement, { by: person.deviceSeed }, primitives)
  }

  async #expire(): Promise<void> {
    if (this.state.state !== 'waiting') return
    this.#become({ state: 'failed', reason: 'expired' })
    await this.close()
  }

  #become(change: Partial<PairingState>): void {
    this.state = { ...this.state, ...change }
    this.#options.onChange()
  }
}

/** Why an attempt has failed that had come as far as the comparison. */
export function reasonOf(error: unknown): NonNullable<PairingState['reason']> {
  return error instanceof PairingCut ? 'cut' : 'refused'
}
