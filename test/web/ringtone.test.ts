import { afterEach, expect, test, vi } from 'vitest'
import { openRingtone } from '../../web/state/ringtone.ts'

afterEach(() => vi.unstubAllGlobals())

test('a call rings on the speaker that was chosen, also when another one is chosen meanwhile', async () => {
  const heardOn: string[] = []
  const param = { setValueAtTime: () => {}, linearRampToValueAtTime: () => {}, exponentialRampToValueAtTime: () => {} }
  class FakeContext {
    state = 'running'
    sinkId = ''
    currentTime = 0
    destination = { context: this }
    async setSinkId(id: string) {
      this.sinkId = id
    }
    createGain = () => ({ gain: param, connect: () => {} })
    createOscillator = () => ({
      frequency: {},
      connect: (to: unknown) => to,
      start: () => heardOn.push(this.sinkId),
      stop: () => {},
    })
  }
  vi.stubGlobal('AudioContext', FakeContext)
  let speaker = ''
  const ringtone = openRingtone(() => speaker)
  ringtone.ringBack()
  await vi.waitFor(() => expect(heardOn).toEqual(['']))
  speaker = 'headset'
  ringtone.ring()
  await vi.waitFor(() => expect(heardOn).toEqual(['', 'headset', 'headset']))
})
