import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CallCounters, judgeQuality, qualityBetween, readCounters } from '../../web/calls/quality.ts'

const fine = { roundTrip: 40, lossIn: 0, lossOut: 0, bitsIn: 500_000 }
const badness = { good: 0, weak: 1, bad: 2 }
const part = fc.double({ min: 0, max: 1, noNaN: true })
const anyMeasure = fc.record({
  roundTrip: fc.option(fc.double({ min: 0, max: 5_000, noNaN: true })),
  lossIn: fc.option(part),
  lossOut: fc.option(part),
  bitsIn: fc.integer({ min: 0, max: 10_000_000 }),
})

describe('the judgement of a call', () => {
  test.each([
    ['a call next door', fine, 'good'],
    ['a call around the world', { ...fine, roundTrip: 350 }, 'weak'],
    ['every twentieth packet lost on the way here', { ...fine, lossIn: 0.05 }, 'weak'],
    ['every twentieth packet lost on the way there', { ...fine, lossOut: 0.05 }, 'weak'],
    ['an answer after a second', { ...fine, roundTrip: 1_000 }, 'bad'],
    ['every fifth packet lost', { ...fine, lossIn: 0.2 }, 'bad'],
    ['nothing that arrives', { ...fine, bitsIn: 0 }, 'bad'],
    ['what is not known yet', { roundTrip: null, lossIn: null, lossOut: null, bitsIn: 64_000 }, 'good'],
  ] as const)('of %s', (_, measure, verdict) => {
    expect(judgeQuality(measure)).toBe(verdict)
  })

  test('is never better for a longer way, for more loss or for less that arrives', () => {
    fc.assert(
      fc.property(anyMeasure, part, part, fc.nat(5_000), (measure, moreIn, moreOut, longer) => {
        const worse = {
          roundTrip: (measure.roundTrip ?? 0) + longer,
          lossIn: Math.max(measure.lossIn ?? 0, moreIn),
          lossOut: Math.max(measure.lossOut ?? 0, moreOut),
          bitsIn: Math.floor(measure.bitsIn / 2),
        }
        expect(badness[judgeQuality(worse)]).toBeGreaterThanOrEqual(badness[judgeQuality(measure)])
      }),
    )
  })
})

const counted: CallCounters = {
  at: 1_000,
  bytesIn: 50_000,
  bytesOut: 10_000,
  packetsIn: 100,
  lostIn: 2,
  frames: 40,
  roundTrip: 40,
  lossOut: 0,
  size: { width: 640, height: 480 },
  codecs: ['VP8', 'opus'],
  path: 'nodes',
}

describe('what happened between two readings', () => {
  test('is told by the second', () => {
    const later = { ...counted, at: 3_000, bytesIn: 175_000, bytesOut: 35_000, packetsIn: 195, lostIn: 7, frames: 80 }
    expect(qualityBetween(counted, later)).toEqual({
      verdict: 'weak',
      roundTrip: 40,
      lossIn: 0.05,
      lossOut: 0,
      bitsIn: 500_000,
      bitsOut: 100_000,
      picture: { width: 640, height: 480, framesPerSecond: 20 },
      codecs: ['VP8', 'opus'],
      path: 'nodes',
    })
  })

  test('has no picture and no loss where nothing came', () => {
    const { picture, lossIn, verdict } = qualityBetween(counted, { ...counted, at: 3_000 })
    expect({ picture, lossIn, verdict }).toEqual({ picture: null, lossIn: null, verdict: 'bad' })
  })

  test('is never less than nothing, although browsers take losses back', () => {
    const counter = fc.nat(1_000_000)
    const anyCounters = fc.record({
      bytesIn: counter,
      bytesOut: counter,
      packetsIn: counter,
      lostIn: counter,
      frames: counter,
    })
    fc.assert(
      fc.property(anyCounters, anyCounters, fc.integer({ min: 1, max: 60_000 }), (before, after, ms) => {
        const quality = qualityBetween({ ...counted, ...before }, { ...counted, ...after, at: counted.at + ms })
        expect(Math.min(quality.bitsIn, quality.bitsOut, quality.lossIn ?? 0)).toBeGreaterThanOrEqual(0)
        expect(quality.lossIn ?? 0).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('the statistics of a browser', () => {
  test('are read in both directions', () => {
    const stats = [
      { type: 'inbound-rtp', kind: 'audio', bytesReceived: 100, packetsReceived: 10, packetsLost: 1, codecId: 'a' },
      {
        type: 'inbound-rtp',
        kind: 'video',
        bytesReceived: 900,
        packetsReceived: 30,
        packetsLost: 2,
        framesDecoded: 25,
        frameWidth: 640,
        frameHeight: 480,
        codecId: 'v',
      },
      { type: 'outbound-rtp', kind: 'audio', bytesSent: 70, codecId: 'a' },
      { type: 'remote-inbound-rtp', kind: 'audio', roundTripTime: 0.04, fractionLost: 0.1 },
      { type: 'remote-inbound-rtp', kind: 'video', roundTripTime: 0.05 },
      { type: 'codec', id: 'a', mimeType: 'audio/opus' },
      { type: 'codec', id: 'v', mimeType: 'video/VP8' },
      { type: 'codec', id: 'unused', mimeType: 'video/AV1' },
    ]
    expect(readCounters(stats, 7)).toEqual({
      at: 7,
      bytesIn: 1_000,
      bytesOut: 70,
      packetsIn: 40,
      lostIn: 3,
      frames: 25,
      roundTrip: 50,
      lossOut: 0.1,
      size: { width: 640, height: 480 },
      codecs: ['opus', 'VP8'],
      path: null,
    })
  })

  test.each([
    ['through the nodes where the pair in use ends at the socket of the own node', 16_777_215, 'nodes'],
    ['direct where it ends at a socket of the other browser', 2_122_260_223, 'direct'],
  ])('say that the way is %s', (_, priority, path) => {
    const pairs = [
      { type: 'candidate-pair', id: 'p', remoteCandidateId: 'r' },
      { type: 'candidate-pair', id: 'q', remoteCandidateId: 's', nominated: true },
      { type: 'remote-candidate', id: 'r', priority },
      { type: 'remote-candidate', id: 's', priority: 7 },
    ]
    const transport = { type: 'transport', id: 't', selectedCandidatePairId: 'p' }
    expect(readCounters([...pairs, transport], 0).path).toBe(path)
    const [first, ...others] = pairs
    expect(readCounters([{ ...first, selected: true }, ...others], 0).path).toBe(path)
  })

  test('may be empty', () => {
    expect(readCounters([], 0)).toMatchObject({ bytesIn: 0, roundTrip: null, lossOut: null, size: null, codecs: [] })
  })
})
