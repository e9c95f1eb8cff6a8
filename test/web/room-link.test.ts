import { beforeEach, describe, expect, test } from 'vitest'
import { idsIn } from '../../web/state/expected-ids.ts'
import { codeOfLink, keepPendingLink, takePendingLink } from '../../web/state/room-link.ts'

beforeEach(() => localStorage.clear())

describe('a pasted link', () => {
  test.each([
    'http://localhost:7717/#/join/AQx-_9',
    'http://localhost:7718/#/join/AQx-_9',
    'parley:join/AQx-_9',
    '  AQx-_9\n',
    'Join us: http://localhost:7717/#/join/AQx-_9 see you there',
  ])('gives its code: %s', (link) => {
    expect(codeOfLink(link)).toBe('AQx-_9')
  })
})

describe('a link opened before one was let in', () => {
  test('is kept, and taken once', () => {
    keepPendingLink('AQ', 1000)
    expect(takePendingLink(2000)).toBe('AQ')
    expect(takePendingLink(2000)).toBeNull()
  })

  test('is not kept for longer than a day', () => {
    keepPendingLink('AQ', 0)
    expect(takePendingLink(24 * 60 * 60_000)).toBeNull()
  })
})

test('ids are found in whatever was pasted, each once', () => {
  const id = 'ab'.repeat(32)
  expect(idsIn(`Ada: ${id.toUpperCase()},\n${id} and ${id}ff`)).toEqual([id])
})
