import { describe, expect, test } from 'vitest'
import { concat, fromHex, toHex } from '../../protocol/bytes.ts'
import type { EntryClass, Suite } from '../../protocol/log/entry.ts'
import { admit } from '../../protocol/room/admission.ts'
import { decodeEvent } from '../../protocol/room/event.ts'
import {
  type AdmissionPolicy,
  decodeGenesis,
  encodeGenesis,
  type HistoryPolicy,
  roomId,
} from '../../protocol/room/genesis.ts'
import { decodeLink, encodeLink } from '../../protocol/room/link.ts'
import { roomSecrets } from '../../protocol/room/room-secrets.ts'
import { requireName, requireText, tidyName } from '../../protocol/room/text.ts'
import { casesOf, codeOf, everyPrimitives, inHex } from '../support/vectors.ts'

interface GenesisFields {
  readonly owner: { readonly identity: string; readonly device: string }
  readonly suite: Suite
  readonly admission: AdmissionPolicy
  readonly history: HistoryPolicy
  readonly invite: { readonly key: string; readonly expires: number | null } | null
  readonly nonce: string
}

interface Admitted {
  readonly genesis: string
  readonly identity: readonly (readonly [string, readonly string[]])[]
  readonly device: string
  readonly generation: number
  readonly invite: string | null
  readonly signature: string | null
}

interface Link {
  readonly genesis: string
  readonly secret: string
  readonly inviteSeed: string
  readonly expires: number | null
  readonly name: string
  readonly inviter: string
  readonly hints: readonly { readonly key: string; readonly host: string; readonly port: number }[]
}

function genesisOf({ owner, invite, nonce, ...rest }: GenesisFields) {
  const parts = { identity: fromHex(owner.identity), device: fromHex(owner.device) }
  return { ...rest, owner: parts, invite: invite && { ...invite, key: fromHex(invite.key) }, nonce: fromHex(nonce) }
}

function admissionOf({ identity, device, generation, invite, signature }: Admitted) {
  return {
    identity: identity.map(([payload, signatures]) => ({
      payload: fromHex(payload),
      signatures: signatures.map(fromHex),
    })),
    device: fromHex(device),
    generation,
    invite: invite === null ? null : fromHex(invite),
    signature: signature === null ? null : fromHex(signature),
  }
}

function linkOf(link: Link) {
  const [genesis, secret, inviteSeed] = [link.genesis, link.secret, link.inviteSeed].map(fromHex)
  const hints = link.hints.map((hint) => ({ ...hint, key: fromHex(hint.key) }))
  return { ...link, genesis: genesis!, secret: secret!, inviteSeed: inviteSeed!, hints }
}

describe.each(everyPrimitives)('a room, with %s', (_, primitives) => {
  const geneses = casesOf<GenesisFields & { genesis: string }, { id: string }, { genesis: string }>('room', 'genesis')
  for (const { id, title, input, steps, expect: wanted, error } of geneses) {
    test(`${id}: ${title}`, () => {
      if (error) {
        expect(codeOf(() => decodeGenesis(fromHex(input.genesis)))).toBe(error)
      } else {
        const genesis = encodeGenesis(genesisOf(input))
        expect(toHex(genesis)).toBe(steps.genesis)
        expect(inHex(decodeGenesis(genesis))).toEqual(input)
        expect(toHex(roomId(genesis, primitives))).toBe(wanted.id)
      }
    })
  }

  for (const { id, title, input, expect: wanted } of casesOf<{ secret: string }, object>('room', 'secrets')) {
    test(`${id}: ${title}`, () => {
      expect(inHex(roomSecrets(fromHex(input.secret), primitives))).toEqual(wanted)
    })
  }

  const admissions = casesOf<Admitted, { key: string; identity: string }>('room', 'admission')
  for (const { id, title, input, expect: wanted, error } of admissions) {
    test(`${id}: ${title}`, () => {
      const run = () => admit(fromHex(input.genesis), admissionOf(input), primitives)
      if (error) {
        expect(codeOf(run)).toBe(error)
      } else {
        const { key, owner } = run()
        expect(inHex({ key, identity: owner.identity })).toEqual(wanted)
      }
    })
  }

  const links = casesOf<Link & { link?: string }, { code?: string; room?: string; secret: string }>('room', 'link')
  for (const { id, title, input, expect: wanted, error } of links) {
    test(`${id}: ${title}`, () => {
      if (error) {
        expect(codeOf(() => decodeLink(input.link!, primitives))).toBe(error)
      } else if (wanted.code) {
        expect(encodeLink(linkOf(input), primitives)).toBe(wanted.code)
        expect(inHex(decodeLink(wanted.code, primitives))).toEqual(input)
      } else {
        const { genesis, secret } = decodeLink(input.link!, primitives)
        expect(inHex({ room: roomId(genesis, primitives), secret })).toEqual(wanted)
      }
    })
  }
})

describe('what an entry says', () => {
  type Body = { readonly kind: string; readonly class: EntryClass; readonly body: string; readonly zerosAfter?: number }
  for (const { id, title, input, expect: wanted, error } of casesOf<Body, { type: string }>('room', 'events')) {
    test(`${id}: ${title}`, () => {
      const body = concat(fromHex(input.body), new Uint8Array(input.zerosAfter ?? 0))
      const run = () => decodeEvent(input.kind, input.class, body)
      if (error) expect(codeOf(run)).toBe(error)
      else expect(run().type).toBe(wanted.type)
    })
  }

  type Words = {
    readonly name?: string
    readonly text?: string
    readonly repeat?: string
    readonly times?: number
  }
  for (const { id, title, input, error } of casesOf<Words, object>('room', 'names')) {
    test(`${id}: ${title}`, () => {
      const text = input.repeat === undefined ? input.text : input.repeat.repeat(input.times!)
      expect(codeOf(() => (text === undefined ? requireName(input.name!) : requireText(text)))).toBe(error)
      if (input.name !== undefined && !error) expect(tidyName(input.name)).toBe(input.name.normalize('NFC'))
    })
  }
})
