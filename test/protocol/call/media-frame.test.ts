import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameWindow } from '../../../protocol/call/frame-window.ts'
import { type FrameKind, FrameOpener, FrameSealer, oldKeyTime } from '../../../protocol/call/media-frame.ts'
import { deriveFrameKey } from '../../../protocol/call/sframe.ts'
import { frameCrypto } from '../../../web/calls/frame-crypto.ts'

const keyOf = (id: number) => deriveFrameKey(BigInt(id), new Uint8Array(32).fill(id), frameCrypto)
const voice = new Uint8Array([1, 2, 3])
const kinds: readonly FrameKind[] = ['audio', 'video']

describe('counters of one key', () => {
  test('are taken once each, unless they are 1024 behind the newest', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000), { maxLength: 200 }), (counters) => {
        const window = new FrameWindow()
        const taken = new Set<number>()
        for (const counter of counters) {
          const fits = !taken.has(counter) && counter > Math.max(-1, ...taken) - 1024
          expect(window.take(BigInt(counter))).toBe(fits)
          if (fits) taken.add(counter)
        }
      }),
    )
  })
})

describe('what one page seals', () => {
  test('opens in another as it was', async () => {
    const anyPicture = fc.uint8Array({ minLength: 10, maxLength: 2_000 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...kinds), anyPicture, async (kind, frame) => {
        const [sealer, opener, key] = [new FrameSealer(), new FrameOpener(), await keyOf(1)]
        sealer.use(key)
        opener.use([key], 0)
        expect(await opener.open(kind, (await sealer.seal(kind, frame))!, 0)).toEqual(frame)
      }),
      { numRuns: 50 },
    )
  })

  test('is nothing before there is a key', async () => {
    expect(await new FrameSealer().seal('audio', voice)).toBeNull()
  })
})

describe('a newer key', () => {
  test('leaves three seconds to the one before, which then does not come back', async () => {
    const [before, after] = [await keyOf(1), await keyOf(2)]
    const [old, young, opener] = [new FrameSealer(), new FrameSealer(), new FrameOpener()]
    old.use(before)
    young.use(after)
    const open = async (sealer: FrameSealer, now: number) =>
      opener.open('audio', (await sealer.seal('audio', voice))!, now)

    opener.use([before], 0)
    expect(await open(old, 0)).toEqual(voice)
    opener.use([before, after], 1_000)
    expect(await open(young, 1_000)).toEqual(voice)
    expect(await open(old, 1_000 + oldKeyTime - 1)).toEqual(voice)
    await expect(open(old, 1_000 + oldKeyTime)).rejects.toMatchObject({ code: 'media-frame/key' })
    opener.use([before, after], 10_000)
    await expect(open(old, 10_000)).rejects.toMatchObject({ code: 'media-frame/key' })
    expect(await open(young, 10_000)).toEqual(voice)
  })
})
