import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { GroupParticipant, OwnGroupCall } from '../../node/api/calls.ts'
import type { Command } from '../../node/api/commands.ts'
import { makeGroupLinks } from '../../web/calls/group-links.ts'
import type { Peer } from '../../web/calls/peer.ts'

interface FakePeer extends Peer {
  closed: boolean
  answered: string | null
  /** Of the certificate at the other end. */
  certificate: string
  change(state: RTCPeerConnectionState): void
}

const { peers, openFakePeer } = vi.hoisted(() => {
  const peers: FakePeer[] = []
  return {
    peers,
    openFakePeer(): FakePeer {
      let listener = (_: RTCPeerConnectionState) => {}
      const nothing = async () => {}
      const peer: FakePeer = {
        remote: {} as MediaStream,
        closed: false,
        answered: null,
        certificate: 'AA',
        offer: async () => 'own offer',
        receiveOffer: nothing,
        answer: async () => 'own answer',
        async receiveAnswer(sdp) {
          peer.answered = sdp
        },
        send: nothing,
        candidates: () => [],
        addCandidate: nothing,
        sendWholePicture: nothing,
        limit: nothing,
        loudness: () => 0,
        silence: () => null,
        description: () => '',
        fingerprints: async () => ({ own: '00', other: peer.certificate }),
        count: () => Promise.reject(new Error('nothing is counted')),
        onState(given) {
          listener = given
        },
        close() {
          peer.closed = true
        },
        change: (state) => listener(state),
      }
      peers.push(peer)
      return peer
    },
  }
})
vi.mock('../../web/calls/peer.ts', () => ({ openPeer: openFakePeer }))

const device = 'd'.repeat(64)
const participant = (given: Partial<GroupParticipant>): GroupParticipant => ({
  identity: 'b'.repeat(64),
  device,
  name: 'Ben',
  state: 'connecting',
  link: null,
  turn: null,
  remote: null,
  ...given,
})
const callWith = (...participants: readonly GroupParticipant[]): OwnGroupCall => ({
  id: 'c'.repeat(32),
  room: 'f'.repeat(64),
  since: 0,
  state: 'in',
  reason: null,
  form: 'mesh',
  fanOut: null,
  participants: [...participants],
  statuses: [],
  reactions: [],
  direct: [],
})
const remote = { sdp: 'their words', fingerprint: 'AA' }

let sent: Command[]
let offered: number
const bridge = {
  async send(command: Command): Promise<never> {
    sent.push(command)
    return { link: `link ${++offered}` } as never
  },
}
const settle = () => new Promise((resolve) => setTimeout(resolve))

beforeEach(() => {
  sent = []
  offered = 0
  peers.length = 0
})

let open: ReturnType<typeof makeGroupLinks> | null = null
afterEach(() => open?.close())

function makeLinks() {
  open = makeGroupLinks({ bridge, onOpen: async () => {} })
  return open
}
const stateIn = ({ shown }: ReturnType<typeof makeLinks>) => shown.value.map(({ state }) => state)

/** A link that this page has offered and the other side has answered. */
async function answeredLinks() {
  const links = makeLinks()
  links.follow(callWith(participant({ turn: 'offer' })))
  await settle()
  links.follow(callWith(participant({ link: 'link 1', remote, state: 'connected' })))
  return { links, peer: peers[0]! }
}

describe('a page in a group call', () => {
  test('offers a connection once when it is its turn, also while the node has not taken it yet', async () => {
    const links = makeLinks()
    links.follow(callWith(participant({ turn: 'offer' })))
    links.follow(callWith(participant({ turn: 'offer' })))
    await settle()
    expect(sent.map(({ type }) => type)).toEqual(['offer-link'])
    expect(peers).toHaveLength(1)
  })

  test('answers an offer, and a newer one over a connection of its own', async () => {
    const links = makeLinks()
    links.follow(callWith(participant({ turn: 'answer', link: 'a', remote })))
    await settle()
    links.follow(callWith(participant({ turn: 'answer', link: 'b', remote })))
    await settle()
    expect(sent.map((command) => command.type === 'answer-link' && command.link)).toEqual(['a', 'b'])
    expect(peers.map(({ closed }) => closed)).toEqual([true, false])
  })

  test('lets go of who has left, and begins anew with who came anew', async () => {
    const { links, peer } = await answeredLinks()
    expect(peer.answered).toBe('their words')
    links.follow(callWith(participant({ turn: 'offer', link: null })))
    expect(peer.closed).toBe(true)
    expect(peers).toHaveLength(2)
    links.follow(callWith())
    expect(peers[1]!.closed).toBe(true)
    expect(links.shown.value).toEqual([])
  })

  test('takes what the node shows right after an offer for what it was before, and a moment later for what is', async () => {
    const links = makeLinks()
    links.follow(callWith(participant({ turn: 'offer' })))
    await settle()
    links.follow(callWith(participant({ turn: 'offer' })))
    expect(peers).toHaveLength(1)
    await vi.waitFor(() => expect(peers).toHaveLength(2), 3_000)
    expect(peers[0]!.closed).toBe(true)
  })

  test('offers again when the connection that it offered is lost', async () => {
    const { peer } = await answeredLinks()
    peer.change('failed')
    await settle()
    expect(peer.closed).toBe(true)
    expect(sent.map(({ type }) => type)).toEqual(['offer-link', 'offer-link'])
  })

  test('says that a connection is secure only when the certificate in use is the one that was signed', async () => {
    const { links, peer } = await answeredLinks()
    expect(stateIn(links)).toEqual(['connecting'])
    peer.change('connected')
    expect(stateIn(links)).toEqual(['connected'])
    await settle()
    expect(stateIn(links)).toEqual(['secure'])
  })

  test('closes a connection with another certificate, and shows nothing of it', async () => {
    const { links, peer } = await answeredLinks()
    peer.certificate = 'BB'
    peer.change('connected')
    await settle()
    expect(stateIn(links)).toEqual(['untrusted'])
    expect(links.shown.value[0]!.stream).toBeNull()
    expect(peer.closed).toBe(true)
    expect(links.peers()).toEqual([])
  })

  test('shows the connection as it is at the node where that has lost the other one', async () => {
    const { links, peer } = await answeredLinks()
    peer.change('connected')
    await settle()
    links.follow(callWith(participant({ link: 'link 1', remote, state: 'reconnecting' })))
    expect(stateIn(links)).toEqual(['reconnecting'])
  })
})
