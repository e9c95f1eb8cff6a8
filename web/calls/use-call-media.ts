import { onScopeDispose, ref, type ShallowRef, shallowRef, watch } from 'vue'
import type { CallEndReason } from '../../node/api/commands.ts'
import type { CallView } from '../../node/api/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { CallMedia, CallMediaState } from '../state/call-media.ts'
import { capture, readyKinds, stopTracks } from './capture.ts'
import { makeCertificate, openPeer, type Peer } from './peer.ts'

/** How long a camera that is off sends black before it sends nothing, so that no last look stays on the other screen. */
const blackFor = 500

type LiveView = NonNullable<CallView['call']>

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
  /** The fingerprint that the other side signed, once its description is here. */
  signed: string | null
}

/** An incoming call, read while it rings, so that nothing is left to do on accept. */
interface Prepared {
  readonly id: string
  readonly peer: Promise<Peer>
}

/** Camera, microphone and connection of the one call; `call` follows the node, which rings and ends it. */
export function useCallMedia(bridge: Pick<Bridge, 'send'>, call: ShallowRef<CallView>): CallMedia {
  const local = shallowRef<MediaStream | null>(null)
  const remote = shallowRef<MediaStream | null>(null)
  const state = ref<CallMediaState>('idle')
  const trouble = ref<string | null>(null)
  const muted = ref(false)
  const cameraOff = ref(false)
  let attempt: Attempt | null = null
  let prepared: Prepared | null = null
  let certificate: Promise<RTCCertificate> | null = null
  let resting: ReturnType<typeof setTimeout> | undefined

  watch(call, ({ call: view }) => follow(view), { immediate: true })
  onScopeDispose(() => {
    forgetPrepared()
    void hangUp()
  })

  function follow(view: LiveView | null): void {
    if (attempt) followAttempt(attempt, view)
    if (!attempt) followRinging(view)
  }

  function followRinging(view: LiveView | null): void {
    const rings = view?.direction === 'incoming' && view.state === 'ringing'
    if (prepared && (!rings || view.id !== prepared.id)) forgetPrepared()
    if (!rings) {
      if (state.value === 'ringing') state.value = view?.state === 'ended' ? 'ended' : 'idle'
      return
    }
    if (state.value !== 'ringing') trouble.value = null
    state.value = 'ringing'
    if (view.remote) void prepare(view.id, view.remote.sdp)
  }

  function followAttempt(current: Attempt, view: LiveView | null): void {
    // The view of a call may come before the answer to our command, and that of the call before it after.
    if (current.id === null && view?.direction === 'outgoing' && view.state !== 'ended') current.id = view.id
    const crossed = view?.direction === 'incoming' && view.peer === current.to
    if (crossed && view.state === (current.refused ? 'ringing' : 'connecting') && local.value) {
      yieldTo(view, local.value)
    } else if (view && view.id === current.id) {
      current.shown = true
      if (view.state === 'ended') finish()
      else if (view.remote && current.signed === null) {
        current.signed = view.remote.fingerprint
        state.value = 'connecting'
        current.peer
          ?.receiveAnswer(view.remote.sdp)
          .catch(() => fail('The answer of the other side could not be used.'))
      }
    } else if (current.shown || current.refused) finish()
  }

  /** Both have called each other, and the other side's call stands: this page answers it without asking again. */
  function yieldTo({ id, remote: offer }: LiveView, stream: MediaStream): void {
    // The node is still opening the socket for its media, and will show the call again.
    if (!offer) return
    attempt?.peer?.close()
    const current: Attempt = { ...called(id, offer.fingerprint), peer: null }
    attempt = current
    void answerAs(current, prepare(id, offer.sdp), Promise.resolve(stream))
  }

  function freshCertificate(): Promise<RTCCertificate> {
    const made = certificate ?? makeCertificate()
    certificate = null
    return made
  }

  function prepare(id: string, sdp: string): Promise<Peer> {
    if (prepared?.id === id) return prepared.peer
    forgetPrepared()
    const peer = freshCertificate().then(async (made) => {
      const opened = openPeer(made)
      try {
        await opened.receiveOffer(sdp)
        return opened
      } catch (error) {
        // An offer that the browser refuses must not cost the page a connection each time.
        opened.close()
        throw error
      }
    })
    // Whoever accepts hears of it.
    peer.catch(() => undefined)
    prepared = { id, peer }
    return peer
  }

  function forgetPrepared(): void {
    prepared?.peer.then((peer) => peer.close()).catch(() => undefined)
    prepared = null
  }

  function begin(given: Omit<Attempt, 'peer'>): Attempt {
    const current: Attempt = { ...given, peer: null }
    attempt = current
    state.value = 'asking'
    trouble.value = null
    muted.value = false
    cameraOff.value = false
    addEventListener('beforeunload', askBeforeLeaving)
    return current
  }

  const isCurrent = (one: Attempt): boolean => attempt === one

  async function captureFor(current: Attempt): Promise<MediaStream> {
    const { stream, notice } = await capture()
    if (!isCurrent(current)) {
      stopTracks(stream)
      throw new Error('The call was ended meanwhile.')
    }
    trouble.value = notice
    local.value = stream
    applySwitches()
    return stream
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
      if (now === 'connected') void prove(current, peer)
      if (now === 'failed') fail('The connection to the other side was lost.')
    })
  }

  async function start(room: string, identity: string): Promise<void> {
    if (attempt) return
    const current = begin({ id: null, to: identity, refused: false, shown: false, signed: null })
    certificate ??= makeCertificate()
    try {
      const stream = await captureFor(current)
      const peer = openPeer(await freshCertificate())
      adopt(current, peer)
      const sdp = await peer.offer(stream)
      state.value = 'ringing'
      const { call: id } = await bridge.send({ type: 'start-call', room, to: identity, sdp })
      if (isCurrent(current)) current.id ??= id
      // Hung up while the node was asked.
      else if (current.id === null) await endCall(id, 'cancelled')
      follow(call.value.call)
    } catch (error) {
      if (!isCurrent(current)) return
      const view = call.value.call
      current.refused = view?.direction === 'incoming' && view.peer === identity && view.state === 'ringing'
      if (current.refused) follow(view)
      else giveUp(error)
    }
  }

  async function accept(): Promise<void> {
    const view = call.value.call
    if (attempt || view?.state !== 'ringing' || view.direction !== 'incoming' || !view.remote) return
    const current = begin(called(view.id, view.remote.fingerprint))
    await answerAs(current, prepare(view.id, view.remote.sdp), captureFor(current))
  }

  /** Where the browser need not ask, the answer goes out before the camera has started. */
  async function answerAs(current: Attempt, opening: Promise<Peer>, captured: Promise<MediaStream>): Promise<void> {
    // Where it is not waited for at once, it is below.
    captured.catch(() => undefined)
    prepared = null
    try {
      const [peer, ready] = await Promise.all([opening, readyKinds()])
      adopt(current, peer)
      const kinds = ready.has('audio') ? ready : kindsOf(await captured)
      const sdp = await peer.answer(kinds)
      state.value = 'connecting'
      await Promise.all([
        captured.then((stream) => peer.send(stream)).then(applySwitches),
        bridge.send({ type: 'accept-call', call: current.id!, sdp }),
      ])
    } catch (error) {
      if (isCurrent(current)) giveUp(error)
    }
  }

  async function prove(current: Attempt, peer: Peer): Promise<void> {
    if (state.value === 'secure') return
    state.value = 'connected'
    const proven = await peer.remoteFingerprint()
    if (!isCurrent(current)) return
    if (proven !== null && proven === current.signed) state.value = 'secure'
    else fail('The other side could not prove that it is who it should be. The call was ended.')
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

  function applySwitches(): void {
    for (const track of local.value?.getAudioTracks() ?? []) track.enabled = !muted.value
    for (const track of local.value?.getVideoTracks() ?? []) track.enabled = !cameraOff.value
    film()
  }

  function film(): void {
    clearTimeout(resting)
    const track = local.value?.getVideoTracks()[0]
    const peer = attempt?.peer
    if (!track || !peer) return
    // A connection that is closed meanwhile films nothing anyway.
    if (!cameraOff.value) peer.film(track).catch(() => undefined)
    else resting = setTimeout(() => peer.film(null).catch(() => undefined), blackFor)
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

function called(id: string, signed: string): Omit<Attempt, 'peer'> {
  return { id, to: null, refused: false, shown: true, signed }
}

function kindsOf(stream: MediaStream): ReadonlySet<string> {
  return new Set(stream.getTracks().map(({ kind }) => kind))
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault()
}
