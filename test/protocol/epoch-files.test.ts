import { describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { encodeCbor } from '../../protocol/encoding.ts'
import {
  type EntryKeys,
  type EntryPlace,
  keysFrom,
  openEntry,
  openHeader,
  openOwnHeader,
  readFrame,
} from '../../protocol/log/entry.ts'
import { isClosed } from '../../protocol/log/opened.ts'
import { type Bundle, type BundledLog, encodeBundle } from '../../protocol/verification/bundle.ts'
import { type Disclosure, disclosedBy, openDisclosed, withholdBody } from '../../protocol/verification/disclosure.ts'
import { encodeExcerpt } from '../../protocol/verification/excerpt.ts'
import { verifyFile } from '../../protocol/verification/verify-file.ts'
import type { Writer } from '../support/conversation.ts'
import { type EpochWriter, epochConversation } from '../support/epoch-conversation.ts'
import { bodyOpensWith } from '../support/epoch-secrets.ts'
import { codeOf } from '../support/vectors.ts'

const { conversation, people, ada, bo, cy } = await epochConversation()
const writers = [ada, bo, cy].map(({ writer }) => writer)
const logOf = (device: Uint8Array) => writers.find(({ owner }) => owner.device === device)!
/** Where Ada says these things. */
const [hello, question, fleeting, never] = [3, 4, 5, 6] as const

type Choice = (keys: Disclosure, log: Writer, index: number) => Disclosure | null
const everything: Choice = (keys, { blocks }, index) =>
  disclosedBy('all', keys as EntryKeys, readFrame(blocks[index]!, 1).class, primitives)
const headers: Choice = (keys, { blocks }, index) =>
  disclosedBy('headers', keys as EntryKeys, readFrame(blocks[index]!, 1).class, primitives)
/** What is left once something was done to one of Ada's entries. */
const butOf =
  (at: number, keys: (all: EntryKeys) => Disclosure | null): Choice =>
  (all, log, index) =>
    log === ada.writer && index === at ? keys(all as EntryKeys) : everything(all, log, index)

function bundleOf(choice: Choice): Bundle {
  const bundle = conversation.bundle(people.ada)
  const chosen = (log: BundledLog): BundledLog => {
    const writer = logOf(log.device)
    return { ...log, keys: log.keys.map((keys, index) => choice(keys!, writer, index)) }
  }
  return { ...bundle, logs: bundle.logs.map(chosen) }
}

const written = (bundle: Bundle) => encodeBundle(bundle, people.ada.deviceSeed, primitives)
const verify = (bytes: Uint8Array, who = Object.values(people)) =>
  verifyFile(bytes, { primitives, expect: who.map(({ identity }) => toHex(identity)) })
const linesOf = (name: string, { report }: ReturnType<typeof verify>) =>
  report.checks.flatMap((check) => (check.name === name ? [`${check.outcome}: ${check.text}`] : []))

describe('a bundle of a room of suite 1', () => {
  const whole = verify(written(bundleOf(everything)))

  test('shows what was said, and that each epoch is sealed to the devices of the room', () => {
    expect(whole.report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(whole.messages.map(({ text }) => text)).toEqual([
      'Hello, Bo and Cy.',
      'Hello, Ada.',
      'Who took the key?',
      'Never mind.',
    ])
    expect(linesOf('epochs', whole).join()).toMatch(/^passed: 2 epochs/)
  })

  test('gives the body of what is ephemeral to nobody', () => {
    expect(whole.report.read).toEqual({ whole: 12, header: 1, none: 0 })
    const leaky = verify(written(bundleOf(butOf(fleeting, (keys) => keys))))
    expect(leaky.report.checks).toContainEqual(
      expect.objectContaining({ name: 'export', outcome: 'failed', code: 'bundle/disclosure' }),
    )
  })

  test('with the keys of headers alone still shows to whom each epoch is sealed', () => {
    const found = verify(written(bundleOf(headers)))
    expect(found.report).toMatchObject({ ok: true, withheld: 4 })
    expect(linesOf('epochs', found)).toEqual(linesOf('epochs', whole))
    expect(JSON.stringify(found)).not.toContain('Hello')
  })

  test('says of an entry that it has no key of that it was not checked, and shows the others in their order', () => {
    const found = verify(written(bundleOf(butOf(question, () => null))))
    expect(found.report).toMatchObject({ ok: true, read: { whole: 11, header: 1, none: 1 } })
    expect(found.messages.map(({ id }) => id)).toEqual(
      whole.messages.filter(({ text }) => text !== 'Who took the key?').map(({ id }) => id),
    )
    expect(linesOf('entries', found).join()).toContain('waiting: 1 entry not checked: no key')
    expect(linesOf('entries', found).join()).not.toContain('passed')
    expect(found.report.notProven.join()).toContain('had no key')
  })

  test('calls the place of what stands behind an entry without a key a claim', () => {
    const found = verify(written(bundleOf(butOf(question, () => null))))
    expect(found.messages.map(({ placed }) => placed)).toEqual([true, true, false])
  })

  test('fails where it withholds to whom was sealed', () => {
    for (const keys of [(all: EntryKeys) => withholdBody(all, 'message', primitives), () => null]) {
      const found = verify(written(bundleOf(butOf(2, keys))))
      expect(found.report.checks).toContainEqual(
        expect.objectContaining({ name: 'export', outcome: 'failed', code: 'bundle/disclosure' }),
      )
    }
  })

  test('names the device that an author sealed to, or left out, and should not have', async () => {
    const other = await epochConversation()
    await other.bo.start([other.ada, other.bo], other.ada)
    const { checks } = verifyFile(
      encodeBundle(other.conversation.bundle(other.people.ada), other.people.ada.deviceSeed, primitives),
      { primitives },
    ).report
    const wrong = checks.filter(({ name, outcome }) => name === 'epochs' && outcome === 'failed')
    expect(wrong).toMatchObject([{ code: 'epoch/recipients', where: `${other.bo.writer.id}/4` }])
    expect(wrong[0]!.text).toContain(`not to ${toHex(other.people.cy.device)}`)
  })
})

/** Every 32 bytes of a file, and of all that its keys open. */
function candidatesIn(bytes: Uint8Array, logs: readonly BundledLog[]): Uint8Array[] {
  const texts = [bytes]
  for (const { device, blocks, keys } of logs) {
    for (const [index, block] of blocks.entries()) {
      const opened = openDisclosed(block, placeOf(logOf(device), index), keys[index] ?? null, primitives)
      if (isClosed(opened)) continue
      texts.push(
        encodeCbor([opened.header.kind, ...opened.header.heads.flatMap(({ log, treeHash }) => [log, treeHash])]),
      )
      if ('body' in opened) texts.push(opened.body)
    }
  }
  const found = new Map<string, Uint8Array>()
  for (const text of texts) {
    for (let at = 0; at + 32 <= text.length; at++) {
      found.set(toHex(text.subarray(at, at + 32)), text.subarray(at, at + 32))
    }
  }
  return [...found.values()]
}

function placeOf(log: Writer, index: number): EntryPlace {
  return { room: conversation.room, log: log.key, index, suite: 1 }
}

/** Which parts of an entry some bytes open, as its key or as what its key derives from. */
function opensBy(bytes: Uint8Array, log: Writer, index: number): string[] {
  const [block, place] = [log.blocks[index]!, placeOf(log, index)]
  const derived = keysFrom({ header: bytes, body: bytes }, place, readFrame(block, 1).salt, primitives)
  const opensHeader = [bytes, derived.header].some(
    (key) => codeOf(() => openOwnHeader(block, place, key, primitives)) === undefined,
  )
  const opensBody = [bytes, derived.body].some((key) => bodyOpensWith(block, place, key))
  return [...(opensHeader ? ['header'] : []), ...(opensBody ? ['body'] : [])]
}

describe('whoever has a bundle of a room of suite 1, and nothing else,', () => {
  /** One message is withheld, the next has no key. */
  const choice: Choice = (keys, log, index) => {
    if (log === ada.writer && index === question) return withholdBody(keys as EntryKeys, 'message', primitives)
    return log === ada.writer && index === never ? null : everything(keys, log, index)
  }
  const bundle = bundleOf(choice)
  const candidates = candidatesIn(written(bundle), bundle.logs)
  const openedBy = (all: readonly Uint8Array[], index: number) => [
    ...new Set(all.flatMap((bytes) => opensBy(bytes, ada.writer, index))),
  ]

  test('opens no text that is withheld, and nothing of an entry without a key, with any 32 bytes of it', () => {
    expect(verify(written(bundle)).report.ok).toBe(true)
    expect(openedBy(candidates, question)).toEqual(['header'])
    expect(openedBy(candidates, fleeting)).toEqual(['header'])
    expect(openedBy(candidates, never)).toEqual([])
    // What is disclosed is found in this way.
    expect(openedBy(candidates, hello)).toEqual(['header', 'body'])
  }, 60_000)

  test('finds none of the secrets that lead to more than one entry', () => {
    const inFile = new Set(candidates.map(toHex))
    const secrets = [ada, bo].flatMap((each: EpochWriter) => each.secrets.flatMap((epoch) => Object.values(epoch)))
    expect(secrets).toHaveLength(6)
    for (const secret of [conversation.secret, ...Object.values(conversation.secrets), ...secrets]) {
      expect(inFile.has(toHex(secret))).toBe(false)
    }
    // Any of them would open something, if it were there.
    expect(openedBy([ada.secrets[0]!.header], never)).toEqual(['header'])
  })

  test('opens one message alone with the keys of that message', () => {
    const messages = [ada.writer, bo.writer].flatMap((log) =>
      log.blocks.flatMap((block, index) => (readFrame(block, 1).suite === 1 ? [{ log, index }] : [])),
    )
    expect(messages).toHaveLength(5)
    for (const chosen of messages) {
      const keys = chosen.log.keys[chosen.index]!
      for (const other of messages) {
        if (other === chosen) continue
        const [block, place] = [other.log.blocks[other.index]!, placeOf(other.log, other.index)]
        expect(codeOf(() => openEntry(block, place, keys, primitives))).toBe('entry/commitment')
        const hashed = { header: keys.header, bodyKeyHash: primitives.sha256(keys.body) }
        expect(codeOf(() => openHeader(block, place, hashed, primitives))).toBe('entry/commitment')
        expect([keys.header, keys.body].flatMap((key) => opensBy(key, other.log, other.index))).toEqual([])
      }
      expect(
        openEntry(chosen.log.blocks[chosen.index]!, placeOf(chosen.log, chosen.index), keys, primitives).frame.suite,
      ).toBe(1)
    }
  })
})

describe('an excerpt of a room of suite 1', () => {
  const chosen = new Map([
    [ada.writer, [question]],
    [bo.writer, [3]],
  ])
  const excerpt = conversation.excerpt(people.ada, chosen)
  const bytes = encodeExcerpt(excerpt, people.ada.deviceSeed, primitives)

  test('shows the chosen messages, and never says that their epochs were checked', () => {
    const found = verify(bytes, [people.ada, people.bo])
    expect(found.report.ok).toBe(true)
    expect(found.messages.map(({ text }) => text)).toEqual(['Hello, Ada.', 'Who took the key?'])
    expect(linesOf('epochs', found)).toEqual([expect.stringMatching(/^waiting: /)])
  })

  test('opens no neighbour of a message that is in it, with any 32 bytes of it', () => {
    const shown = excerpt.logs.map(({ device, entries, ...log }): BundledLog => {
      const all = logOf(device).blocks
      return {
        ...log,
        device,
        blocks: all,
        keys: all.map((_, i) => entries.find(({ index }) => index === i)?.keys ?? null),
      }
    })
    const candidates = candidatesIn(bytes, shown)
    for (const index of [hello, fleeting, never]) {
      expect(candidates.flatMap((each) => opensBy(each, ada.writer, index))).toEqual([])
    }
    expect(new Set(candidates.flatMap((each) => opensBy(each, ada.writer, question)))).toEqual(
      new Set(['header', 'body']),
    )
  }, 60_000)
})
