import { onScopeDispose, type Ref, ref, type ShallowRef, shallowRef, watch } from 'vue'
import type { CallEndReason, Command, CommandResult, CommandType } from '../../node/api/commands.ts'
import type { CallView } from '../../node/api/views.ts'
import { capture, readyKinds, stopTracks } from './capture.ts'
import { makeCertificate, openPeer, type Peer } from './peer.ts'

/** What of the page's bridge a call needs. */
export interface CallBridge {
  send<T extends CommandType>(command: Extract<Command, { type: T }>): Promise<CommandResult<T>>
}

/** `secure`: connected, and the other side holds the certificate that its owner signed. */
export type CallMediaState = 'idle' | 'asking' | 'ringing' | 'connecting' | 'connected' | 'secure' | 'ended'

export interface UseCallMedia {
  readonly local: ShallowRef<MediaStream | null>
  readonly remote: ShallowRef<MediaStream | null>
  readonly state: Ref<CallMediaState>
  /** A sentence for people. */
  readonly trouble: Ref<string | null>
  readonly muted: Ref<boolean>
  readonly cameraOff: Ref<boolean>
  start(room: string, identity: string): Promise<void>
  accept(): Promise<void>
  decline(): Promise<void>
  hangUp(): Promise<void>
  toggleMute(): void
  toggleCamera(): void
}

type LiveView = NonNullable<CallView['call']>

/** The call that this page takes part in. Another page of the same node may be in one while this has none. */
interface Attempt {
  id: string | null
  readonly direction: 'outgoing' | 'incoming'
  peer: Peer | null
  described: boolean
}

/** An incoming call, read while it rings, so that nothing is left to do on accept. */
interface Prepared {
  readonly id: string
  readonly peer: Promise<Peer>
}

const unproven = 'The other side could not prove that it is who it should be. The call was ended.'

/** Camera, microphone and connection of the one call; `call` follows the node, which rings and ends it. */
export function useCallMedia(bridge: CallBridge, call: ShallowRef<CallView>): UseCallMedia {
  const local = shallowRef<MediaStream | null>(null)
  const remote = shallowRef<MediaStream | null>(null)
  const state = ref<CallMediaState>('idle')
  const trouble = ref<string | null>(null)
  const muted = ref(false)
  const cameraOff = ref(false)
  let attempt: Attempt | null = null
  let prepared: Prepared | null = null
  let certificate: Promise<RTCCertificate> | null = null

  watch(call, ({ call: view }) => follow(view), { immediate: true })
  onScopeDispose(() => void hangUp())

  function follow(view: LiveView | null): void {
    if (prepared && (view?.id !== prepared.id || view.state !== 'ringing') && !attempt) forgetPrepared()
    if (attempt) return followAttempt(attempt, view)
    if (view?.state === 'ringing' && view.direction === 'incoming') {
      state.value = 'ringing'
      trouble.value = null
      if (view.remote) prepare(view.id, view.remote.sdp)
    } else if (state.value === 'ringing') state.value = view?.state === 'ended' ? 'ended' : 'idle'
  }

  function followAttempt(current: Attempt, view: LiveView | null): void {
    // The node may show the call before it has answered our command.
    if (current.id === null && view && view.direction === 'outgoing' && view.state !== 'ended') current.id = view.id
    if (current.id === null) return
    if (view?.id !== current.id) {
      if (current.direction === 'outgoing' && view?.direction === 'incoming' && view.state === 'connecting')
        yieldTo(view)
      else finish()
      return
    }
    if (view.state === 'ended') return finish()
    const answer = current.direction === 'outgoing' && view.state === 'connecting' ? view.remote : null
    if (answer && !current.described) {
      current.described = true
      state.value = 'connecting'
      current.peer?.receiveAnswer(answer.sdp).catch(() => fail('The answer of the other side could not be used.'))
    }
  }

  /** Both have called each other, and the other side's call stands: this page answers it without asking again. */
  function yieldTo(view: LiveView): void {
    if (!view.remote) return
    attempt?.peer?.close()
    const current: Attempt = { id: view.id, direction: 'incoming', peer: null, described: true }
    attempt = current
    prepare(view.id, view.remote.sdp)
    void answerAs(current, Promise.resolve(local.value!))
  }

  function freshCertificate(): Promise<RTCCertificate> {
    const made = certificate ?? makeCertificate()
    certificate = null
    return made
  }

  function prepare(id: string, sdp: string): void {
    if (prepared?.id === id) return
    forgetPrepared()
    const peer = freshCertificate().then(async (made) => {
      const opened = openPeer(made)
      await opened.receiveOffer(sdp)
      return opened
    })
    // Whoever accepts hears of it.
    peer.catch(() => undefined)
    prepared = { id, peer }
  }

  function forgetPrepared(): void {
    prepared?.peer.then((peer) => peer.close()).catch(() => undefined)
    prepared = null
  }

  function begin(direction: Attempt['direction'], id: string | null): Attempt {
    attempt = { id, direction, peer: null, described: false }
    state.value = 'asking'
    trouble.value = null
    muted.value = false
    cameraOff.value = false
    addEventListener('beforeunload', askBeforeLeaving)
    return attempt
  }

  async function captureFor(current: Attempt): Promise<MediaStream> {
    const { stream, notice } = await capture()
    if (attempt !== current) {
      stopTracks(stream)
      throw new Error('The call was ended meanwhile.')
    }
    trouble.value = notice
    local.value = stream
    applySwitches()
    return stream
  }

  function adopt(current: Attempt, peer: Peer): void {
    if (attempt !== current) {
      peer.close()
      throw new Error('The call was ended meanwhile.')
    }
    current.peer = peer
    remote.value = peer.remote
    peer.onState((now) => {
      if (attempt !== current) return
      if (now === 'connected') void prove(current, peer)
      if (now === 'failed') fail('The connection to the other side was lost.')
    })
  }

  async function start(room: string, identity: string): Promise<void> {
    if (attempt) return
    const current = begin('outgoing', null)
    certificate ??= makeCertificate()
    try {
      const stream = await captureFor(current)
      const peer = openPeer(await freshCertificate())
      adopt(current, peer)
      const sdp = await peer.offer(stream)
      state.value = 'ringing'
      const { call: id } = await bridge.send({ type: 'start-call', room, to: identity, sdp })
      if (attempt === current) current.id ??= id
      // Hung up while the node was asked.
      else if (current.id === null) await endCall(id, 'cancelled')
      follow(call.value.call)
    } catch (error) {
      if (attempt === current) giveUp(error)
    }
  }

  async function accept(): Promise<void> {
    const view = call.value.call
    if (attempt || view?.state !== 'ringing' || view.direction !== 'incoming' || !view.remote) return
    const current = begin('incoming', view.id)
    prepare(view.id, view.remote.sdp)
    await answerAs(current, captureFor(current))
  }

  /** Where the browser need not ask, the answer goes out before the camera has started. */
  async function answerAs(current: Attempt, captured: Promise<MediaStream>): Promise<void> {
    captured.catch(() => undefined)
    try {
      const peer = await prepared!.peer
      prepared = null
      adopt(current, peer)
      const ready = await readyKinds()
      const kinds = ready.has('audio') ? ready : kindsOf(await captured)
      const sdp = await peer.answer(kinds)
      state.value = 'connecting'
      await Promise.all([
        captured.then((stream) => peer.send(stream)),
        bridge.send({ type: 'accept-call', call: current.id!, sdp }),
      ])
    } catch (error) {
      if (attempt === current) giveUp(error)
    }
  }

  async function prove(current: Attempt, peer: Peer): Promise<void> {
    if (state.value === 'secure') return
    state.value = 'connected'
    const fingerprint = await peer.remoteFingerprint()
    const signed = call.value.call?.remote?.fingerprint
    if (attempt !== current) return
    if (fingerprint !== null && fingerprint === signed) state.value = 'secure'
    else fail(unproven)
  }

  function giveUp(error: unknown): void {
    fail(error instanceof Error ? error.message : String(error))
  }

  function fail(sentence: string): void {
    const id = attempt?.id
    finish()
    trouble.value = sentence
    if (id) void endCall(id, 'failed')
  }

  /** The node may have ended it first. */
  async function endCall(id: string, reason: CallEndReason): Promise<void> {
    await bridge.send({ type: 'end-call', call: id, reason }).catch(() => undefined)
  }

  function finish(): void {
    attempt?.peer?.close()
    attempt = null
    forgetPrepared()
    stopTracks(local.value)
    local.value = null
    remote.value = null
    state.value = 'ended'
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

  function applySwitches(): void {
    for (const track of local.value?.getAudioTracks() ?? []) track.enabled = !muted.value
    for (const track of local.value?.getVideoTracks() ?? []) track.enabled = !cameraOff.value
  }

  return {
    local,
    remote,
    state,
    trouble,
    muted,
    cameraOff,
    start,
    accept,
    decline,
    hangUp,
    toggleMute() {
      muted.value = !muted.value
      applySwitches()
    },
    toggleCamera() {
      cameraOff.value = !cameraOff.value
      applySwitches()
    },
  }
}

function kindsOf(stream: MediaStream): ReadonlySet<string> {
  return new Set(stream.getTracks().map(({ kind }) => kind))
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault()
}
