import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bridge, BridgeState } from '../../web/bridge/bridge.ts'
import { makeEntrance } from '../../web/bridge/entrance.ts'
import { backoff } from '../../web/bridge/events-socket.ts'
import { openLiveBridge } from '../../web/bridge/live-bridge.ts'
import { FakeSocket, fakeFetch, problemBody, type Request } from './fake-node.ts'

const status = { type: 'status' } as const
let bridge: Bridge | undefined

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  localStorage.setItem('parley.secret', 'secret')
})

afterEach(() => {
  bridge?.close()
  vi.useRealTimers()
})

function open(answer: (request: Request) => [number, unknown]) {
  const sockets: FakeSocket[] = []
  const states: BridgeState[] = []
  const { fetch, requests } = fakeFetch(answer)
  bridge = openLiveBridge({
    entrance: makeEntrance({ fetch, storage: localStorage }),
    fetch,
    connect: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket as unknown as WebSocket
    },
  })
  bridge.watchState((state) => states.push(state))
  return { bridge, sockets, states, requests }
}

/** A node that knows one bearer after another, and forgets all before the newest. */
function nodeWithBearers(commands: (request: Request) => [number, unknown] = () => [200, {}]) {
  let bearer = 0
  const answer = (request: Request): [number, unknown] => {
    if (request.path === '/api/bearer') return [200, { bearer: `bearer-${++bearer}` }]
    return request.authorization === `Bearer bearer-${bearer}` ? commands(request) : problemBody('not-let-in', 401)
  }
  return { answer, forgetBearers: () => bearer++ }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

describe('a browser', () => {
  test('is let in by a code, which becomes a secret', async () => {
    localStorage.clear()
    const { fetch, requests } = fakeFetch(() => [200, { secret: 'fresh' }])
    await makeEntrance({ fetch, storage: localStorage }).useCode('code')
    expect(requests).toEqual([{ path: '/api/session', body: { code: 'code' }, authorization: null }])
    expect(localStorage.getItem('parley.secret')).toBe('fresh')
  })

  test('without a secret asks nothing and says that it is not let in', async () => {
    localStorage.clear()
    const { states, requests, sockets } = open(() => [200, {}])
    await settle()
    expect(states.at(-1)).toBe('not-let-in')
    expect(requests).toEqual([])
    expect(sockets).toEqual([])
  })

  test('that was let in meanwhile comes in at the next try', async () => {
    localStorage.clear()
    const { bridge, states, sockets } = open(nodeWithBearers().answer)
    await settle()
    localStorage.setItem('parley.secret', 'secret')
    bridge.retry()
    await settle()
    sockets[0]?.welcome()
    expect(states.at(-1)).toBe('open')
  })
})

describe('a command', () => {
  test('carries the bearer', async () => {
    const { bridge, requests } = open(nodeWithBearers().answer)
    await bridge.send({ type: 'set-name', name: 'Ada' })
    expect(requests.at(-1)).toEqual({
      path: '/api/commands',
      body: { type: 'set-name', name: 'Ada' },
      authorization: 'Bearer bearer-1',
    })
  })

  test('is tried once more with a new bearer', async () => {
    const node = nodeWithBearers()
    const { bridge, requests } = open(node.answer)
    await bridge.send({ type: 'set-name', name: 'Ada' })
    node.forgetBearers()
    await bridge.send({ type: 'set-name', name: 'Ada' })
    expect(requests.at(-1)?.authorization).toBe('Bearer bearer-3')
  })

  test('is not tried a third time', async () => {
    const { bridge, requests } = open(({ path }) =>
      path === '/api/bearer' ? [200, { bearer: 'useless' }] : problemBody('not-let-in', 401),
    )
    await expect(bridge.send({ type: 'set-name', name: 'Ada' })).rejects.toMatchObject({ code: 'not-let-in' })
    expect(requests.filter(({ path }) => path === '/api/commands')).toHaveLength(2)
  })

  test('fails with the node’s own sentence', async () => {
    const { bridge } = open(nodeWithBearers(() => problemBody('disk-full', 507)).answer)
    await expect(bridge.send({ type: 'set-name', name: 'Ada' })).rejects.toMatchObject({
      code: 'disk-full',
      message: 'A sentence about disk-full.',
    })
  })

  test('fails as unreachable when nobody answers', async () => {
    const { bridge } = open(() => {
      throw new TypeError('Failed to fetch')
    })
    await expect(bridge.send({ type: 'set-name', name: 'Ada' })).rejects.toMatchObject({ code: 'unreachable' })
  })
})

describe('the socket', () => {
  test('says who it is before anything else', async () => {
    const { bridge, sockets } = open(nodeWithBearers().answer)
    bridge.watch(status, () => {})
    await settle()
    sockets[0]?.welcome()
    expect(sockets[0]?.heard.map(({ type }) => type)).toEqual(['authenticate', 'watch'])
  })

  test('gives each view to whom it belongs', async () => {
    const { bridge, sockets } = open(nodeWithBearers().answer)
    const seen: unknown[] = []
    const others: unknown[] = []
    bridge.watch({ type: 'rooms' }, (view) => seen.push(view))
    bridge.watch({ type: 'call' }, (view) => others.push(view))
    await settle()
    sockets[0]?.welcome()
    const watch = sockets[0]?.heard.find((frame) => frame.type === 'watch' && frame.query.type === 'rooms')
    sockets[0]?.tell({ type: 'view', id: watch && 'id' in watch ? watch.id : -1, value: { rooms: [] } })
    expect(seen).toEqual([{ rooms: [] }])
    expect(others).toEqual([])
  })

  test('watches again after a cut what is still wanted, and only that', async () => {
    const { bridge, sockets, states } = open(nodeWithBearers().answer)
    bridge.watch(status, () => {})
    const stop = bridge.watch({ type: 'rooms' }, () => {})
    await settle()
    sockets[0]?.welcome()
    stop()
    expect(sockets[0]?.heard.at(-1)).toMatchObject({ type: 'unwatch' })
    sockets[0]?.close()
    expect(states.at(-1)).toBe('connecting')
    await vi.advanceTimersByTimeAsync(250)
    sockets[1]?.welcome()
    expect(sockets[1]?.heard.slice(1)).toMatchObject([{ type: 'watch', query: status }])
    expect(states.at(-1)).toBe('open')
  })

  test('says that the node is unreachable after a few misses, and goes on trying', async () => {
    const { states, sockets } = open(nodeWithBearers().answer)
    await settle()
    for (let i = 0; i < 4; i++) {
      sockets.at(-1)?.close()
      await vi.advanceTimersByTimeAsync(10_000)
    }
    expect(states.at(-1)).toBe('unreachable')
    sockets.at(-1)?.welcome()
    expect(states.at(-1)).toBe('open')
  })

  test('gets a new bearer when its own is refused', async () => {
    const { sockets } = open(nodeWithBearers().answer)
    await settle()
    sockets[0]?.onopen?.()
    sockets[0]?.tell({ type: 'problem', id: null, code: 'not-let-in', text: 'Not let in.' })
    await vi.advanceTimersByTimeAsync(250)
    sockets[1]?.onopen?.()
    expect(sockets[1]?.heard).toEqual([{ type: 'authenticate', bearer: 'bearer-2' }])
  })

  test('answers a page, and a cut refuses it', async () => {
    const { bridge, sockets } = open(nodeWithBearers().answer)
    await settle()
    sockets[0]?.welcome()
    const page = bridge.page('garden', null, 10)
    const asked = sockets[0]?.heard.at(-1)
    sockets[0]?.tell({ type: 'page', id: asked && 'id' in asked ? asked.id : -1, items: [], older: false })
    await expect(page).resolves.toEqual({ items: [], older: false })
    const cut = bridge.page('garden', null, 10)
    sockets[0]?.close()
    await expect(cut).rejects.toMatchObject({ code: 'unreachable' })
  })

  test('tells a watcher what is wrong with its question', async () => {
    const { bridge, sockets } = open(nodeWithBearers().answer)
    const problems: string[] = []
    bridge.watch(
      { type: 'room', room: 'x' },
      () => {},
      ({ code }) => problems.push(code),
    )
    await settle()
    sockets[0]?.welcome()
    const asked = sockets[0]?.heard.at(-1)
    sockets[0]?.tell({ type: 'problem', id: asked && 'id' in asked ? asked.id : -1, code: 'no-such-room', text: '' })
    expect(problems).toEqual(['no-such-room'])
  })

  test('waits a quarter of a second, then twice as long each time, ten seconds at most', () => {
    expect([0, 1, 2, 5, 6, 30].map((n) => backoff(n, 0))).toEqual([250, 500, 1000, 8000, 10_000, 10_000])
    expect(backoff(3, 1)).toBe(1500)
  })
})
