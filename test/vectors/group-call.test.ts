import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { meshSeats, noteEntry, type Roster, seatsAmong, staysIn } from '../../protocol/call/roster.ts'
import { linkTunnel, offerHash } from '../../protocol/call/signal.ts'
import { type OrderKey, orderText } from '../../protocol/ordering.ts'
import { casesOf, everyPrimitives } from '../support/vectors.ts'

interface Given {
  readonly call: string
  readonly entries: readonly {
    readonly kind: 'call-joined' | 'call-left'
    readonly call: string
    readonly device: string
    readonly order: Omit<OrderKey, 'log'> & { readonly log: string }
  }[]
  readonly there: readonly string[]
}

const seated = casesOf<Given, { seats: string[]; isFanOut: boolean }>('group-call', 'seats')

describe('the seats of a call', () => {
  for (const { id, title, input, expect: wanted } of seated) {
    test(`${id}: ${title}`, () => {
      const roster = input.entries.reduce<Roster>((known, { kind, call, device, order: at }) => {
        const order = orderText({ ...at, log: fromHex(at.log) })
        const stay = kind === 'call-joined' ? { call, identity: device, device, callKey: '', order } : null
        return noteEntry(known, { device, order, stay })
      }, new Map())
      const seats = seatsAmong(staysIn(roster, input.call), ({ device }) => input.there.includes(device))
      expect(seats.map(({ device }) => device)).toEqual(wanted.seats)
      expect(seats.length > meshSeats).toBe(wanted.isFanOut)
    })
  }
})

describe.each(everyPrimitives)('the name of a link, with %s', (_, primitives) => {
  const cases = casesOf<{ plaintext: string }, { tunnel: string }, { hash: string }>('group-call', 'links')
  for (const { id, title, input, steps, expect: wanted } of cases) {
    test(`${id}: ${title}`, () => {
      const hash = offerHash(fromHex(input.plaintext), primitives)
      expect(toHex(hash)).toBe(steps.hash)
      expect(toHex(linkTunnel(hash))).toBe(wanted.tunnel)
    })
  }
})
