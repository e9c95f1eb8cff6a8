import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sodiumPrimitives } from '../../node/sodium-primitives.ts'
import { compareBytes, concat, toHex } from '../../protocol/bytes.ts'
import { inDomain } from '../../protocol/crypto/domains.ts'
import { expand, extract } from '../../protocol/crypto/kdf.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type EntryKeys, entryKeys, openEntry, readFrame, sealEntry } from '../../protocol/log/entry.ts'
import { logKey } from '../../protocol/log/hypercore.ts'
import { classKey, roomSecrets } from '../../protocol/room/room-secrets.ts'
import { type Bundle, encodeBundle } from '../../protocol/verification/bundle.ts'
import type { Check, CheckName } from '../../protocol/verification/report.ts'
import { type Verified, verifyBundle } from '../../protocol/verification/verify-bundle.ts'
import { Conversation, makePerson, type Person, smallConversation } from '../support/conversation.ts'
import { isSame, type Mutant, mutantOf, mutantsOf } from '../support/mutants.ts'
import { remembering } from '../support/remembering.ts'

const primitives = remembering(sodiumPrimitives)
const limits = { bytes: 2 ** 30 }
const { conversation, people, ada, bo, cy } = smallConversation()
const bundle = conversation.bundle(people.ada)
const whole = encodeBundle(bundle, people.ada.deviceSeed, primitives)

function verify(bytes: Uint8Array, expected: readonly Person[] = []): Verified {
  return verifyBundle(bytes, { primitives, expect: expected.map(({ identity }) => toHex(identity)) })
}

/** What is wrong with a bundle: the code of the error it throws, or its checks that did not pass; nobody is expected, and no checkpoint is in it. */
function faultsOf(bytes: Uint8Array): string | readonly Check[] {
  try {
    return withoutWitnesses(verify(bytes).report.checks).filter(
      ({ name, outcome }) => name !== 'authors' && outcome !== 'passed',
    )
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

/** All but that nobody has witnessed what has no checkpoint. */
function withoutWitnesses(checks: readonly Check[]): readonly Check[] {
  return checks.filter(({ name, outcome }) => !(name === 'checkpoints' && outcome === 'waiting'))
}

function isRefused(bytes: Uint8Array): boolean {
  const faults = faultsOf(bytes)
  return typeof faults === 'string' || faults.some(({ outcome }) => outcome === 'failed')
}

/** Signed by whoever exports it, after whatever was done to its content. */
function exported(content: CborValue | Uint8Array, by: Person = people.ada): Uint8Array {
  const bytes = content instanceof Uint8Array ? content : encodeCbor(content)
  const signature = primitives.sign(inDomain('bundle', primitives.sha256(bytes)), by.deviceSeed)
  return encodeCbor(['parley-bundle', 1, bytes, signature])
}

function contentOf(bytes: Uint8Array): CborValue {
  const [, , content] = decodeCbor(bytes, limits) as readonly CborValue[]
  return decodeCbor(content as Uint8Array, limits)
}

describe('a whole bundle', () => {
  test('passes every check, with everybody expected, but that no checkpoint is here', () => {
    const { report } = verify(whole, Object.values(people))
    expect(report.ok).toBe(true)
    expect(report.room).toEqual({ id: toHex(conversation.room), name: 'Kitchen' })
    expect(report.checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'signatures passed',
      'export passed',
      'forks passed',
      'checkpoints waiting',
      'entries passed',
      'membership passed',
      'causality passed',
      'completeness passed',
      'authors passed',
    ])
  })

  test('shows its messages in the order of the room', () => {
    const { messages } = verify(whole)
    expect(messages.map(({ name, text }) => `${name}: ${text}`)).toEqual([
      'Ada: Hello, Bo and Cy.',
      'Bo: Hello, Ada.',
      'Cy: Tea?',
      'Ada: Yes.',
    ])
  })

  test('says how far the verification is', () => {
    const told: (readonly [number, number])[] = []
    verifyBundle(whole, { primitives, onProgress: (done, of) => told.push([done, of]) })
    expect(told.at(-1)).toEqual([7, 7])
  })
})

describe('a bundle of any conversation', () => {
  const anySaying = fc.record({ by: fc.nat({ max: 2 }), cites: fc.subarray([0, 1, 2]), time: fc.nat({ max: 5 }) })

  test('shows its messages by depth, clamped time, log and index', () => {
    fc.assert(
      fc.property(fc.array(anySaying, { maxLength: 12 }), (sayings) => {
        const room = new Conversation(people.ada)
        const writers = [people.ada, people.bo, people.cy].map((person) => room.writer(person))
        writers[0]!.createRoom('Kitchen')
        writers[1]!.join(writers[0]!)
        writers[2]!.join(writers[0]!)
        const cited = new Map<string, number>()
        for (const { by, cites, time } of sayings) {
          const advanced = cites
            .filter((of) => of !== by && writers[of]!.length > (cited.get(`${by} ${of}`) ?? (of === 0 ? 1 : 0)))
            .map((of) => {
              cited.set(`${by} ${of}`, writers[of]!.length)
              return writers[of]!
            })
          writers[by]!.write({ type: 'message-sent', text: 'Hm.' }, advanced, { time })
        }
        const clamped = writers.flatMap(({ id, key, headers }) =>
          headers.map(({ depth }, index) => ({
            id: `${id}/${index}`,
            depth,
            time: Math.max(...headers.slice(0, index + 1).map(({ time }) => time)),
            key,
            index,
          })),
        )
        clamped.sort((a, b) => a.depth - b.depth || a.time - b.time || compareBytes(a.key, b.key) || a.index - b.index)
        const { report, messages } = verify(encodeBundle(room.bundle(people.ada), people.ada.deviceSeed, primitives))
        expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([])
        expect(messages.map(({ id }) => id)).toEqual(clamped.filter(({ index }) => index > 0).map(({ id }) => id))
      }),
      { numRuns: 50 },
    )
  })
})

describe('a bundle with one byte changed', () => {
  test('is refused, whichever byte it is', () => {
    const accepted: number[] = []
    for (let at = 0; at < whole.length; at++) {
      const changed = Uint8Array.from(whole)
      changed[at]! ^= 1 << (at % 8)
      if (!isRefused(changed)) accepted.push(at)
    }
    expect(accepted).toEqual([])
  }, 60_000)

  test('is refused, whatever it is changed to', () => {
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Uint8Array.from(whole)
        changed[at]! ^= change
        expect(isRefused(changed)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  test('is refused when it is left out, or comes twice', () => {
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), (at) => {
        expect(isRefused(concat(whole.subarray(0, at), whole.subarray(at + 1)))).toBe(true)
        expect(isRefused(concat(whole.subarray(0, at + 1), whole.subarray(at)))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('a bundle that was cut off', () => {
  test('is refused, wherever it ends, and with anything behind it', () => {
    for (let end = 0; end < whole.length; end++) expect(typeof faultsOf(whole.subarray(0, end))).toBe('string')
    for (const behind of [Uint8Array.of(0), new Uint8Array(1_000), whole]) {
      expect(faultsOf(concat(whole, behind))).toMatch(/^encoding\//)
    }
  })
})

const named = ({ path, how }: Mutant) => `${path.join('.')} ${how}`

describe('a bundle whose exporter changed a field and signed it again', () => {
  const content = contentOf(whole)
  const mutants = mutantsOf(content)
  const logIds = bundle.logs.map((log) => toHex(logKey({ ...log, room: conversation.room }, primitives)))
  // The time of the export is the exporter's to say: content, third field, second item.
  const isTime = ({ path }: Mutant) => path[0] === 2 && path[1] === 1

  test('is not accepted as whole, but for the time of its export', () => {
    expect(mutants.length).toBeGreaterThan(400)
    const accepted = mutants.filter((mutant) => {
      const faults = faultsOf(exported(mutant.value))
      return typeof faults !== 'string' && faults.length === 0
    })
    expect(accepted.map(named).sort()).toEqual(accepted.filter(isTime).map(named).sort())
    expect(accepted.map(({ how }) => how).sort()).toEqual(['one more', 'very many'])
  })

  test('fails, unless a whole log is left out: then it lacks what others cite', () => {
    const waiting = mutants.filter((mutant) => !isTime(mutant) && !isRefused(exported(mutant.value)))
    expect(waiting.map(named)).toEqual(
      [...bundle.logs.entries()].filter(([, log]) => log.device !== people.ada.device).map(([i]) => `1.${i} dropped`),
    )
    for (const { value: without } of waiting) {
      const [missing, unplaced, ...more] = faultsOf(exported(without)) as readonly Check[]
      expect(missing).toMatchObject({ name: 'completeness', outcome: 'waiting', where: expect.any(String) })
      expect(unplaced).toMatchObject({
        name: 'completeness',
        text: expect.stringMatching(/^the place of \d messages? /),
      })
      expect(more).toEqual([])
    }
  })

  test('is told which check failed, and in which log', () => {
    for (const mutant of mutants) {
      const [part, log, field] = mutant.path
      if (part !== 1 || log === undefined || field === undefined || field < 3) continue
      const faults = faultsOf(exported(mutant.value))
      if (typeof faults === 'string') continue
      const failed = faults.filter(({ outcome }) => outcome === 'failed')
      const expected: readonly CheckName[] = field === 5 ? ['entries'] : ['signatures', 'entries', 'membership']
      const here = failed.filter(({ name, where }) => expected.includes(name) && where?.startsWith(logIds[log]!))
      expect(here.length, named(mutant)).toBeGreaterThan(0)
    }
  })

  test('fails with two fields changed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...mutants), fc.nat(), (first, pick) => {
        const second = mutantOf(first.value, pick)
        fc.pre(!isTime(first) && !isTime(second) && !isSame(second.value, content))
        fc.pre(first.how !== 'dropped' && second.how !== 'dropped')
        expect(isRefused(exported(second.value))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('an exporter, who has the keys of every entry in the bundle,', () => {
  const of = bundle.logs.findIndex(({ device }) => device === people.bo.device)

  function withBlock(index: number, block: Uint8Array): Bundle {
    const logs = bundle.logs.map((log, i) =>
      i === of ? { ...log, blocks: log.blocks.map((each, j) => (j === index ? block : each)) } : log,
    )
    return { ...bundle, logs }
  }

  test('cannot put another text into somebody’s entry', () => {
    const place = { room: conversation.room, log: bo.key, index: 1 }
    const { frame, header } = openEntry(bo.blocks[1]!, place, bo.keys[1]!, primitives)
    const sealing = { classKey: conversation.secrets.content, salt: frame.salt }
    const entry = { class: frame.class, header, body: encodeCbor(['Good-bye, Ada.']) }
    const forged = sealEntry(place, entry, sealing, primitives)
    const { report } = verify(encodeBundle(withBlock(1, forged), people.ada.deviceSeed, primitives))
    const failed = report.checks.filter(({ outcome }) => outcome === 'failed')
    expect(failed).toMatchObject([
      { name: 'signatures', code: 'log/signature', where: bo.id },
      { name: 'causality', code: 'ordering/citation' },
      { name: 'causality', code: 'ordering/citation' },
    ])
  })

  test('can take an older head of a log, which shows exactly as far as others cite beyond it', () => {
    const older = (log: typeof bo, length: number) => {
      const logs = bundle.logs.map((each) => (each.device === log.owner.device ? log.bundled(length) : each))
      return verify(encodeBundle({ ...bundle, logs }, people.ada.deviceSeed, primitives), Object.values(people))
    }
    // Ada's last entry is cited by nobody: nothing shows that it was there.
    expect(withoutWitnesses(older(ada, 2).report.checks).every(({ outcome }) => outcome === 'passed')).toBe(true)
    expect(older(ada, 2).messages).toHaveLength(3)
    for (const log of [bo, cy]) {
      const { report, messages } = older(log, 1)
      expect(report.ok).toBe(true)
      const unplaced = messages.filter(({ placed }) => !placed).length
      expect(unplaced).toBeGreaterThan(0)
      expect(withoutWitnesses(report.checks).filter(({ outcome }) => outcome === 'waiting')).toMatchObject([
        { name: 'completeness', text: `log ${log.id} is cited up to length 2, and 1 entry of it is here: 1 missing` },
        { name: 'completeness', text: expect.stringContaining(`the place of ${unplaced} message`) },
      ])
    }
  })

  test('cannot hide what is missing of a log behind logs that never were', () => {
    const room = new Conversation(people.ada)
    const host = room.writer(people.ada).createRoom('Kitchen')
    const guest = room.writer(people.bo).join(host).say('Hello.')
    host.say('Hello.', guest)
    const treeHash = new Uint8Array(32)
    const heads = Array.from({ length: 64 }, (_, i) => ({
      log: new Uint8Array(32).fill(i),
      length: 2 ** 53 - 1,
      treeHash,
    }))
    guest.write({ type: 'message-sent', text: 'First!' }, [], { heads, depth: 1_000 })
    guest.say('Or not.')
    const bundled = { ...room.bundle(people.ada), logs: [host.bundled(2), guest.bundled()] }
    bundled.logs.sort((a, b) =>
      toHex(logKey({ ...a, room: room.room }, primitives)) < toHex(logKey({ ...b, room: room.room }, primitives))
        ? -1
        : 1,
    )
    const hidden = room.writer(people.cy).join(host)
    host.say('Hello, Cy.', hidden)
    guest.say('Where?', host)
    bundled.logs = bundled.logs.map((log) => (log.device === people.bo.device ? guest.bundled() : log))
    const { report, messages } = verify(
      encodeBundle(bundled, people.ada.deviceSeed, primitives),
      Object.values(people).slice(0, 2),
    )
    expect(report.ok).toBe(true)
    const lines = report.checks.filter(({ name }) => name === 'completeness')
    expect(lines).toHaveLength(22)
    expect(lines[0]).toMatchObject({
      where: `${guest.id}/4`,
      text: expect.stringMatching(/length 3, and 2 entries of it are here: 1 missing$/),
    })
    expect(lines[20]!.text).toBe('and 45 more logs')
    expect(lines[21]!.text).toMatch(/^the place of 3 messages /)
    expect(messages.map(({ text, placed }) => `${text} ${placed}`)).toEqual([
      'Hello. true',
      'Hello. true',
      'First! false',
      'Or not. false',
      'Where? false',
    ])
    expect(report.notProven.at(-1)).toMatch(/^Where 3 messages stand /)
  })

  test('can leave out a log that nobody cites, and nothing shows it', () => {
    const quiet = new Conversation(people.ada)
    const host = quiet.writer(people.ada).createRoom('Kitchen')
    quiet.writer(people.bo).join(host).say('Is anybody here?')
    const all = quiet.bundle(people.ada)
    const logs = all.logs.filter(({ device }) => device === people.ada.device)
    const { report } = verify(encodeBundle({ ...all, logs }, people.ada.deviceSeed, primitives), [people.ada])
    expect(withoutWitnesses(report.checks).every(({ outcome }) => outcome === 'passed')).toBe(true)
    expect(report.notProven).toContain(
      'That nothing came later, or that the exporter left out no log which nobody else cites.',
    )
  })

  test('cannot export in the name of another device', () => {
    const { report } = verify(encodeBundle(conversation.bundle(people.bo), people.ada.deviceSeed, primitives))
    expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { name: 'export', code: 'bundle/export-signature' },
    ])
  })

  test('cannot export as a device that is not of the room', () => {
    const di = makePerson('Di')
    const { report } = verify(encodeBundle(conversation.bundle(di), di.deviceSeed, primitives))
    expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { name: 'export', code: 'bundle/exporter', where: toHex(di.device) },
    ])
  })
})

describe('an author', () => {
  test('whom the reader has confirmed before is called confirmed, and need not be there', () => {
    const confirmed = [toHex(people.bo.identity), 'f'.repeat(64)]
    const { report } = verifyBundle(whole, { primitives, confirmed })
    expect(report.ok).toBe(true)
    expect(report.authors.filter((author) => author.confirmed).map(({ identity }) => identity)).toEqual([confirmed[0]])
  })

  test('stays unconfirmed until the reader has said whom they expect', () => {
    const { report } = verify(whole, [people.ada])
    const confirmed = report.authors.filter((author) => author.confirmed).map(({ identity }) => identity)
    expect(confirmed).toEqual([toHex(people.ada.identity)])
    expect(report.checks.at(-1)).toMatchObject({ name: 'authors', outcome: 'waiting' })
    expect(report.ok).toBe(true)
  })

  test('who was expected and is not there fails the verification', () => {
    const di = makePerson('Di')
    const { report } = verify(whole, [people.ada, di])
    expect(report.ok).toBe(false)
    expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { name: 'authors', code: 'bundle/expected' },
    ])
  })

  test.each(['ada', 'bo', 'cy'] as const)(
    'who lies about a depth is found out, wherever their log stands: %s',
    (liar) => {
      const lied = smallConversation()
      const others = [lied.ada, lied.bo, lied.cy].filter((each) => each !== lied[liar])
      for (const other of others) other.say('Well.')
      lied[liar].write({ type: 'message-sent', text: 'Hm.' }, others, { depth: 500 })
      const { report } = verify(encodeBundle(lied.conversation.bundle(people.ada), people.ada.deviceSeed, primitives))
      expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
        { name: 'causality', code: 'ordering/depth', where: `${lied[liar].id}/${lied[liar].length - 1}` },
      ])
    },
  )

  test('who is only called Ada is not Ada', () => {
    const invented = makePerson('Ada', 'somebody else')
    const room = new Conversation(invented)
    room.writer(invented).createRoom('Kitchen').say('I am Ada.')
    const bytes = encodeBundle(room.bundle(invented), invented.deviceSeed, primitives)
    expect(verify(bytes).report.authors).toMatchObject([{ name: 'Ada', confirmed: false }])
    expect(verify(bytes, [people.ada]).report.ok).toBe(false)
  })

  test('who is only called Ada is told apart from Ada in one room', () => {
    const invented = makePerson('Ada', 'somebody else')
    const room = new Conversation(people.ada)
    const host = room.writer(people.ada).createRoom('Kitchen')
    room.writer(invented).join(host).say('I am Ada.')
    const { report, messages } = verify(encodeBundle(room.bundle(people.ada), people.ada.deviceSeed, primitives), [
      people.ada,
    ])
    expect(messages).toMatchObject([{ author: toHex(invented.identity), name: 'Ada' }])
    expect(report.authors.filter(({ confirmed }) => confirmed)).toMatchObject([
      { identity: toHex(people.ada.identity) },
    ])
    expect(report.checks.at(-1)).toMatchObject({ name: 'authors', outcome: 'waiting' })
  })
})

describe('whoever has a bundle, and nothing else,', () => {
  const wanted = [
    ['the room’s secret', conversation.secret],
    ['what is extracted from it', extract(conversation.secret, primitives)],
    ['the invite’s seed', conversation.inviteSeed],
    ...Object.entries(conversation.secrets),
    ...Object.values(people).map(({ name, deviceSeed }) => [`the seed of ${name}’s device`, deviceSeed] as const),
  ] as const

  /** All there is to read: the file, and every header and body that its keys open. */
  const texts = bundle.logs.reduce(
    (all: Uint8Array[], { blocks, keys, ...owner }) => {
      const log = logKey({ ...owner, room: conversation.room }, primitives)
      for (const [index, block] of blocks.entries()) {
        const { header, body } = openEntry(
          block,
          { room: conversation.room, log, index },
          keys[index] as EntryKeys,
          primitives,
        )
        all.push(body, encodeCbor([header.kind, ...header.heads.flatMap((head) => [head.log, head.treeHash])]))
      }
      return all
    },
    [whole],
  )

  const candidates = new Map<string, Uint8Array>()
  for (const text of texts) {
    for (let at = 0; at + 32 <= text.length; at++) {
      const bytes = text.subarray(at, at + 32)
      candidates.set(toHex(bytes), bytes)
    }
  }

  test.each(wanted)('does not find %s in it', (_, secret) => {
    expect(candidates.has(toHex(secret))).toBe(false)
  })

  test('cannot derive an invite, a secret or the key of a class from any 32 bytes of it', () => {
    const secret = new Set(wanted.map(([, bytes]) => toHex(bytes)))
    const invite = toHex(primitives.publicKey(conversation.inviteSeed))
    const place = { room: conversation.room, log: bo.key, index: 1 }
    const { salt } = readFrame(bo.blocks[1]!)
    const names = ['discovery', 'admission', 'authority', 'content']
    for (const bytes of candidates.values()) {
      const extracted = extract(bytes, primitives)
      const derived = [
        extracted,
        ...[bytes, extracted].flatMap((key) =>
          names.map((name) => extract(expand(key, inDomain('roomSecret', Buffer.from(name)), primitives), primitives)),
        ),
      ]
      expect(derived.some((each) => secret.has(toHex(each)))).toBe(false)
      expect(toHex(primitives.publicKey(bytes))).not.toBe(invite)
      expect(toHex(entryKeys(bytes, place, salt, primitives).body)).not.toBe(toHex(bo.keys[1]!.body))
    }
  })

  test('would find them so, if they were there', () => {
    const { secret, secrets } = conversation
    expect(toHex(roomSecrets(secret, primitives).admission)).toBe(toHex(secrets.admission))
    const place = { room: conversation.room, log: bo.key, index: 1 }
    const { salt } = readFrame(bo.blocks[1]!)
    const keys = entryKeys(classKey(secrets, 'message'), place, salt, primitives)
    expect(toHex(keys.body)).toBe(toHex(bo.keys[1]!.body))
  })
})
