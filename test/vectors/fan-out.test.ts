import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { decodeFanOut, encodeFanOut, type FanOutMessage, isFanOut, type Layer } from '../../protocol/call/fan-out.ts'
import { casesOf, codeOf } from '../support/vectors.ts'

/** A message as it stands in the vectors: bytes in hex, sets as lists, large numbers as text. */
interface Written {
  readonly type: FanOutMessage['type']
  readonly payload?: string
  readonly session?: string
  readonly layers?: readonly Layer[]
  readonly time?: string
}

const cases = casesOf<{ call: string; message: Written; datagram: string }, { datagram: string }>('fan-out', 'format')

function readMessage(written: Written): FanOutMessage {
  const { payload, session, layers, time } = written
  return {
    ...written,
    ...(payload !== undefined && { payload: fromHex(payload) }),
    ...(session !== undefined && { session: fromHex(session), layers: new Set(layers) }),
    ...(time !== undefined && { time: BigInt(time) }),
  } as FanOutMessage
}

describe('datagrams of fan-out', () => {
  for (const { id, title, input, expect: wanted, error } of cases) {
    test(`${id}: ${title}`, () => {
      const call = fromHex(input.call)
      if (error) return expect(codeOf(() => decodeFanOut(call, fromHex(input.datagram)))).toBe(error)
      const message = readMessage(input.message)
      expect(toHex(encodeFanOut(call, message))).toBe(wanted.datagram)
      expect(decodeFanOut(call, fromHex(wanted.datagram))).toEqual(message)
      expect(isFanOut(fromHex(wanted.datagram))).toBe(true)
    })
  }
})
