import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { useSpeakers } from '../../web/calls/speakers.ts'

const loud = new Map<string, number>()
const scope = effectScope()
const { speaking, speaker } = (() => {
  vi.useFakeTimers()
  return scope.run(() =>
    useSpeakers(() => [...loud].map(([device, loudness]) => ({ device, peer: { loudness: () => loudness } }))),
  )!
})()

beforeEach(() => {
  loud.clear()
  for (const device of ['ben', 'cyd']) loud.set(device, 0)
  vi.advanceTimersByTime(5_000)
})
afterEach(() => vi.advanceTimersByTime(5_000))

describe('who speaks', () => {
  test('is marked, also over the pauses between words, and not for long after', () => {
    loud.set('ben', 0.4)
    vi.advanceTimersByTime(200)
    expect([...speaking.value]).toEqual(['ben'])
    loud.set('ben', 0)
    vi.advanceTimersByTime(500)
    expect([...speaking.value]).toEqual(['ben'])
    vi.advanceTimersByTime(1_000)
    expect([...speaking.value]).toEqual([])
  })

  test('takes the stage after a moment, and keeps it until somebody else speaks', () => {
    loud.set('ben', 0.4)
    vi.advanceTimersByTime(300)
    expect(speaker.value).toBeNull()
    vi.advanceTimersByTime(600)
    expect(speaker.value).toBe('ben')
    loud.set('cyd', 0.9)
    vi.advanceTimersByTime(2_000)
    expect(speaker.value).toBe('ben')
    loud.set('ben', 0)
    vi.advanceTimersByTime(2_000)
    expect(speaker.value).toBe('cyd')
  })

  test('is nobody who has left', () => {
    loud.set('cyd', 0.4)
    vi.advanceTimersByTime(3_000)
    loud.delete('cyd')
    vi.advanceTimersByTime(300)
    expect(speaker.value).not.toBe('cyd')
    expect([...speaking.value]).toEqual([])
  })
})
