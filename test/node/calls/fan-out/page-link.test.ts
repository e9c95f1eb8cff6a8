import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { type FanOut, openFanOut } from '../../../../node/calls/fan-out/fan-out.ts'
import { openHeadlessPage } from '../../../support/headless-page.ts'
import { until } from '../../../support/until.ts'
import { iceCheck, rtpPacket } from '../stun-packets.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function open(sdp: string, onFailure = () => {}): Promise<FanOut> {
  const out = await openFanOut({
    call: new Uint8Array(16),
    address: '127.0.0.1',
    sdp,
    send: () => {},
    onChange: () => {},
    onFailure,
    now: () => performance.now(),
  })
  closing.push(() => out.close())
  return out
}

async function openPage() {
  const page = await openHeadlessPage({ slots: 1 })
  closing.push(() => page.close())
  return page
}

describe('the node’s end of its page', () => {
  test('does not listen to a program that cannot prove the names and the password', async () => {
    const page = await openPage()
    const out = await open(page.offer)
    const [, port] = / (\d+) typ host/.exec(out.answer)!
    const [, ufrag] = /a=ice-ufrag:(\S+)/.exec(out.answer)!
    const [, password] = /a=ice-pwd:(\S+)/.exec(out.answer)!
    const stranger = createSocket('udp4')
    closing.push(() => stranger.close())
    stranger.bind(0, '127.0.0.1')
    await once(stranger, 'listening')
    const heard: Buffer[] = []
    stranger.on('message', (packet) => heard.push(packet))
    for (const packet of [
      iceCheck({ username: `${ufrag}:abcd`, password: 'another password, long enough' }).packet,
      iceCheck({ username: `${ufrag}:efgh`, password: password! }).packet,
      rtpPacket('noise'),
    ])
      stranger.send(packet, Number(port), '127.0.0.1')
    await until(() => out.link.stranger === 3)
    expect([out.link.received, heard]).toEqual([0, []])
    await page.begin(out.answer)
  })

  test('gives up a page that has another certificate than it offered', async () => {
    const [page, other] = [await openPage(), await openPage()]
    const fingerprint = (sdp: string) => /a=fingerprint:sha-256 (\S+)/.exec(sdp)![1]!
    let failed = false
    const out = await open(page.offer.replaceAll(fingerprint(page.offer), fingerprint(other.offer)), () => {
      failed = true
    })
    await page.begin(out.answer)
    await until(() => failed)
    await page.send(null, new Uint8Array(20), 0)
    expect(out.view().watched).toEqual(['audio'])
  })
})
