import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { expand, extract } from '../../protocol/crypto/kdf.ts'
import { casesOf, everyPrimitives } from '../support/vectors.ts'

type Hexes<Name extends string> = { readonly [name in Name]: string }

const hashes = casesOf<Hexes<'data' | 'key' | 'secret' | 'info'>, Record<string, string>>('primitives', 'primitives')
const signatures = casesOf<
  Hexes<'seed' | 'message' | 'signature' | 'key'>,
  { readonly key: string; readonly signature: string; readonly valid?: boolean }
>('primitives', 'signatures')
const keys = casesOf<Hexes<'key'>, { readonly valid: boolean }>('primitives', 'keys')
const sealing = casesOf<
  Hexes<'key' | 'plaintext' | 'ciphertext' | 'associated'>,
  { readonly ciphertext?: string; readonly plaintext?: null }
>('primitives', 'sealing')

describe.each(everyPrimitives)('the primitives of %s', (_, primitives) => {
  for (const { id, title, input, expect: wanted } of hashes) {
    test(`${id}: ${title}`, () => {
      const answers: Record<string, () => Uint8Array> = {
        sha256: () => primitives.sha256(fromHex(input.data)),
        blake2b256: () => primitives.blake2b256(fromHex(input.data)),
        hmacSha256: () => primitives.hmacSha256(fromHex(input.key), fromHex(input.data)),
        expanded: () => expand(extract(fromHex(input.secret), primitives), fromHex(input.info), primitives),
      }
      for (const [name, bytes] of Object.entries(wanted)) expect(toHex(answers[name]!())).toBe(bytes)
    })
  }

  for (const { id, title, input, expect: wanted } of signatures) {
    test(`${id}: ${title}`, () => {
      if (wanted.valid === undefined) {
        expect(toHex(primitives.publicKey(fromHex(input.seed)))).toBe(wanted.key)
        expect(toHex(primitives.sign(fromHex(input.message), fromHex(input.seed)))).toBe(wanted.signature)
      } else {
        const [signature, message, key] = [input.signature, input.message, input.key].map(fromHex)
        expect(primitives.verify(signature!, message!, key!)).toBe(wanted.valid)
      }
    })
  }

  for (const { id, title, input, expect: wanted } of keys) {
    test(`${id}: ${title}`, () => {
      expect(primitives.isValidKey(fromHex(input.key))).toBe(wanted.valid)
    })
  }

  for (const { id, title, input, expect: wanted } of sealing) {
    test(`${id}: ${title}`, () => {
      const [key, associated] = [fromHex(input.key), fromHex(input.associated)]
      if (wanted.ciphertext === undefined) {
        expect(primitives.open(key, fromHex(input.ciphertext), associated)).toBeNull()
      } else {
        const sealed = primitives.seal(key, fromHex(input.plaintext), associated)
        expect(toHex(sealed)).toBe(wanted.ciphertext)
        expect(toHex(primitives.open(key, sealed, associated)!)).toBe(input.plaintext)
      }
    })
  }
})
