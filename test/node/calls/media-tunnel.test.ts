import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { type MediaTunnel, openMediaTunnel } from '../../../node/calls/media-tunnel.ts'
import { iceCheck, iceResponse, rtpPacket } from './stun-packets.ts'

const credentials = { username: 'them:ours', password: 'a password of 22 bytes' }
const id = Buffer.from('01020304', 'hex')
const opened: (MediaTunnel | Socket)[] = []

afterEach(() => {
  for (const each of opened.splice(0)) each.close()
})

async function openTunnel({ expecting = true } = {}) {
  const sent: Buffer[] = []
  const tunnel = await openMediaTunnel({
    id,
    at: { address: '127.0.0.1', port: 0 },
    send: (frame) => sent.push(Buffer.from(frame)),
  })
  opened.push(tunnel)
  if (expecting) tunnel.expect(credentials)
  const frame = (packet: Buffer) => tunnel.receive(Buffer.concat([id, packet]))
  return { tunnel, sent, frame }
}

async function openBrowser(tunnel: MediaTunnel, address = '127.0.0.1') {
  const socket = createSocket('udp4')
  opened.push(socket)
  socket.bind(0, address)
  await once(socket, 'listening')
  const heard: Buffer[] = []
  socket.on('message', (packet) => heard.push(packet))
  const send = (packet: Buffer) => socket.send(packet, tunnel.candidate.port, tunnel.candidate.address)
  return { heard, send }
}

const soon = async (condition: () => boolean) => {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(condition()).toBe(true)
}

describe('a media tunnel', () => {
  test('learns where the browser is from its first check, and carries packets both ways', async () => {
    const { tunnel, sent, frame } = await openTunnel()
    const browser = await openBrowser(tunnel)
    const { packet } = iceCheck(credentials)
    browser.send(packet)
    browser.send(rtpPacket('picture'))
    await soon(() => sent.length === 2)
    expect(sent).toEqual([Buffer.concat([id, packet]), Buffer.concat([id, rtpPacket('picture')])])

    frame(rtpPacket('their picture'))
    await soon(() => browser.heard.length === 1)
    expect(browser.heard).toEqual([rtpPacket('their picture')])
    expect(tunnel.counters).toMatchObject({ sent: 2, received: 1, stranger: 0, foreign: 0 })
  })

  test('does not listen to a program that cannot prove the password, or has another name', async () => {
    const { tunnel, sent, frame } = await openTunnel()
    const stranger = await openBrowser(tunnel)
    stranger.send(iceCheck({ ...credentials, username: 'them:others' }).packet)
    stranger.send(iceCheck({ ...credentials, password: 'another password, long' }).packet)
    stranger.send(iceResponse(Buffer.alloc(12)))
    stranger.send(rtpPacket('noise'))
    await soon(() => tunnel.counters.stranger === 4)

    frame(rtpPacket('picture'))
    expect(sent).toEqual([])
    expect(tunnel.counters).toMatchObject({ received: 0, queued: 1 })
    expect(stranger.heard).toEqual([])
  })

  test('listens to nobody before it knows whom to expect', async () => {
    const { tunnel, sent } = await openTunnel({ expecting: false })
    const browser = await openBrowser(tunnel)
    browser.send(iceCheck(credentials).packet)
    await soon(() => tunnel.counters.stranger === 1)
    tunnel.expect(credentials)
    browser.send(iceCheck(credentials).packet)
    await soon(() => sent.length === 1)
  })

  test('holds what comes before the browser speaks, up to 16 packets', async () => {
    const { tunnel, frame } = await openTunnel()
    for (let i = 0; i < 20; i++) frame(rtpPacket(`${i}`))
    expect(tunnel.counters).toMatchObject({ queued: 16, overflowed: 4 })
    const browser = await openBrowser(tunnel)
    browser.send(iceCheck(credentials).packet)
    await soon(() => browser.heard.length === 16)
    expect(browser.heard[0]).toEqual(rtpPacket('0'))
  })

  test('brings each answer to the socket that asked, and media to the one that sends it', async () => {
    const { tunnel, sent, frame } = await openTunnel()
    const [wired, wireless] = [await openBrowser(tunnel), await openBrowser(tunnel)]
    const checks = [iceCheck(credentials), iceCheck(credentials)] as const
    wired.send(checks[0].packet)
    await soon(() => sent.length === 1)
    wireless.send(checks[1].packet)
    await soon(() => sent.length === 2)

    frame(iceResponse(checks[1].transaction))
    frame(iceResponse(checks[0].transaction))
    await soon(() => wired.heard.length === 1 && wireless.heard.length === 1)
    expect(wireless.heard[0]).toEqual(iceResponse(checks[1].transaction))

    frame(rtpPacket('to the first'))
    await soon(() => wired.heard.length === 2)
    wireless.send(rtpPacket('now from here'))
    await soon(() => sent.length === 3)
    frame(rtpPacket('to the second'))
    await soon(() => wireless.heard.length === 2)
  })

  test('takes nothing from another machine', async () => {
    const { tunnel, sent } = await openTunnel()
    // An address of this machine that no interface names stands for another one.
    const other = await openBrowser(tunnel, '127.0.0.2')
    other.send(iceCheck(credentials).packet)
    await soon(() => tunnel.counters.foreign === 1)
    expect(sent).toEqual([])
  })

  test('refuses frames of another call, empty ones, and packets above 1,500 bytes', async () => {
    const { tunnel, sent, frame } = await openTunnel()
    const browser = await openBrowser(tunnel)
    browser.send(iceCheck(credentials).packet)
    await soon(() => sent.length === 1)
    tunnel.receive(Buffer.concat([Buffer.from('01020305', 'hex'), rtpPacket('x')]))
    tunnel.receive(id)
    tunnel.receive(Buffer.alloc(0))
    frame(Buffer.alloc(1_501, 0x80))
    browser.send(Buffer.alloc(1_501, 0x80))
    await soon(() => tunnel.counters.oversized === 2)
    expect(tunnel.counters).toMatchObject({ misdirected: 3, received: 0, sent: 1 })
  })

  test('remembers 16 sockets of the browser and 256 open questions, however many there are', async () => {
    const { tunnel, sent, frame } = await openTunnel()
    const first = await openBrowser(tunnel)
    const check = iceCheck(credentials)
    first.send(check.packet)
    await soon(() => sent.length === 1)
    for (let i = 0; i < 16; i++) (await openBrowser(tunnel)).send(iceCheck(credentials).packet)
    await soon(() => sent.length === 17)
    first.send(rtpPacket('forgotten'))
    await soon(() => tunnel.counters.stranger === 1)

    const second = await openBrowser(tunnel)
    for (let i = 0; i < 256; i++) {
      second.send(iceCheck(credentials).packet)
      if (i % 32 === 31) await soon(() => sent.length === 18 + i)
    }
    second.send(rtpPacket('live'))
    await soon(() => sent.length === 274)
    frame(iceResponse(check.transaction))
    await soon(() => second.heard.length === 1)
    expect(first.heard).toEqual([])
  })

  test('survives any bytes', async () => {
    const { tunnel, sent, frame } = await openTunnel()
    const browser = await openBrowser(tunnel)
    const { packet } = iceCheck(credentials)
    for (let length = 0; length < packet.length; length++) {
      browser.send(packet.subarray(0, length))
      frame(packet.subarray(0, length))
      const longer = Buffer.from(packet)
      longer.writeUInt16BE(0xffff, 22)
      browser.send(longer)
    }
    browser.send(packet)
    await soon(() => sent.length > 0)
    expect(sent.at(-1)).toEqual(Buffer.concat([id, packet]))
  })
})
