import fc from 'fast-check'
import type { HostCandidate } from '../../../protocol/call/candidate.ts'

const anyPrivate = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => `10.${bytes.join('.')}`)
const anyGlobal = fc.array(fc.nat(0xffff), { minLength: 7, maxLength: 7 }).map((groups) => {
  return ['2001', ...groups.map((group) => group.toString(16))].join(':')
})
const anyName = fc.uuid().map((uuid) => `${uuid}.local`)

/** A candidate that may be told to the other side of a call. */
export const anyCandidate: fc.Arbitrary<HostCandidate> = fc.record({
  address: fc.oneof(anyPrivate, anyGlobal, anyName),
  port: fc.integer({ min: 1_024, max: 65_535 }),
  priority: fc.integer({ min: 16_777_216, max: 2_147_483_647 }),
})
