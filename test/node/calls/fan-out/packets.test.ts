import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LayerChoice } from '../../../../node/calls/fan-out/layer-choice.ts'
import { SentLayer } from '../../../../node/calls/fan-out/sent-layer.ts'
import { unwrap } from '../../../../node/calls/fan-out/sequence.ts'
import { ShownTrack } from '../../../../node/calls/fan-out/shown-track.ts'
import { shortenDescriptor } from '../../../../node/calls/fan-out/vp8-descriptor.ts'
import type { Layer, MediaPacket } from '../../../../protocol/call/fan-out.ts'

const keyStart = Uint8Array.of(0x10, 0, 1, 2)
const deltaStart = Uint8Array.of(0x10, 1, 1, 2)
const packet = (layer: Layer, sequence: number, payload: Uint8Array, timestamp = 0): MediaPacket => ({
  type: 'media',
  layer,
  marker: false,
  sequence: sequence & 0xffff,
  timestamp,
  payload,
})

describe('numbers of 16 bits', () => {
  test('are told apart as long as they are near', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: -32_768, max: 32_767 }), (near, step) => {
        expect(unwrap(near, (near + step) & 0xffff)).toBe(near + step)
      }),
    )
  })
})

describe('the descriptor of a packet of VP8', () => {
  test.each([
    ['without fields', [0x10], true],
    ['with a short picture number', [0x90, 0x80, 0x11], true],
    ['with a long one', [0x90, 0x80, 0x81, 0x11], true],
    ['with every field', [0x90, 0xf0, 0x81, 0x11, 7, 9], true],
    ['within a picture', [0x80, 0x80, 0x11], false],
    ['of a later partition', [0x91, 0x80, 0x11], false],
  ])('%s becomes one byte, and says whether a key frame begins', (_, descriptor, begins) => {
    const short = shortenDescriptor(Uint8Array.from([...descriptor, 0x10, 5]))
    expect(short).toEqual({ payload: Uint8Array.of(descriptor[0]! & 0x7f, 0x10, 5), beginsKeyFrame: begins })
    expect(shortenDescriptor(Uint8Array.from([...descriptor, 0x11, 5]))?.beginsKeyFrame).toBe(false)
  })

  test('with nothing behind it is none', () => {
    for (const bytes of [[], [0x10], [0x90, 0x80, 0x81], [0x90, 0xf0, 0x81, 0x11, 7, 9]]) {
      expect(shortenDescriptor(Uint8Array.from(bytes))).toBeNull()
    }
  })
})

describe('a layer that is sent', () => {
  test('is numbered without gaps where the page has sent empty packets, and is kept for a while', () => {
    const layer = new SentLayer('small', 5)
    const take = (sequence: number, payload: Uint8Array) =>
      layer.take({ sequence, timestamp: 0, marker: false, payload }, 0)?.sequence
    expect([take(65_534, keyStart), take(65_535, new Uint8Array(0)), take(0, deltaStart)]).toEqual([
      65_534,
      undefined,
      65_535,
    ])
    expect(layer.find(65_535)?.payload).toEqual(deltaStart)
    expect(layer.find(0)).toBeNull()
    expect(layer.pageSequence(0)).toBe(1)
    for (let i = 1; i <= 512; i++) take(i, deltaStart)
    expect(layer.find(65_534)).toBeNull()
  })
})

describe('what is shown in a slot', () => {
  test('keeps the gaps of what got lost, and says whose packets they are', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), numbers, (first, steps) => {
        const track = new ShownTrack(90_000)
        const start = track.pass(packet('small', first, keyStart), 0)!.sequence
        for (const step of steps) {
          const shown = track.pass(packet('small', first + step, deltaStart), 0)!
          expect((shown.sequence - start) & 0xffff).toBe(step)
          expect(track.origin(shown.sequence)).toEqual({ layer: 'small', sequence: (first + step) & 0xffff })
        }
      }),
    )
  })

  test('goes on for hours', () => {
    const track = new ShownTrack(90_000)
    for (let i = 0; i < 200_000; i++) {
      const shown = track.pass(packet('small', i, i === 0 ? keyStart : deltaStart, i), i)
      expect(shown?.sequence).toBe((i + 1) & 0xffff)
    }
    expect([track.came, track.due]).toEqual([200_000, 200_000])
  })

  test('goes over to another layer at a key frame, without a gap in numbers or a leap in time', () => {
    const track = new ShownTrack(90_000)
    const before = track.pass(packet('large', 100, keyStart, 5_000), 0)!
    expect(track.pass(packet('small', 7_000, deltaStart, 900_000), 50)).toBeNull()
    const after = track.pass(packet('small', 7_001, keyStart, 900_000), 100)!
    expect(after.sequence).toBe(before.sequence + 1)
    expect(after.timestamp).toBe(before.timestamp + 9_000)
    expect(track.pass(packet('large', 101, deltaStart, 9_000), 120)).toBeNull()
    expect(track.origin(before.sequence)).toEqual({ layer: 'large', sequence: 100 })
    expect(track.origin(after.sequence)).toEqual({ layer: 'small', sequence: 7_001 })
    expect(track.moment('small', 900_900)).toBe(after.timestamp + 900)
    expect(track.moment('large', 900_900)).toBeNull()
  })

  test('leaves no gap before a key frame: what is missing there is not needed any more', () => {
    const track = new ShownTrack(90_000)
    const first = track.pass(packet('small', 1, keyStart), 0)!.sequence
    expect(track.pass(packet('small', 9, keyStart), 0)!.sequence).toBe(first + 1)
    expect(track.pass(packet('small', 5, deltaStart), 0)).toBeNull()
  })

  test('begins with a key frame when somebody else is given the slot, and goes on counting', () => {
    const track = new ShownTrack(90_000)
    const last = track.pass(packet('small', 1, keyStart), 0)!.sequence
    track.reset()
    expect(track.pass(packet('small', 2, deltaStart), 0)).toBeNull()
    expect(track.pass(packet('small', 40_000, keyStart), 0)!.sequence).toBe(last + 1)
  })
})

describe('which layer is asked for', () => {
  const pass = (choice: LayerChoice, seconds: number, lost: number) => {
    for (let i = 0; i < seconds; i++) choice.pass(lost)
  }

  test('is the one that fits the tile', () => {
    const choice = new LayerChoice()
    expect([choice.wish('large'), choice.wish('small'), choice.wish(null)]).toEqual(['large', 'small', null])
  })

  test('falls by one after two bad seconds, down to none, and rises after five good ones', () => {
    const choice = new LayerChoice()
    const seen = [1, 1, 1].map(() => {
      pass(choice, 2, 0.2)
      return choice.wish('large')
    })
    expect(seen).toEqual(['medium', 'small', null])
    pass(choice, 4, 0)
    expect(choice.wish('large')).toBeNull()
    pass(choice, 1, 0)
    expect(choice.wish('large')).toBe('small')
  })

  test('falls to the small one where the machine has too much to do, and no further', () => {
    const choice = new LayerChoice()
    for (let i = 0; i < 20; i++) choice.pass(0, true)
    expect(choice.wish('large')).toBe('small')
    pass(choice, 5, 0)
    expect(choice.wish('large')).toBe('medium')
  })

  test('stays where a little gets lost, and where one second was bad', () => {
    const choice = new LayerChoice()
    for (let i = 0; i < 50; i++) pass(choice, 1, i % 2 === 0 ? 0.5 : 0.05)
    expect(choice.wish('large')).toBe('large')
  })

  test('waits longer each time that it had risen too early, a minute at most', () => {
    const choice = new LayerChoice()
    const waits: number[] = []
    pass(choice, 2, 1)
    for (let round = 0; round < 6; round++) {
      let seconds = 0
      while (choice.wish('large') !== 'large') {
        choice.pass(0)
        seconds++
      }
      waits.push(seconds)
      pass(choice, 2, 1)
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60])
  })
})
