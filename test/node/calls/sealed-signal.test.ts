import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { CipherSuite, HkdfSha256 } from '@hpke/core'
import { DhkemX25519HkdfSha256 } from '@hpke/dhkem-x25519'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CallKey, makeCallKey, sealSignal } from '../../../node/calls/sealed-signal.ts'
import { hpkeSuite } from '../../../node/hpke.ts'
import { fromHex, toHex } from '../../../protocol/bytes.ts'
import { type SealContext, sealContext } from '../../../protocol/call/signal.ts'
import { casesOf } from '../../support/vectors.ts'

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte)
const plaintext = new TextEncoder().encode('what the other side is told')
const context: SealContext = {
  type: 'offer',
  room: filled(32, 1),
  call: filled(16, 2),
  from: filled(32, 3),
  to: filled(32, 4),
  answers: filled(16, 5),
}
const isSealed = expect.objectContaining({ code: 'call/sealed' })
let key: CallKey

beforeAll(async () => {
  key = await makeCallKey()
})

describe('a sealed signal', () => {
  test('opens with the key of this start, and with no other', async () => {
    const sealed = await sealSignal(plaintext, key.publicKey, context)
    expect(await key.open(sealed, context)).toEqual(plaintext)
    await expect((await makeCallKey()).open(sealed, context)).rejects.toThrow(isSealed)
  })

  test('opens in its place only', async () => {
    const sealed = await sealSignal(plaintext, key.publicKey, context)
    await expect(key.open(sealed, { ...context, type: 'answer' })).rejects.toThrow(isSealed)
    for (const field of ['room', 'call', 'from', 'to', 'answers'] as const) {
      await expect(key.open(sealed, { ...context, [field]: filled(context[field].length, 9) })).rejects.toThrow(
        isSealed,
      )
    }
  })

  test('does not open when a byte was changed or lost', async () => {
    const sealed = await sealSignal(plaintext, key.publicKey, context)
    for (let i = 0; i < sealed.length; i += 7) {
      await expect(
        key.open(
          sealed.map((byte, at) => (at === i ? byte ^ 1 : byte)),
          context,
        ),
      ).rejects.toThrow(isSealed)
      await expect(key.open(sealed.subarray(0, i), context)).rejects.toThrow(isSealed)
    }
  })

  test('is never made with a key that leads everybody to one secret', async () => {
    await expect(sealSignal(plaintext, filled(32, 0), context)).rejects.toThrow(isSealed)
    await expect(sealSignal(plaintext, filled(31, 1), context)).rejects.toThrow(isSealed)
    await expect(key.open(filled(100, 0), context)).rejects.toThrow(isSealed)
  })

  test('is what another implementation of RFC 9180 makes', async () => {
    const suite = new CipherSuite({
      kem: new DhkemX25519HkdfSha256(),
      kdf: new HkdfSha256(),
      aead: new Chacha20Poly1305(),
    })
    const { info, aad } = sealContext(context)
    const recipientPublicKey = await suite.kem.deserializePublicKey(new Uint8Array(key.publicKey).buffer)
    const { enc, ct } = await suite.seal(
      { recipientPublicKey, info: new Uint8Array(info).buffer },
      new Uint8Array(plaintext).buffer,
      new Uint8Array(aad).buffer,
    )
    expect(await key.open(new Uint8Array([...new Uint8Array(enc), ...new Uint8Array(ct)]), context)).toEqual(plaintext)
  })
})

type Published = Readonly<
  Record<'recipientSecret' | 'recipientKey' | 'ephemeralSecret' | 'info' | 'associated' | 'plaintext', string>
>
const published = casesOf<Published, { encapsulated: string; ciphertext: string }>('imported/rfc9180', 'sealing')

describe('the suite that seals signals', () => {
  const { kem } = hpkeSuite
  const bytes = (hex: string) => new Uint8Array(fromHex(hex)).buffer
  const inHex = (buffer: ArrayBuffer) => toHex(new Uint8Array(buffer))

  test.each(published)('is that of RFC 9180, $id: $title', async ({ input, expect: wanted }) => {
    const [info, associated, plaintext] = [input.info, input.associated, input.plaintext].map(bytes)
    const ephemeral = {
      privateKey: await kem.importKey('raw', bytes(input.ephemeralSecret), false),
      publicKey: await kem.importKey('raw', bytes(wanted.encapsulated), true),
    }
    const recipientPublicKey = await kem.deserializePublicKey(bytes(input.recipientKey))
    const { enc, ct } = await hpkeSuite.seal(
      { recipientPublicKey, info: info!, ekm: ephemeral },
      plaintext!,
      associated!,
    )
    expect([inHex(enc), inHex(ct)]).toEqual([wanted.encapsulated, wanted.ciphertext])

    const recipientKey = await kem.importKey('raw', bytes(input.recipientSecret), false)
    const opened = await hpkeSuite.open({ recipientKey, enc, info: info! }, ct, associated!)
    expect(inHex(opened)).toBe(input.plaintext)
  })
})
