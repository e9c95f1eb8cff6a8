import { parse } from 'sdp-transform'
import { describe, expect, test } from 'vitest'
import { answerPage, describePage, type NodeEnd, slotSource } from '../../../protocol/call/fan-out-sdp.ts'
import { codeOf } from '../../support/vectors.ts'
import { chromiumFanOutOffer, chromiumOffer } from './chromium.ts'

const node: NodeEnd = {
  ufrag: 'wxyz',
  pwd: 'a password of the node 24',
  fingerprint: new Uint8Array(32).fill(0xab),
  candidate: { address: '192.0.2.2', port: 40_000 },
}

const codeAfter = (pattern: string | RegExp, replacement: string) =>
  codeOf(() => describePage(chromiumFanOutOffer.replace(pattern, replacement)))

describe('the offer of a page to its own node', () => {
  test('says where voice and picture go out, in which layers, and where others come in', () => {
    const { ufrag, fingerprint, ...sections } = describePage(chromiumFanOutOffer)
    expect([ufrag.length, fingerprint.length]).toEqual([4, 32])
    expect(sections).toMatchObject({
      audio: { mid: '0', payload: 111 },
      video: { mid: '1', payload: 96, extensions: { mid: 4, rid: 10 } },
      slots: [
        { audio: { mid: '2', payload: 111 }, video: { mid: '3', payload: 96 } },
        { audio: { mid: '4', payload: 111 }, video: { mid: '5', payload: 96 } },
      ],
    })
  })

  test('is refused where it is not as it must be', () => {
    expect(codeOf(() => describePage(chromiumOffer))).toBe('call/sdp')
    expect(codeAfter('a=rid:medium send\r\n', '')).toBe('call/sdp')
    expect(codeAfter(/a=extmap:10 [^\r]+\r\n/, '')).toBe('call/sdp')
    expect(codeAfter('a=rtpmap:96 VP8', 'a=rtpmap:96 VP9')).toBe('call/sdp')
    expect(codeAfter('a=rtcp-mux\r\n', '')).toBe('call/sdp')
    expect(codeAfter('a=mid:5', 'a=mid:4')).toBe('call/field')
    expect(codeAfter('a=setup:actpass', 'a=setup:active')).toBe('call/field')
    expect(codeOf(() => describePage(chromiumFanOutOffer.replaceAll('a=setup:actpass', 'a=setup:active')))).toBe(
      'call/role',
    )
    expect(codeAfter(/a=ice-pwd:[^\r]+/, 'a=ice-pwd:another0another0another')).toBe('call/field')
    expect(codeAfter(/a=fingerprint:sha-256 12/, 'a=fingerprint:sha-256 13')).toBe('call/fingerprint')
    expect(codeAfter('a=mid:0', 'a=crypto:1\r\na=mid:0')).toBe('call/sdp-refused')
    const more = chromiumFanOutOffer.slice(
      chromiumFanOutOffer.indexOf('m=audio', chromiumFanOutOffer.indexOf('m=video')),
    )
    expect(codeOf(() => describePage(chromiumFanOutOffer + more.repeat(5)))).toBe('call/sdp')
  })
})

describe('the answer of the node', () => {
  const answer = answerPage(describePage(chromiumFanOutOffer), node)
  const { media } = parse(answer)

  test('takes the voice and every layer, and sends by each slot from a source of its own', () => {
    expect(media.map(({ mid, direction }) => [String(mid), direction])).toEqual([
      ['0', 'recvonly'],
      ['1', 'recvonly'],
      ['2', 'sendonly'],
      ['3', 'sendonly'],
      ['4', 'sendonly'],
      ['5', 'sendonly'],
    ])
    expect(media[1]).toMatchObject({ simulcast: { dir1: 'recv', list1: 'small;medium;large' } })
    expect(media.slice(2).map(({ ssrcs }) => ssrcs?.[0]?.id)).toEqual([
      slotSource(0, 'audio'),
      slotSource(0, 'video'),
      slotSource(1, 'audio'),
      slotSource(1, 'video'),
    ])
  })

  test('gives one address, that of the node, and waits for the page', () => {
    const candidates = media.map(({ candidates = [] }) => candidates.map(({ ip, port }) => [ip, port]))
    expect(new Set(candidates.map(String))).toEqual(new Set(['192.0.2.2,40000']))
    expect(new Set(media.map(({ setup }) => setup))).toEqual(new Set(['passive']))
    expect(answer).toContain('a=ice-lite')
  })
})
