import { describe, expect, test } from 'vitest'
import { openKnownSocket, openSocket } from './open-socket.ts'
import { ask, openTestBridge } from './open-test-bridge.ts'

describe('the events socket', () => {
  test('is closed by a frame of 5 MB, let in or not', async () => {
    const { bridge } = await openTestBridge()
    const frame = JSON.stringify({ type: 'authenticate', bearer: 'a'.repeat(5_000_000) })
    const stranger = openSocket(bridge, { origin: bridge.url })
    await stranger.opened
    stranger.send(frame)
    const known = await openKnownSocket(bridge)
    known.send(frame)
    for (const socket of [stranger, known]) expect([1006, 1009]).toContain(await socket.closed)
    expect(await ask(bridge, '/healthz')).toMatchObject({ status: 200 })
  })

  test('watches 64 things and not more', async () => {
    const { bridge, watching } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    for (let id = 0; id < 65; id++) socket.send({ type: 'watch', id, query: { type: 'rooms' } })
    for (let id = 0; id < 64; id++) expect(await socket.next()).toMatchObject({ type: 'view', id })
    expect(await socket.next()).toMatchObject({ type: 'problem', id: 64, code: 'too-many-requests' })
    expect(watching.size).toBe(64)
  })

  test('is closed when it asks too often', async () => {
    const { bridge } = await openTestBridge({ now: () => 1_700_000_000_000 })
    const socket = await openKnownSocket(bridge)
    for (let id = 0; id < 200; id++) socket.send({ type: 'unwatch', id })
    expect(await socket.closed).toBe(4429)
    expect(socket.heard).toMatchObject([{ type: 'problem', id: null, code: 'too-many-requests' }])
  })

  test('is closed when it does not read', async () => {
    const { bridge, watching, push } = await openTestBridge()
    const socket = await openKnownSocket(bridge)
    socket.send({ type: 'watch', id: 1, query: { type: 'rooms' } })
    await socket.next()
    socket.socket.pause()
    const value = { rooms: ['a'.repeat(1_000_000)] }
    for (let i = 0; i < 64 && watching.size > 0; i++) {
      push(value)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(watching.size).toBe(0)
    socket.socket.resume()
    expect(await socket.closed).toBe(4408)
  })
})

describe('500 sockets at once', () => {
  test('get eight places for strangers, and whoever is let in still gets in', async () => {
    const { bridge } = await openTestBridge()
    const known = await openKnownSocket(bridge)
    const sockets = Array.from({ length: 500 }, () => openSocket(bridge, { origin: bridge.url }))
    const answers = await Promise.all(sockets.map(({ opened }) => opened))
    expect(answers.filter((status) => status === 101)).toHaveLength(8)
    expect(answers.filter((status) => status === 429)).toHaveLength(492)
    known.send({ type: 'watch', id: 1, query: { type: 'rooms' } })
    expect(await known.next()).toMatchObject({ type: 'view', id: 1 })
    for (const { socket } of sockets) socket.terminate()
    await expect
      .poll(async () => openSocket(bridge, { origin: bridge.url, cookie: known.browser.cookie }).opened)
      .toBe(101)
  })

  test('of one browser that was let in get 64 places', async () => {
    const { bridge } = await openTestBridge()
    const { browser } = await openKnownSocket(bridge)
    const answers: number[] = []
    for (let i = 0; i < 70; i++) {
      const socket = openSocket(bridge, { origin: bridge.url, cookie: browser.cookie })
      answers.push(await socket.opened)
      if (answers.at(-1) !== 101) continue
      socket.send({ type: 'authenticate', bearer: browser.bearer })
      await socket.next()
    }
    expect(answers.filter((status) => status === 101)).toHaveLength(63)
    expect(answers.slice(-7)).toEqual(Array(7).fill(429))
  })
})
