import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { DialAddress } from '../../protocol/link/dial-hint.ts'
import {
  checkCommitment,
  checkPairingProof,
  commitToDevice,
  comparisonCode,
  type PairingSide,
  provePairing,
} from '../../protocol/pairing/comparison.ts'
import { decodePairingMessage, encodePairingMessage } from '../../protocol/pairing/message.ts'
import { decodePairingLink, encodePairingLink } from '../../protocol/pairing/pairing-link.ts'
import { casesOf, codeOf, everyPrimitives } from '../support/vectors.ts'

interface Talk {
  readonly secret: string
  readonly connection: string
  readonly identity: string
  readonly oldNonce: string
  readonly device: string
  readonly newNonce: string
  readonly label: string
}
interface Proof {
  readonly secret: string
  readonly connection: string
  readonly side: PairingSide
  readonly proof: string
}
interface Shown {
  readonly device: string
  readonly nonce: string
  readonly label: string
  readonly commitment: string
}
interface Link {
  readonly link: string
  readonly key: string
  readonly secret: string
  readonly expires: number
  readonly addresses: readonly DialAddress[]
}

const exchange = casesOf<Talk | Proof | Shown, Record<string, string>>('pairing', 'exchange')
const messages = casesOf<{ message: string }, { type: string }>('pairing', 'messages')
const links = casesOf<Link, { code: string; key: string; secret: string }>('pairing', 'link')

describe.each(everyPrimitives)('pairing, with %s', (_, primitives) => {
  for (const { id, title, input, expect: wanted, error } of exchange) {
    test(`${id}: ${title}`, () => {
      if ('proof' in input) {
        const { secret, connection, side, proof } = input
        const check = () => checkPairingProof(fromHex(secret), fromHex(connection), side, fromHex(proof), primitives)
        expect(codeOf(check)).toBe(error)
      } else if ('commitment' in input) {
        const shown = { device: fromHex(input.device), nonce: fromHex(input.nonce), label: input.label }
        expect(codeOf(() => checkCommitment(shown, fromHex(input.commitment), primitives))).toBe(error)
      } else {
        const connection = fromHex(input.connection)
        const shown = { device: fromHex(input.device), nonce: fromHex(input.newNonce), label: input.label }
        const prove = (side: PairingSide) => toHex(provePairing(fromHex(input.secret), connection, side, primitives))
        const answer = { connection, identity: fromHex(input.identity), nonce: fromHex(input.oldNonce) }
        expect({
          newProof: prove('new'),
          oldProof: prove('old'),
          commitment: toHex(commitToDevice(shown, primitives)),
          code: comparisonCode(answer, shown, primitives),
        }).toEqual(wanted)
      }
    })
  }

  for (const { id, title, input, expect: wanted, error } of links) {
    test(`${id}: ${title}`, () => {
      if (wanted?.code !== undefined) {
        const { key, secret, ...rest } = input
        expect(encodePairingLink({ key: fromHex(key), secret: fromHex(secret), ...rest }, primitives)).toBe(wanted.code)
        return
      }
      expect(codeOf(() => decodePairingLink(input.link, primitives))).toBe(error)
      if (error) return
      const { key, secret } = decodePairingLink(input.link, primitives)
      expect({ key: toHex(key), secret: toHex(secret) }).toEqual(wanted)
    })
  }
})

describe('a message of pairing', () => {
  for (const { id, title, input, expect: wanted, error } of messages) {
    test(`${id}: ${title}`, () => {
      const read = () => decodePairingMessage(fromHex(input.message))
      expect(codeOf(read)).toBe(error)
      if (error) return
      const message = read()
      expect(message.type).toBe(wanted.type)
      expect(toHex(encodePairingMessage(message))).toBe(input.message)
    })
  }
})
