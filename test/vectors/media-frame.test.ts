import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { type FrameKind, FrameOpener, FrameSealer } from '../../protocol/call/media-frame.ts'
import { mediaKey, mediaKeyId } from '../../protocol/call/media-key.ts'
import type { FrameKey } from '../../protocol/call/sframe.ts'
import { decodeFrameHeader, deriveFrameKey, encodeFrameHeader, sealFrame } from '../../protocol/call/sframe.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { frameCrypto } from '../../web/calls/frame-crypto.ts'
import { casesOf, codeOf, everyPrimitives } from '../support/vectors.ts'

type Numbers = { readonly key: string; readonly counter: string }
type Keyed = { readonly id: string; readonly baseKey: string }
type Hexes<Name extends string> = { readonly [name in Name]: string }

const headers = casesOf<Numbers & Hexes<'header'>, Hexes<'header'>>('media-frame', 'header')
const keys = casesOf<
  Hexes<'headerSecret' | 'call' | 'device' | 'session'> & { generation: number; epoch: number },
  Keyed,
  Hexes<'frameKey' | 'salt'>
>('media-frame', 'keys')
const sealing = casesOf<Keyed & { kind: FrameKind; counter: string; frame: string }, Hexes<'sealed'>>(
  'media-frame',
  'sealing',
)
const verifying = casesOf<
  { kind: FrameKind; keys: readonly Keyed[]; sealed: readonly string[]; zerosBehind?: number },
  { frames: readonly string[] }
>('media-frame', 'verifying')
const published = casesOf<Numbers, Hexes<'encoded'>>('imported/rfc9605', 'header')
const publishedFrames = casesOf<Numbers & Hexes<'baseKey' | 'metadata' | 'plaintext'>, Hexes<'frame'>, Hexes<'salt'>>(
  'imported/rfc9605',
  'sealing',
)

const keyOf = ({ id, baseKey }: Keyed): Promise<FrameKey> => deriveFrameKey(BigInt(id), fromHex(baseKey), frameCrypto)

/** The code of the error that ends it, or undefined. */
async function refusalOf(run: Promise<unknown>): Promise<string | undefined> {
  return run.then(
    () => undefined,
    (error: unknown) => (error instanceof ProtocolError ? error.code : Promise.reject(error)),
  )
}

describe('headers of frames', () => {
  for (const { id, title, input, expect: wanted, error } of headers) {
    test(`${id}: ${title}`, () => {
      if (error) return expect(codeOf(() => decodeFrameHeader(fromHex(input.header)))).toBe(error)
      const header = { key: BigInt(input.key), counter: BigInt(input.counter) }
      expect(toHex(encodeFrameHeader(header))).toBe(wanted.header)
      expect(decodeFrameHeader(fromHex(wanted.header))).toEqual({ ...header, length: wanted.header.length / 2 })
    })
  }
})

describe.each(everyPrimitives)('keys of frames, with %s', (_, primitives) => {
  for (const { id, title, input, steps, expect: wanted } of keys) {
    test(`${id}: ${title}`, async () => {
      const [headerSecret, call, device, session] = [input.headerSecret, input.call, input.device, input.session].map(
        fromHex,
      )
      const baseKey = mediaKey(headerSecret!, { call: call!, device: device!, session: session! }, primitives)
      const key = mediaKeyId(input.generation, input.epoch)
      expect([String(key), toHex(baseKey)]).toEqual([wanted.id, wanted.baseKey])
      expect(toHex((await deriveFrameKey(key, baseKey, frameCrypto)).salt)).toBe(steps.salt)
    })
  }
})

describe('sealing frames', () => {
  for (const { id, title, input, expect: wanted, error } of sealing) {
    test(`${id}: ${title}`, async () => {
      const sealer = new FrameSealer(BigInt(input.counter))
      sealer.use(await keyOf(input))
      const sealed = sealer.seal(input.kind, fromHex(input.frame))
      if (error) expect(await refusalOf(sealed)).toBe(error)
      else expect(toHex((await sealed)!)).toBe(wanted.sealed)
    })
  }
})

describe('opening frames', () => {
  for (const { id, title, input, expect: wanted, error } of verifying) {
    test(`${id}: ${title}`, async () => {
      const opener = new FrameOpener()
      opener.use(await Promise.all(input.keys.map(keyOf)), 0)
      const frames = input.sealed.map((hex) => fromHex(hex + '00'.repeat(input.zerosBehind ?? 0)))
      const opened: string[] = []
      const opening = (async () => {
        for (const frame of frames) opened.push(toHex(await opener.open(input.kind, frame, 0)))
      })()
      if (error) return expect(await refusalOf(opening)).toBe(error)
      await opening
      expect(opened).toEqual(wanted.frames)
    })
  }
})

describe('what RFC 9605 has published', () => {
  for (const { id, title, input, expect: wanted } of published) {
    test(`${id}: ${title}`, () => {
      const header = { key: BigInt(input.key), counter: BigInt(input.counter) }
      expect(toHex(encodeFrameHeader(header))).toBe(wanted.encoded)
      expect(decodeFrameHeader(fromHex(wanted.encoded))).toEqual({ ...header, length: wanted.encoded.length / 2 })
    })
  }

  for (const { id, title, input, steps, expect: wanted } of publishedFrames) {
    test(`${id}: ${title}`, async () => {
      const key = await keyOf({ id: input.key, baseKey: input.baseKey })
      const sealed = await sealFrame(key, BigInt(input.counter), fromHex(input.metadata), fromHex(input.plaintext))
      expect([toHex(key.salt), toHex(sealed)]).toEqual([steps.salt, wanted.frame])
    })
  }
})
