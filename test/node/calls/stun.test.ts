import { describe, expect, test } from 'vitest'
import { answerCheck, isCheckWith, readStun } from '../../../node/calls/stun.ts'

// RFC 5769, 2.1: a check of an ICE agent.
const check = Buffer.from(
  '000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74' +
    '002400046e0001ff80290008932ff9b151263b36000600096576746a3a6836765920202000080014' +
    '9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf',
  'hex',
)
const credentials = { username: 'evtj:h6vY', password: 'VOkJxbRl1RmTxUk/WvJxBt' }

describe('a check', () => {
  test('is known by its name and password', () => {
    expect(readStun(check)?.type).toBe('request')
    expect(isCheckWith(check, credentials)).toBe(true)
    expect(isCheckWith(check, { ...credentials, username: 'evtj:h6vZ' })).toBe(false)
    expect(isCheckWith(check, { ...credentials, password: 'VOkJxbRl1RmTxUk/WvJxBs' })).toBe(false)
  })

  test('is refused when any byte before its integrity is changed', () => {
    for (let i = 0; i < check.length - 8; i++) {
      // Only the length field is not covered as it stands.
      if (i === 2 || i === 3) continue
      const changed = Buffer.from(check)
      changed[i]! ^= 1
      expect(isCheckWith(changed, credentials)).toBe(false)
    }
  })

  test('is answered with the address that it came from, under the same password', () => {
    const answer = answerCheck(check, { address: '192.0.2.1', port: 32_853 }, credentials.password)
    expect(readStun(answer)).toEqual({ type: 'response', transaction: readStun(check)?.transaction })
    expect(answer.readUInt16BE(2)).toBe(answer.length - 20)
    // RFC 5769, 2.2 shows this address as these bytes.
    expect(answer.toString('hex', 20, 32)).toBe('002000080001a147e112a643')
    expect(answer.readUInt16BE(32)).toBe(0x0008)
    expect(answer.readUInt16BE(56)).toBe(0x8028)
  })
})
