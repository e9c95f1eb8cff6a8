import { describe, expect, test } from 'vitest'
import { type EffectScope, effectScope } from 'vue'
import { type CallDevices, useCallDevices } from '../../web/state/call-devices.ts'

const [headset, builtIn, camera] = [
  ['audioinput', 'headset'],
  ['audioinput', 'built-in'],
  ['videoinput', 'camera'],
].map(([kind, deviceId]) => ({ kind, deviceId, label: `The ${deviceId}`, groupId: '' }) as MediaDeviceInfo)

/** A browser with these devices; `plug` changes which there are. */
function makeBrowser(...first: (MediaDeviceInfo | undefined)[]) {
  let there = first
  const mediaDevices = Object.assign(new EventTarget(), { enumerateDevices: async () => there }) as MediaDevices
  return {
    mediaDevices,
    async plug(...devices: (MediaDeviceInfo | undefined)[]) {
      there = devices
      mediaDevices.dispatchEvent(new Event('devicechange'))
      await new Promise((resolve) => setTimeout(resolve))
    },
  }
}

function open(mediaDevices: MediaDevices): CallDevices & { scope: EffectScope } {
  const scope = effectScope()
  return { ...scope.run(() => useCallDevices({ mediaDevices, storage: localStorage }))!, scope }
}

describe('the devices of a call', () => {
  test('are the system’s own until one is chosen', async () => {
    const devices = open(makeBrowser(headset, builtIn, camera).mediaDevices)
    await devices.refresh()
    expect(devices.listed.value.microphone).toEqual([
      { id: 'headset', label: 'The headset' },
      { id: 'built-in', label: 'The built-in' },
    ])
    expect(devices.used.value).toEqual({ microphone: '', camera: '', speaker: '' })
  })

  test('are remembered, each kind for itself', async () => {
    const { mediaDevices } = makeBrowser(headset, builtIn, camera)
    open(mediaDevices).choose('microphone', 'built-in')
    const later = open(mediaDevices)
    await later.refresh()
    expect(later.used.value).toEqual({ microphone: 'built-in', camera: '', speaker: '' })
    later.choose('microphone', '')
    const last = open(mediaDevices)
    await last.refresh()
    expect(last.used.value.microphone).toBe('')
  })

  test('fall back to the system’s own when the chosen one is pulled out, say so, and return to it', async () => {
    const { mediaDevices, plug } = makeBrowser(headset, builtIn)
    const devices = open(mediaDevices)
    await devices.refresh()
    devices.choose('microphone', 'headset')
    expect(devices.used.value.microphone).toBe('headset')
    await plug(builtIn)
    expect(devices.used.value.microphone).toBe('')
    expect(devices.lost.value).toEqual({ kind: 'microphone', id: 'headset', label: 'The headset' })
    await plug(headset, builtIn)
    expect(devices.used.value.microphone).toBe('headset')
    devices.choose('microphone', '')
  })

  test('that were not in use come and go without a word', async () => {
    const { mediaDevices, plug } = makeBrowser(headset, builtIn)
    const devices = open(mediaDevices)
    await devices.refresh()
    await plug(builtIn, camera)
    expect(devices.lost.value).toBeNull()
    expect(devices.listed.value.camera).toEqual([{ id: 'camera', label: 'The camera' }])
  })

  test('leave out what only stands for another entry, and what has no name yet', async () => {
    const nameless = { kind: 'audioinput', deviceId: '', label: '' } as MediaDeviceInfo
    const standIn = { kind: 'audioinput', deviceId: 'default', label: 'Default' } as MediaDeviceInfo
    const devices = open(makeBrowser(nameless, standIn).mediaDevices)
    await devices.refresh()
    expect(devices.listed.value.microphone).toEqual([])
  })

  test('are followed no longer than the page needs them', async () => {
    const { mediaDevices, plug } = makeBrowser(headset)
    const { scope, listed, refresh } = open(mediaDevices)
    await refresh()
    scope.stop()
    await plug()
    expect(listed.value.microphone).toHaveLength(1)
  })
})
