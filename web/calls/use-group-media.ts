import { onScopeDispose, ref, watch } from 'vue'
import type { OwnGroupCall } from '../../node/api/calls.ts'
import { BridgeProblem } from '../bridge/bridge-problem.ts'
import { t } from '../locales/t.ts'
import type { UseGroupMedia } from '../state/group-media.ts'
import { askBeforeLeaving } from './ask-before-leaving.ts'
import { useDeviceCheck } from './device-check.ts'
import { makeGroupConnections } from './group-connections.ts'
import { type Captured, useOwnMedia } from './own-media.ts'
import type { EncodingLimit } from './peer.ts'
import { useSpeakers } from './speakers.ts'

/** The group call that this page takes part in. Another page of the same node may be in one while this has none. */
interface Attending {
  id: string | null
  readonly capture: Captured
  /** Whether the node has shown it. */
  shown: boolean
}

/** Each connection has an encoder of its own: with three or more people they share what one may take. */
const limits = {
  camera: { height: 360, bitsPerSecond: 500_000 },
  screen: { height: 720, bitsPerSecond: 800_000 },
} as const satisfies Record<string, EncodingLimit>
const mostAgain = 30

/** Camera, microphone and connections of the one group call; `view` follows the node. */
export const useGroupMedia: UseGroupMedia = (bridge, view, devices) => {
  const call = ref<string | null>(null)
  const isOpen = ref(false)
  const trouble = ref<string | null>(null)
  let attending: Attending | null = null
  /** The node has been away since it last told of its call. */
  let nodeAway = false

  const links = makeGroupConnections({
    bridge,
    async onOpen() {
      await attending?.capture.open
      await own.send()
      limitEncodings()
    },
  })
  const own = useOwnMedia({
    devices,
    peer: () => (attending ? links : null),
    onNotice: (sentence) => {
      if (attending) trouble.value = sentence
    },
  })
  const { speaking, speaker } = useSpeakers(links.peers)

  onScopeDispose(
    bridge.watchState((now) => {
      if (now !== 'open') nodeAway = true
    }),
  )
  watch(view, ({ call: shown }) => follow(shown))
  watch([links.shown, own.screen], limitEncodings)
  onScopeDispose(() => void leave())

  const isCurrent = (one: Attending): boolean => attending === one

  function follow(shown: OwnGroupCall | null): void {
    const current = attending
    if (!current || current.id === null) return
    const wasAway = nodeAway
    nodeAway = false
    if (shown?.id === current.id) {
      current.shown = true
      if (shown.state === 'ended') finish(t(`group.ended.${shown.reason ?? 'failed'}`))
      else links.follow(shown)
    } else if (shown === null && wasAway) void comeAgain(current, current.id)
    else if (current.shown) finish()
  }

  /** The node was started anew, and with it we have left: nobody else has to come for us to be back. */
  async function comeAgain(current: Attending, id: string): Promise<void> {
    links.close()
    for (let attempt = 0; attempt < mostAgain && isCurrent(current); attempt++) {
      try {
        await bridge.send({ type: 'join-call', call: id })
        return
      } catch (error) {
        // The others may not have been found yet.
        const isEarly = error instanceof BridgeProblem && ['no-such-call', 'unreachable'].includes(error.code)
        if (!isEarly && isCurrent(current)) return finish(sentenceOf(error))
        await new Promise((resolve) => setTimeout(resolve, 1_000))
      }
    }
    if (isCurrent(current)) finish(t('group.ended.over'))
  }

  async function attend(ask: () => Promise<string>): Promise<void> {
    if (attending) return
    trouble.value = null
    const current: Attending = {
      id: null,
      shown: false,
      capture: own.capture((captured) => attending?.capture === captured),
    }
    attending = current
    isOpen.value = true
    own.switches.reset()
    addEventListener('beforeunload', askBeforeLeaving)
    addEventListener('pagehide', leaveInPassing)
    try {
      await current.capture.sure
      const id = await ask()
      if (!isCurrent(current)) return void bridge.send({ type: 'leave-call', call: id }).catch(() => undefined)
      current.id = id
      call.value = id
      follow(view.value.call)
    } catch (error) {
      if (isCurrent(current)) finish(sentenceOf(error))
    }
  }

  function limitEncodings(): void {
    const limit = links.shown.value.length < 2 ? null : own.screen.value ? limits.screen : limits.camera
    for (const { peer } of links.peers()) peer.limit(limit).catch(() => undefined)
  }

  function finish(sentence: string | null = null): void {
    attending = null
    links.close()
    own.close()
    call.value = null
    isOpen.value = false
    trouble.value = sentence
    removeEventListener('beforeunload', askBeforeLeaving)
    removeEventListener('pagehide', leaveInPassing)
  }

  async function leave(): Promise<void> {
    const id = attending?.id
    finish()
    if (id) await bridge.send({ type: 'leave-call', call: id }).catch(() => undefined)
  }

  /** The page goes: whoever is alone in a call would stay in it otherwise, for nobody would miss what they send. */
  function leaveInPassing(): void {
    if (attending?.id) bridge.send({ type: 'leave-call', call: attending.id }).catch(() => undefined)
  }

  return {
    devices,
    check: useDeviceCheck(devices, own.stream),
    local: own.stream,
    screen: own.screen,
    muted: own.switches.muted,
    cameraOff: own.switches.cameraOff,
    toggleMute: own.switches.toggleMute,
    toggleCamera: own.switches.toggleCamera,
    toggleScreen: own.toggleScreen,
    call,
    isOpen,
    links: links.shown,
    speaking,
    speaker,
    trouble,
    start: (room) => attend(async () => (await bridge.send({ type: 'start-group-call', room })).call),
    async join(id) {
      await attend(async () => {
        await bridge.send({ type: 'join-call', call: id })
        return id
      })
    },
    leave,
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
