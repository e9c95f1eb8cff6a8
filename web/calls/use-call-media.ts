import { computed, onScopeDispose, ref, type ShallowRef, shallowRef, watch } from 'vue'
import type { CallEndReason, Command } from '../../node/api/commands.ts'
import type { CallView } from '../../node/api/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { BridgeProblem } from '../bridge/bridge-problem.ts'
import { useCallDevices } from '../state/call-devices.ts'
import type { CallMedia, CallMediaState } from '../state/call-media.ts'
import { askBeforeLeaving } from './ask-before-leaving.ts'
import { emojiOf, type ProvenCall } from './call-emoji.ts'
import { useDeviceCheck } from './device-check.ts'
import { useDirectPath } from './direct-path.ts'
import { type Captured, useOwnMedia } from './own-media.ts'
import { openPeer, type Peer } from './peer.ts'
import { makeReceivedOffer } from './received-offer.ts'
import { useQuality } from './use-quality.ts'
import { useWholePictures } from './whole-pictures.ts'

type LiveView = NonNullable<CallView['call']>

type Described = LiveView & { readonly remote: NonNullable<LiveView['remote']> }

const isDescribed = (view: LiveView): view is Described => view.remote !== null

/** The call that this page takes part in. Another page of the same node may be in one while this has none. */
interface Attempt {
  id: string | null
  /** Whom we call; null if we are the one who is called. */
  readonly to: string | null
  /** The node would not start our call, because theirs rings already. */
  refused: boolean
  /** Whether the node has shown it. */
  shown: boolean
  peer: Peer | null
  /** Camera and microphone, from the click on. */
  readonly capture: Captured
  /** The call with the other side's description and the fingerprint that it signed, once they are here. */
  described: Described | null
  /** What the other side is told if it is over before the node has said which call it is. */
  end: CallEndReason
}

/** Camera, microphone and connection of the one call; `call` follows the node, which rings and ends it. */
export function useCallMedia(bridge: Pick<Bridge, 'send'>, call: ShallowRef<CallView>): CallMedia {
  const devices = useCallDevices()
  const remote = shallowRef<MediaStream | null>(null)
  const state = ref<CallMediaState>('idle')
  const trouble = ref<string | null>(null)
  const proven = shallowRef<ProvenCall | null>(null)
  const own = useOwnMedia({
    devices,
    peer: () => attempt?.peer ?? null,
    onNotice: (sentence) => {
      if (attempt) trouble.value = sentence
    },
  })
  const received = makeReceivedOffer()
  /** The browser has lost the way to the other side, and still looks for it. */
  const interrupted = ref(false)
  let attempt: Attempt | null = null

  watch(call, ({ call: view }) => follow(view), { immediate: true })
  onScopeDispose(() => {
    received.forget()
    void hangUp()
  })

  function follow(view: LiveView | null): void {
    if (attempt) followAttempt(attempt, view)
    if (!attempt) followRinging(view)
  }

  function followRinging(view: LiveView | null): void {
    const rings = view?.direction === 'incoming' && view.state === 'ringing'
    if (!rings || view.id !== received.id) received.forget()
    if (!rings) {
      if (state.value === 'ringing') state.value = view?.state === 'ended' ? 'ended' : 'idle'
      return
    }
    if (state.value !== 'ringing') trouble.value = null
    state.value = 'ringing'
    if (view.remote) void received.read(view.id, view.remote.sdp)
  }

  function followAttempt(current: Attempt, view: LiveView | null): void {
    // The view of a call may come before the answer to our command, and that of the call before it after.
    if (current.id === null && view?.direction === 'outgoing' && view.state !== 'ended') current.id = view.id
    const crossed = view?.direction === 'incoming' && view.peer === current.to
    const offered = state.value === 'ringing'
    if (crossed && offered && view.state === (current.refused ? 'ringing' : 'connecting')) yieldTo(current, view)
    else if (view && view.id === current.id) {
      current.shown = true
      if (view.state === 'ended') finish()
      else if (isDescribed(view) && current.described === null) {
        current.described = view
        state.value = 'connecting'
        current.peer
          ?.receiveAnswer(view.remote.sdp)
          .catch(() => fail('The answer of the other side could not be used.'))
      }
    } else if (view === null && current.described) void resume(current, current.described)
    else if (view === null && current.shown && !current.refused)
      fail('Your node was started anew before the call could begin.')
    else if (current.shown || current.refused) finish()
  }

  /** The node knows of no call: it was started anew. The connection of this page needs it only to pass packets on. */
  async function resume(current: Attempt, { id, room, device, remote }: Described): Promise<void> {
    if (!current.peer || !device) return
    const own = current.peer.description()
    try {
      await bridge.send({ type: 'resume-call', call: id, room, device, own, remote: remote.sdp })
    } catch (error) {
      // Stopped once more: it is asked again when it is back.
      const isAway = error instanceof BridgeProblem && error.code === 'unreachable'
      if (isCurrent(current) && !isAway) giveUp(error)
    }
  }

  /** Both have called each other, and the other side's call stands: this page answers it without asking again. */
  function yieldTo({ peer, capture }: Attempt, view: LiveView): void {
    // The node is still opening the socket for its media, and will show the call again.
    if (!isDescribed(view)) return
    peer?.close()
    const current = called(view, capture)
    attempt = current
    void answerAs(current, received.read(view.id, view.remote.sdp))
  }

  function begin(current: Attempt): Attempt {
    attempt = current
    state.value = 'asking'
    trouble.value = null
    own.switches.reset()
    addEventListener('beforeunload', askBeforeLeaving)
    return current
  }

  const isTalking = (): boolean => state.value === 'connected' || state.value === 'secure'
  const isCurrent = (one: Attempt): boolean => attempt === one

  /** Camera and microphone for the attempt that begins now; one that takes its place may go on with them. */
  const openCamera = () => own.capture((captured) => attempt?.capture === captured)

  async function send({ capture }: Attempt): Promise<void> {
    await capture.open
    await own.send()
  }

  function adopt(current: Attempt, peer: Peer): void {
    if (!isCurrent(current)) {
      peer.close()
      throw new Error('The call was ended meanwhile.')
    }
    current.peer = peer
    remote.value = peer.remote
    peer.onState((now) => {
      if (!isCurrent(current)) return
      interrupted.value = now === 'disconnected'
      if (now === 'connected') void prove(current, peer)
      if (now === 'failed') fail('The connection to the other side was lost.')
    })
  }

  async function start(room: string, identity: string): Promise<void> {
    if (attempt) return
    const current = begin(calling(identity, openCamera()))
    try {
      const peer = openPeer()
      adopt(current, peer)
      await current.capture.sure
      const sdp = await peer.offer()
      if (!isCurrent(current)) return
      state.value = 'ringing'
      await Promise.all([ask(current, { room, to: identity, sdp }), send(current)])
    } catch (error) {
      if (!isCurrent(current)) return
      const view = call.value.call
      current.refused = view?.direction === 'incoming' && view.peer === identity && view.state === 'ringing'
      if (current.refused) follow(view)
      else giveUp(error)
    }
  }

  async function ask(current: Attempt, offer: Omit<Extract<Command, { type: 'start-call' }>, 'type'>): Promise<void> {
    const { call: id } = await bridge.send({ type: 'start-call', ...offer })
    if (isCurrent(current)) current.id ??= id
    // Over while the node was asked.
    else if (current.id === null) await endCall(id, current.end)
    follow(call.value.call)
  }

  async function accept(): Promise<void> {
    const view = call.value.call
    if (attempt || view?.state !== 'ringing' || view.direction !== 'incoming' || !isDescribed(view)) return
    const current = begin(called(view, openCamera()))
    await answerAs(current, received.read(view.id, view.remote.sdp))
  }

  async function answerAs(current: Attempt, opening: Promise<Peer>): Promise<void> {
    received.release()
    try {
      const peer = await opening
      adopt(current, peer)
      await current.capture.sure
      const sdp = await peer.answer()
      state.value = 'connecting'
      const accepted = bridge.send({ type: 'accept-call', call: current.id!, sdp })
      await Promise.all([accepted, send(current)])
    } catch (error) {
      if (isCurrent(current)) giveUp(error)
    }
  }

  async function prove(current: Attempt, peer: Peer): Promise<void> {
    if (state.value === 'secure') return
    state.value = 'connected'
    const found = await peer.fingerprints()
    if (!isCurrent(current)) return
    if (found !== null && found.other === current.described?.remote.fingerprint && current.id) {
      proven.value = { id: current.id, ...found }
      state.value = 'secure'
    } else fail('The other side could not prove that it is who it should be. The call was ended.', 'certificate')
  }

  function giveUp(error: unknown): void {
    fail(error instanceof Error ? error.message : String(error))
  }

  function fail(sentence: string, found?: 'certificate'): void {
    const failed = attempt
    finish()
    trouble.value = sentence
    if (!failed) return
    failed.end = 'failed'
    if (failed.id) void endCall(failed.id, failed.end, found)
  }

  /** The node may have ended it first. */
  async function endCall(id: string, reason: CallEndReason, found?: 'certificate'): Promise<void> {
    await bridge.send({ type: 'end-call', call: id, reason, ...(found ? { found } : {}) }).catch(() => undefined)
  }

  function finish(): void {
    attempt?.peer?.close()
    attempt = null
    received.forget()
    own.close()
    interrupted.value = false
    proven.value = null
    remote.value = null
    state.value = 'ended'
    trouble.value = null
    removeEventListener('beforeunload', askBeforeLeaving)
  }

  async function decline(): Promise<void> {
    const view = call.value.call
    if (view?.state === 'ringing' && view.direction === 'incoming') await endCall(view.id, 'declined')
  }

  async function hangUp(): Promise<void> {
    if (!attempt) return
    const { id } = attempt
    finish()
    if (id) await endCall(id, 'hung-up')
  }

  const talkingOver = (): Peer | null => (isTalking() ? (attempt?.peer ?? null) : null)
  useWholePictures(talkingOver)
  useDirectPath(bridge, call, talkingOver)

  return {
    devices,
    check: useDeviceCheck(devices, own.stream),
    local: own.stream,
    screen: own.screen,
    remote,
    emoji: computed(() => proven.value && emojiOf(proven.value)),
    quality: useQuality(talkingOver),
    state,
    interrupted,
    trouble,
    muted: own.switches.muted,
    cameraOff: own.switches.cameraOff,
    start,
    accept,
    decline,
    hangUp,
    toggleMute: own.switches.toggleMute,
    toggleCamera: own.switches.toggleCamera,
    toggleScreen: own.toggleScreen,
  }
}

function calling(to: string, capture: Captured): Attempt {
  return { id: null, to, refused: false, shown: false, peer: null, capture, described: null, end: 'cancelled' }
}

function called(described: Described, capture: Captured): Attempt {
  const { id } = described
  return { id, to: null, refused: false, shown: true, peer: null, capture, described, end: 'failed' }
}
