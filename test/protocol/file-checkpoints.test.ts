import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { inDomain } from '../../protocol/crypto/domains.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type Bundle, encodeBundle } from '../../protocol/verification/bundle.ts'
import type { Report } from '../../protocol/verification/report.ts'
import type { ShownCheckpoint } from '../../protocol/verification/shown-checkpoint.ts'
import { verifyBundle } from '../../protocol/verification/verify-bundle.ts'
import { makePerson, type Person, smallConversation } from '../support/conversation.ts'
import { remembering } from '../support/remembering.ts'

const primitives = remembering(sodiumPrimitives)
const { conversation, people, ada, bo, cy } = smallConversation()
const { ada: owner, bo: first, cy: second } = people
const stranger = makePerson('Di')

const bundle = (...checkpoints: ShownCheckpoint[]): Bundle => ({ ...conversation.bundle(owner), checkpoints })
const written = (content: Bundle) => encodeBundle(content, owner.deviceSeed, primitives)
const verify = (content: Bundle) => verifyBundle(written(content), { primitives })
const checks = ({ checks: all }: Report) => all.filter(({ name }) => name === 'checkpoints')
const idOf = (person: Person) => toHex(person.identity)

/** What a report says of witnesses; null where the file is refused. */
function shownBy(bytes: Uint8Array): string | null {
  try {
    const { report, messages } = verifyBundle(bytes, { primitives })
    return report.ok ? JSON.stringify([report.witnessed, messages]) : null
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

describe('a bundle with a checkpoint that others have signed', () => {
  const { report, messages } = verify(bundle(conversation.checkpoint(owner, [first, second])))

  test('says of each log who but its author has witnessed it, up to where, and when', () => {
    const [byFirst, bySecond] = [first, second].map((person, i) => ({
      identity: idOf(person),
      time: 1_700_000_061_000 + i * 1_000,
    }))
    const wanted = [
      { log: ada.id, length: ada.length, people: [byFirst, bySecond] },
      { log: bo.id, length: bo.length, people: [bySecond] },
      { log: cy.id, length: cy.length, people: [byFirst] },
    ]
    expect(report.witnessed).toEqual(wanted.sort((a, b) => (a.log < b.log ? -1 : 1)))
    expect(checks(report)).toEqual([
      {
        name: 'checkpoints',
        outcome: 'passed',
        text: '3 of 3 logs witnessed by others than their authors, 2 people in all',
      },
    ])
  })

  test('says of each message how many people have witnessed it, and when the last of them had', () => {
    expect(messages.map(({ text, witnessed }) => [text, witnessed])).toEqual([
      ['Hello, Bo and Cy.', { people: 2, since: 1_700_000_062_000 }],
      ['Hello, Ada.', { people: 1, since: 1_700_000_062_000 }],
      ['Tea?', { people: 1, since: 1_700_000_061_000 }],
      ['Yes.', { people: 2, since: 1_700_000_062_000 }],
    ])
  })

  test('says what the witnesses do not prove', () => {
    const all = report.notProven.join(' ')
    expect(all).toContain('2 other people say, by their own clocks')
    expect(all).toContain('they may lie together')
    expect(all).toContain('not anchored to a public chain'.slice(4))
  })
})

test('a bundle with no checkpoint, or one that nobody else has signed, says that it shows no time', () => {
  for (const content of [bundle(), bundle(conversation.checkpoint(owner, []))]) {
    const { report, messages } = verify(content)
    expect(report.ok).toBe(true)
    expect(checks(report)).toMatchObject([
      { outcome: 'waiting', text: expect.stringContaining('nobody but the authors') },
    ])
    expect(messages.every(({ witnessed }) => witnessed === null)).toBe(true)
    expect(report.notProven).toContainEqual(expect.stringMatching(/^When anything was written: times are by .* yet\.$/))
  }
})

test('a message that came after the checkpoint is not witnessed, and those before it are', () => {
  const small = smallConversation()
  const checkpoint = small.conversation.checkpoint(owner, [first, second])
  small.ada.say('Later.')
  const { messages } = verify({ ...small.conversation.bundle(owner), checkpoints: [checkpoint] })
  expect(messages.map(({ text, witnessed }) => [text, witnessed?.people ?? 0])).toEqual([
    ['Hello, Bo and Cy.', 2],
    ['Hello, Ada.', 1],
    ['Tea?', 1],
    ['Yes.', 2],
    ['Later.', 0],
  ])
})

describe('an exporter, who signs what they like,', () => {
  const whole = written(bundle(conversation.checkpoint(owner, [first, second])))
  const [, , content] = decodeCbor(whole, { bytes: 2 ** 20 }) as readonly CborValue[]
  const bytes = content as Uint8Array
  const parts = decodeCbor(bytes, { bytes: 2 ** 20 }) as readonly CborValue[]
  const start = bytes.length - encodeCbor(parts[4]!).length

  function signedAgain(changed: Uint8Array): Uint8Array {
    const signature = primitives.sign(inDomain('bundle', primitives.sha256(changed)), owner.deviceSeed)
    return encodeCbor(['parley-bundle', 1, changed, signature])
  }

  test('cannot change a bit of a checkpoint', () => {
    expect(shownBy(signedAgain(bytes))).not.toBeNull()
    fc.assert(
      fc.property(fc.integer({ min: start * 8, max: bytes.length * 8 - 1 }), (bit) => {
        const changed = Uint8Array.from(bytes)
        changed[bit >> 3]! ^= 1 << (bit & 7)
        expect(shownBy(signedAgain(changed))).toBeNull()
      }),
      { numRuns: 400 },
    )
  }, 60_000)

  test('cannot show more witnesses than there are, nor earlier ones, by leaving some of it out', () => {
    const most = verify(bundle(conversation.checkpoint(owner, [first, second])))
    const wordsIn = ({ witnessed }: Report) =>
      witnessed.flatMap(({ log, people: by }) => by.map(({ identity, time }) => ({ log, identity, time })))
    fc.assert(
      fc.property(fc.subarray([first, second, stranger]), fc.subarray([0, 1, 2]), (by, kept) => {
        const { note, heads } = conversation.checkpoint(owner, by)
        const { report } = verify(bundle({ note, heads: heads.filter((_, i) => kept.includes(i)) }))
        expect(report.ok).toBe(true)
        for (const { log, identity, time } of wordsIn(report)) {
          const known = wordsIn(most.report).find((each) => each.log === log && each.identity === identity)
          expect(time).toBe(known?.time)
        }
      }),
    )
  })

  test('cannot count people whom nothing in the file lets in, nor themself, nor an author of their own log', () => {
    const { report } = verify(bundle(conversation.checkpoint(owner, [owner, stranger, first])))
    expect(report.ok).toBe(true)
    expect(report.witnessed.map(({ log, people: by }) => [log, by.map(({ identity }) => identity)])).toEqual(
      [
        [ada.id, [idOf(first)]],
        [cy.id, [idOf(first)]],
      ].sort(([a], [b]) => (a! < b! ? -1 : 1)),
    )
  })

  test('cannot show another history of a log than the one that others have logged', () => {
    const other = smallConversation()
    other.bo.say('Goodbye.')
    const rewritten = smallConversation()
    rewritten.bo.say('I said nothing of the kind.')
    const checkpoint = other.conversation.checkpoint(owner, [first, second])
    const { report } = verify({ ...rewritten.conversation.bundle(owner), checkpoints: [checkpoint] })
    expect(checks(report)).toMatchObject([{ outcome: 'failed', code: 'checkpoint/head', where: other.bo.id }])
  })

  test('cannot cut off what others have logged without its being told', () => {
    const { logs, ...rest } = bundle(conversation.checkpoint(owner, [first, second]))
    const shorter = logs.map((log) => (toHex(log.identity) === idOf(second) ? cy.bundled(1) : log))
    const { report } = verify({ ...rest, logs: shorter })
    const told = report.checks.filter(({ name, where }) => name === 'completeness' && where === cy.id)
    expect(told).toMatchObject([{ outcome: 'waiting', text: expect.stringContaining(`up to length ${cy.length}`) }])
  })
})
