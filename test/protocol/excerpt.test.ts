import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { inDomain } from '../../protocol/crypto/domains.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { entryKeys, openEntry, openHeader, readFrame } from '../../protocol/log/entry.ts'
import { encodeExcerpt } from '../../protocol/verification/excerpt.ts'
import type { Check } from '../../protocol/verification/report.ts'
import { verifyFile } from '../../protocol/verification/verify-file.ts'
import { Conversation, type Person, smallConversation } from '../support/conversation.ts'
import { mutantsOf } from '../support/mutants.ts'
import { remembering } from '../support/remembering.ts'

const primitives = remembering(sodiumPrimitives)
const limits = { bytes: 2 ** 30 }
const { conversation, people, ada, bo, cy } = smallConversation()
const chosen = new Map([
  [ada, [2]],
  [bo, [1]],
])
const excerpt = conversation.excerpt(people.ada, chosen)
const whole = encodeExcerpt(excerpt, people.ada.deviceSeed, primitives)

const verify = (bytes: Uint8Array, expected: readonly Person[] = []) =>
  verifyFile(bytes, { primitives, expect: expected.map(({ identity }) => toHex(identity)) })

function failuresOf(bytes: Uint8Array): string | readonly Check[] {
  try {
    return verify(bytes).report.checks.filter(({ outcome }) => outcome === 'failed')
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

const isRefused = (bytes: Uint8Array) => {
  const failures = failuresOf(bytes)
  return typeof failures === 'string' || failures.length > 0
}

function exported(content: CborValue, by: Person = people.ada): Uint8Array {
  const bytes = encodeCbor(content)
  const signature = primitives.sign(inDomain('excerpt', primitives.sha256(bytes)), by.deviceSeed)
  return encodeCbor(['parley-excerpt', 1, bytes, signature])
}

describe('an excerpt', () => {
  test('shows its messages and their authors, and says that the rest was left out', () => {
    const { report, messages } = verify(whole, [people.ada, people.bo])
    expect(report).toMatchObject({ kind: 'excerpt', ok: true, messages: 2, withheld: 0, room: { name: 'Kitchen' } })
    expect(messages.map(({ name, text, placed }) => `${name}: ${text} ${placed}`)).toEqual([
      'Bo: Hello, Ada. false',
      'Ada: Yes. false',
    ])
    expect(report.checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'signatures passed',
      'export passed',
      'inclusion passed',
      'entries passed',
      'membership passed',
      'causality waiting',
      'forks passed',
      'checkpoints waiting',
      'completeness waiting',
      'completeness waiting',
      'completeness waiting',
      'authors passed',
    ])
    const left = report.checks.filter(({ name }) => name === 'completeness').map(({ text }) => text)
    expect(left).toContain('2 of the 3 entries of this log are here: the rest was left out')
    expect(report.notProven[0]).toMatch(/^What was left out: whoever exported this chose the messages/)
  })

  test('holds nothing of what was left out but hashes and sizes', () => {
    const left = [ada.blocks[1]!, cy.blocks[0]!, cy.blocks[1]!]
    const keys = [ada.keys[1]!, cy.keys[0]!, cy.keys[1]!].flatMap(({ header, body }) => [header, body])
    for (const bytes of [...left, ...keys]) expect(toHex(whole)).not.toContain(toHex(bytes))
  })

  test('grows with the logarithm of what it is taken from', () => {
    const sizes = [10, 1_000].map((length) => {
      const room = new Conversation(people.ada)
      const host = room.writer(people.ada).createRoom('Kitchen')
      while (host.length < length) host.say('A text that is always of the same length.')
      return encodeExcerpt(room.excerpt(people.ada, new Map([[host, [5]]])), people.ada.deviceSeed, primitives).length
    })
    expect(sizes[1]! - sizes[0]!).toBeLessThan(2 * 10 * 40 + 10 * 40)
  })

  test('of any entries of any conversation verifies', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 }), { maxLength: 30 }), fc.infiniteStream(fc.boolean()), (by, picks) => {
        const room = new Conversation(people.ada)
        const host = room.writer(people.ada).createRoom('Kitchen')
        const writers = [host, room.writer(people.bo).join(host), room.writer(people.cy).join(host)]
        const cited = new Map<string, number>([[`0 0`, 1]])
        for (const who of by) {
          const news = writers.filter((each, i) => i !== who && each.length > (cited.get(`${who} ${i}`) ?? 1))
          for (const each of news) cited.set(`${who} ${writers.indexOf(each)}`, each.length)
          writers[who]!.say('Hm.', ...news)
        }
        const some = new Map(
          writers.map(
            (each) => [each, each.blocks.flatMap((_, i) => (i > 0 && picks.next().value ? [i] : []))] as const,
          ),
        )
        const bytes = encodeExcerpt(room.excerpt(people.ada, some), people.ada.deviceSeed, primitives)
        expect(failuresOf(bytes)).toEqual([])
        expect(verify(bytes).messages).toHaveLength([...some.values()].flat().length)
      }),
      { numRuns: 50 },
    )
  })
})

describe('an excerpt that was changed', () => {
  test('is refused, whichever byte it is', () => {
    const accepted: number[] = []
    for (let at = 0; at < whole.length; at++) {
      const changed = Uint8Array.from(whole)
      changed[at]! ^= 1 << (at % 8)
      if (!isRefused(changed)) accepted.push(at)
    }
    expect(accepted).toEqual([])
  }, 60_000)

  test('is refused as a bundle: what is signed says which of the two it is', () => {
    const [, , content, signature] = decodeCbor(whole, limits) as readonly CborValue[]
    expect(failuresOf(encodeCbor(['parley-bundle', 1, content!, signature!]))).toBe('encoding/unexpected-type')
  })

  test('and signed again by its exporter fails, but where the exporter left out more, or chose another time', () => {
    const [, , content] = decodeCbor(whole, limits) as readonly CborValue[]
    const accepted = mutantsOf(decodeCbor(content as Uint8Array, limits)).filter(
      ({ value }) => !isRefused(exported(value)),
    )
    const isLess = (path: readonly number[], how: string) => how === 'dropped' && path[0] === 1
    const isTime = (path: readonly number[]) => path[0] === 2 && path[1] === 1
    expect(accepted.filter(({ path, how }) => !isLess(path, how) && !isTime(path))).toEqual([])
    expect(
      accepted
        .filter(({ path, how }) => isLess(path, how))
        .map(({ path }) => path.length)
        .sort(),
    ).toEqual([2, 4, 4])
  })

  test('says which entry is not in its log', () => {
    const [log, ...others] = excerpt.logs
    const forged = {
      ...log!,
      entries: log!.entries.map((each, i) => (i === 1 ? { ...each, block: cy.blocks[1]! } : each)),
    }
    const bytes = encodeExcerpt({ ...excerpt, logs: [forged, ...others] }, people.ada.deviceSeed, primitives)
    expect(failuresOf(bytes)).toMatchObject([
      { name: 'inclusion', code: 'log/inclusion', where: expect.stringMatching(/\/[12]$/) },
      { name: 'entries', code: 'entry/commitment' },
    ])
  })
})

describe('claims in an excerpt', () => {
  const lying = (depth: number) => {
    const lied = smallConversation()
    lied.ada.write({ type: 'message-sent', text: 'Hm.' }, [lied.bo], { depth })
    const some = new Map([
      [lied.ada, [3]],
      [lied.bo, [1]],
    ])
    return encodeExcerpt(lied.conversation.excerpt(people.ada, some), people.ada.deviceSeed, primitives)
  }

  test('of a depth no greater than what is cited fail', () => {
    expect(failuresOf(lying(4))).toMatchObject([{ name: 'causality', code: 'ordering/depth' }])
  })

  test('of a depth that is too great pass, for what it rests on is not here: the report calls it a claim', () => {
    const { report } = verify(lying(2 ** 40))
    expect(report.ok).toBe(true)
    expect(report.checks.find(({ name }) => name === 'causality')!.text).toContain('as they claim')
    expect(report.notProven.join()).toContain('depths are claims')
  })
})

describe('whoever has an excerpt, and nothing else,', () => {
  test('opens no neighbour with the keys that are in it', () => {
    for (const writer of [ada, bo, cy]) {
      for (const [index, block] of writer.blocks.entries()) {
        const isShown = excerpt.logs.some(({ entries }) => entries.some((each) => each.block === block))
        if (isShown) continue
        const place = { room: conversation.room, log: writer.key, index }
        for (const { keys } of excerpt.logs.flatMap(({ entries }) => entries)) {
          const { header, body } = keys as { header: Uint8Array; body: Uint8Array }
          expect(() => openEntry(block, place, { header, body }, primitives)).toThrow()
          const bodyKeyHash = primitives.sha256(body)
          expect(() => openHeader(block, place, { header, bodyKeyHash }, primitives)).toThrow()
        }
      }
    }
  })

  test('derives no key of a neighbour and no way into the room from any 32 bytes of it', () => {
    const { salt } = readFrame(ada.blocks[1]!)
    const place = { room: conversation.room, log: ada.key, index: 1 }
    const secrets = new Set(
      [conversation.secret, conversation.inviteSeed, ...Object.values(conversation.secrets)].map(toHex),
    )
    const invite = toHex(primitives.publicKey(conversation.inviteSeed))
    for (let at = 0; at + 32 <= whole.length; at++) {
      const bytes = whole.subarray(at, at + 32)
      expect(secrets.has(toHex(bytes))).toBe(false)
      expect(toHex(primitives.publicKey(bytes))).not.toBe(invite)
      expect(toHex(entryKeys(bytes, place, salt, primitives).body)).not.toBe(toHex(ada.keys[1]!.body))
    }
  })
})
