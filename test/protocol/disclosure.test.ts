import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { openEntry, openHeader, readFrame } from '../../protocol/log/entry.ts'
import { type Bundle, type BundledLog, encodeBundle } from '../../protocol/verification/bundle.ts'
import { withholdBody } from '../../protocol/verification/disclosure.ts'
import { verifyFile } from '../../protocol/verification/verify-file.ts'
import { type Person, smallConversation } from '../support/conversation.ts'
import { codeOf } from '../support/vectors.ts'

const { conversation, people, bo } = smallConversation()
const open = conversation.bundle(people.ada)
const expected = Object.values(people)

const sealed = (log: BundledLog): BundledLog => ({ ...log, keys: [] })
const headersOnly = (log: BundledLog): BundledLog => ({
  ...log,
  keys: log.keys.map((keys, i) =>
    keys && 'body' in keys ? withholdBody(keys, readFrame(log.blocks[i]!).class, primitives) : keys,
  ),
})

function verify(bundle: Bundle, who: readonly Person[] = expected) {
  const bytes = encodeBundle(bundle, people.ada.deviceSeed, primitives)
  return verifyFile(bytes, { primitives, expect: who.map(({ identity }) => toHex(identity)) })
}

const changed = (change: (log: BundledLog) => BundledLog): Bundle => ({ ...open, logs: open.logs.map(change) })
const outcomes = ({ report }: ReturnType<typeof verify>) =>
  report.checks.map(({ name, outcome }) => `${name} ${outcome}`).sort()

describe('a bundle with the keys of headers alone', () => {
  const found = verify(changed(headersOnly))

  test('shows who wrote when, and in which order, and no text', () => {
    const whole = verify(open)
    expect(found.messages).toEqual(whole.messages.map((message) => ({ ...message, text: null })))
    expect(found.report).toMatchObject({ ok: true, messages: 4, withheld: 4, authors: whole.report.authors })
    expect(JSON.stringify(found)).not.toContain('Hello')
  })

  test('waits for nothing but what the entries say, and for witnesses', () => {
    expect(outcomes(found)).toEqual([
      'authors passed',
      'causality passed',
      'checkpoints waiting',
      'completeness passed',
      'entries waiting',
      'export passed',
      'forks passed',
      'membership passed',
      'signatures passed',
    ])
    expect(found.report.notProven.at(-1)).toContain('What the messages say whose texts are not disclosed')
  })

  test('tells what is withheld from what is broken', () => {
    const log = headersOnly(bo.bundled())
    const keys = log.keys.map((each) =>
      !each || 'body' in each
        ? each
        : { ...each, bodyKeyHash: each.bodyKeyHash.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) },
    )
    const { report } = verify(
      changed((each) => (each.device === people.bo.device ? { ...log, keys } : headersOnly(each))),
    )
    expect(report.checks.filter(({ name }) => name === 'entries')).toMatchObject([
      { outcome: 'failed', code: 'entry/commitment', where: `${bo.id}/1` },
      { outcome: 'waiting', text: expect.stringContaining('is not disclosed') },
    ])
  })
})

describe('a bundle without a key', () => {
  const found = verify(changed(sealed))

  test('shows that nothing was changed, and calls nobody an author', () => {
    expect(found.messages).toEqual([])
    expect(found.report).toMatchObject({ ok: true, room: { name: '' }, messages: 0, authors: [] })
    expect(outcomes(found)).toEqual([
      'authors waiting',
      'causality waiting',
      'checkpoints waiting',
      'completeness waiting',
      'entries waiting',
      'export passed',
      'forks passed',
      'membership waiting',
      'signatures passed',
    ])
  })

  test('still fails with a byte of a block changed', () => {
    const blocks = bo.blocks.map((block, i) =>
      i === 1 ? block.map((byte, at) => (at === 90 ? byte ^ 1 : byte)) : block,
    )
    const { report } = verify(changed((log) => sealed(log.device === people.bo.device ? { ...log, blocks } : log)))
    expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { name: 'signatures', code: 'log/signature', where: bo.id },
    ])
  })
})

test('a bundle with one log sealed shows the others, and calls the place of what cites it a claim', () => {
  const { report, messages } = verify(changed((log) => (log.device === people.bo.device ? sealed(log) : log)))
  expect(report.ok).toBe(true)
  expect(messages.map(({ text }) => text)).toEqual(['Hello, Bo and Cy.', 'Tea?', 'Yes.'])
  expect(messages.every(({ placed }) => !placed)).toBe(true)
})

test('the first entry of a log is never withheld while its log is open', () => {
  const hidden = (log: BundledLog): BundledLog => ({
    ...log,
    keys: log.keys.map((keys) => (keys && 'body' in keys ? withholdBody(keys, 'message', primitives) : keys)),
  })
  expect(codeOf(() => verify(changed(hidden)))).toBe('encoding/unexpected-type')
})

test('the key of a header opens no body', () => {
  const place = { room: conversation.room, log: bo.key, index: 1 }
  const keys = withholdBody(bo.keys[1]!, 'message', primitives)
  const { header, bodyKeyHash } = keys as Exclude<typeof keys, { body: Uint8Array }>
  expect(openHeader(bo.blocks[1]!, place, { header, bodyKeyHash }, primitives).header.kind).toBe('message-sent')
  for (const body of [header, bodyKeyHash]) {
    expect(codeOf(() => openEntry(bo.blocks[1]!, place, { header, body }, primitives))).toBe('entry/commitment')
  }
})
