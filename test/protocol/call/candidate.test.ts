import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { candidateLine, readCandidate, tunnelPriority } from '../../../protocol/call/candidate.ts'
import { anyCandidate } from './any-candidate.ts'

const line = (address: string, rest: { port?: number; priority?: number; protocol?: string; type?: string } = {}) => {
  const { port = 45_538, priority = 2_122_260_223, protocol = 'udp', type = 'host' } = rest
  return `candidate:3098175849 1 ${protocol} ${priority} ${address} ${port} typ ${type} generation 0 ufrag R/A7 network-id 1 network-cost 10`
}

describe('a candidate of a browser', () => {
  test('is its address, port and priority, and nothing else that its line says', () => {
    expect(readCandidate(line('192.0.2.2'))).toEqual({ address: '192.0.2.2', port: 45_538, priority: 2_122_260_223 })
    expect(readCandidate(`a=${line('2001:db8::17')}`)?.address).toBe('2001:db8::17')
    expect(readCandidate(line('05dcc0ae-1f5c-4d0e-9f0d-3a0ac3a1b2c4.local'))?.address).toMatch(/\.local$/)
  })

  test('is the same when its line, made of its fields, is read again', () => {
    fc.assert(
      fc.property(anyCandidate, fc.nat(7), (candidate, place) => {
        expect(readCandidate(candidateLine(candidate, place))).toEqual(candidate)
      }),
    )
  })

  test('is left out where it is not a host, not over UDP, or not longer than a line', () => {
    for (const wrong of [
      line('192.0.2.2', { type: 'srflx' }),
      line('192.0.2.2', { type: 'hostile' }),
      line('192.0.2.2', { protocol: 'tcp' }),
      line('192.0.2.2').replace(' 1 udp', ' 2 udp'),
      line('192.0.2.2', { port: 53 }),
      line('192.0.2.2', { port: 65_536 }),
      line('192.0.2.2', { priority: tunnelPriority }),
      line('192.0.2.2', { priority: 2 ** 31 }),
      `${line('192.0.2.2')}\r\na=crypto:1`,
      line('192.0.2.2') + ' x'.repeat(300),
      '',
    ]) {
      expect(readCandidate(wrong)).toBeNull()
    }
  })

  test.each([
    ['this machine', ['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '0.0.0.0', '::', '::ffff:7f00:1']],
    ['one cable', ['169.254.7.7', 'fe80::1', 'febf::1']],
    ['many at once', ['224.0.0.1', '255.255.255.255', 'ff02::1']],
    [
      'nobody, as it is no address',
      ['localhost', 'router.local', 'example.org', '192.0.2', '192.0.2.02', 'cafe', 'fe80::1%eth0'],
    ],
  ])('is left out where its address is that of %s', (_, addresses) => {
    for (const address of addresses) expect(readCandidate(line(address))).toBeNull()
  })
})
