import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { CipherSuite, HkdfSha256 } from '@hpke/core'
import { DhkemX25519HkdfSha256 } from '@hpke/dhkem-x25519'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CallKey, makeCallKey, sealSignal } from '../../../node/calls/sealed-signal.ts'
import { type SealContext, sealContext } from '../../../protocol/call/signal.ts'

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
