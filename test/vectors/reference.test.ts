import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sodiumPrimitives } from '../../node/sodium-primitives.ts'
import { fromHex } from '../../protocol/bytes.ts'
import { inDomain } from '../../protocol/crypto/domains.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type EntryKeys, readFrame } from '../../protocol/log/entry.ts'
import { type BundledLog, encodeBundle } from '../../protocol/verification/bundle.ts'
import { type Disclosure, disclosedBy, withholdBody } from '../../protocol/verification/disclosure.ts'
import type { FileKind } from '../../protocol/verification/envelope.ts'
import { encodeExcerpt } from '../../protocol/verification/excerpt.ts'
import { verifyFile } from '../../protocol/verification/verify-file.ts'
import { smallConversation } from '../support/conversation.ts'
import { epochConversation } from '../support/epoch-conversation.ts'
import { type Mutant, mutantsOf } from '../support/mutants.ts'
import { specs, vectorFiles } from '../support/vector-files.ts'
import { readVectors, type VectorCase } from '../support/vectors.ts'

const python = '/usr/bin/python3'
const verifier = join(specs, 'reference/verify.py')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-reference-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Run a script of the reference; answers what it printed and its exit code. */
function run(script: string, ...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve, reject) => {
    execFile(python, ['-B', script, ...args], (error, out, warnings) => {
      if (error && typeof error.code !== 'number') reject(error)
      else if (error && out === '') reject(new Error(warnings))
      else resolve({ code: error ? Number(error.code) : 0, out })
    })
  })
}

test('the vectors and the examples in the documents are what the reference writes', async () => {
  const copy = join(folder, 'specs')
  cpSync(specs, copy, { recursive: true })
  for (const name of vectorFiles()) {
    if (isOurs(name)) rmSync(join(copy, 'vectors', name))
  }
  await run(join(copy, 'reference/make_vectors.py'))
  const written = readdirSync(specs).filter((name) => name.endsWith('.md'))
  const vectors = vectorFiles().map((name) => `vectors/${name}`)
  for (const name of [...written, ...vectors]) {
    expect(readFileSync(join(copy, name), 'utf8'), name).toBe(readFileSync(join(specs, name), 'utf8'))
  }
})

test('what is imported is what the reference computes anew', async () => {
  expect(await run(join(specs, 'reference/check_imported.py'))).toEqual({ code: 0, out: 'no difference\n' })
})

/** Whether the reference writes this file. */
function isOurs(name: string): boolean {
  return !name.startsWith('call')
}

interface Judgement {
  readonly ok: boolean
  readonly error?: string
  readonly failures?: readonly { readonly code: string }[]
  readonly waiting?: readonly string[]
  readonly witnessed?: readonly object[]
}

/** What the reference says of each of these bundles. */
async function judge(bundles: readonly Uint8Array[], expected: readonly string[] = []) {
  const files = bundles.map((bytes, i) => {
    const file = join(folder, `${i}.parley`)
    writeFileSync(file, bytes)
    return file
  })
  const { code, out } = await run(verifier, ...files, ...expected.flatMap((identity) => ['--expect', identity]))
  const told: Judgement | readonly Judgement[] = JSON.parse(out)
  return { code, judgements: Array.isArray(told) ? (told as readonly Judgement[]) : [told as Judgement] }
}

describe('the verifier of the reference', () => {
  interface FileCase extends VectorCase<{ readonly file: string; readonly expect?: readonly string[] }> {
    readonly failures?: readonly object[]
  }
  const cases = ['bundle', 'excerpt'].flatMap((kind) =>
    readVectors(`${kind}.json`).cases.map((each): FileCase => {
      const input = each.input as { readonly [kind: string]: string }
      return { ...each, input: { ...input, file: input[kind]! } }
    }),
  )
  const kinds = [
    ['whole ones', 0, cases.filter(({ error }) => !error)],
    ['failed ones', 1, cases.filter(({ failures }) => failures)],
    ['undecodable ones', 3, cases.filter(({ error, failures }) => error && !failures)],
  ] as const

  test.each(kinds)('judges the vectors of bundles and excerpts: %s', async (_, exitCode, some) => {
    const plain = some.filter(({ input }) => !input.expect)
    const { code, judgements } = await judge(plain.map(({ input }) => fromHex(input.file)))
    expect(code).toBe(exitCode)
    for (const [i, { id, error }] of plain.entries()) {
      const { error: undecodable, failures } = judgements[i]!
      expect(undecodable ?? failures?.[0]?.code, id).toBe(error)
    }
  })

  test.each(cases.filter(({ input }) => input.expect))('judges $id: $title', async ({ input, error }) => {
    const { code, judgements } = await judge([fromHex(input.file)], input.expect)
    expect(code).toBe(error ? 1 : 0)
    expect(judgements[0]!.failures?.[0]?.code).toBe(error)
  })

  test('finds the same wrong as ours in every bundle with one field changed and signed again', async () => {
    const whole = encodeBundle(conversation.bundle(people.ada), people.ada.deviceSeed, sodiumPrimitives)
    await compareMutants(whole, 'bundle')
  })

  test('finds the same wrong in every bundle with the keys of headers alone, and a field changed', async () => {
    const { logs, ...bundle } = conversation.bundle(people.ada)
    const withheld = logs.slice(0, 1).map((log) => ({ ...log, keys: log.keys.map(withholdAllButFirst) }))
    const partial = { ...bundle, logs: [...withheld, ...logs.slice(1)] }
    await compareMutants(encodeBundle(partial, people.ada.deviceSeed, sodiumPrimitives), 'bundle')
  })

  test('finds the same wrong in every excerpt with one field changed and signed again', async () => {
    const chosen = new Map([
      [ada, [2]],
      [bo, [1]],
    ])
    const excerpt = conversation.excerpt(people.ada, chosen)
    await compareMutants(encodeExcerpt(excerpt, people.ada.deviceSeed, sodiumPrimitives), 'excerpt')
  })

  test('finds the same wrong, and the same witnesses, in every bundle with one field of its checkpoints changed', async () => {
    const checkpoints = [
      conversation.checkpoint(people.ada, [people.bo, people.cy]),
      conversation.checkpoint(people.bo, [people.cy]),
    ]
    // Of one room, so the first bytes in which two notes differ are those of the device.
    checkpoints.sort((a, b) => Buffer.compare(a.note, b.note))
    const bundle = { ...conversation.bundle(people.ada), checkpoints }
    await compareMutants(encodeBundle(bundle, people.ada.deviceSeed, sodiumPrimitives), 'bundle', isOfCheckpoints)
  })

  test('finds the same wrong, and the same witnesses, in every excerpt with one field of its checkpoint changed', async () => {
    const chosen = new Map([
      [ada, [2]],
      [bo, [1]],
    ])
    const checkpoints = [conversation.checkpoint(people.ada, [people.bo, people.cy])]
    const excerpt = { ...conversation.excerpt(people.ada, chosen), checkpoints }
    await compareMutants(encodeExcerpt(excerpt, people.ada.deviceSeed, sodiumPrimitives), 'excerpt', isOfCheckpoints)
  })

  test('finds the same wrong in every bundle of a room of suite 1 with one field changed', async () => {
    const { conversation: cellar, people: talking, ada: writer } = await epochConversation()
    const bundle = cellar.bundle(talking.ada)
    const inCellar = (log: BundledLog, keys: EntryKeys, index: number): Disclosure | null => {
      if (log.device === talking.ada.device && index === writer.writer.length - 1) return null
      return disclosedBy('all', keys, readFrame(log.blocks[index]!, 1).class, sodiumPrimitives)
    }
    // One message has no key; what is ephemeral gives no body.
    const logs = bundle.logs.map((log) => ({
      ...log,
      keys: log.keys.map((keys, i) => inCellar(log, keys as EntryKeys, i)),
    }))
    await compareMutants(encodeBundle({ ...bundle, logs }, people.ada.deviceSeed, sodiumPrimitives), 'bundle')
  })

  test('finds the same wrong in every excerpt of a room of suite 1 with one field changed', async () => {
    const { conversation: cellar, people: talking, ada: writer, bo: other } = await epochConversation()
    const chosen = new Map([
      [writer.writer, [2, 4, 6]],
      [other.writer, [1, 3]],
    ])
    const excerpt = cellar.excerpt(talking.ada, chosen)
    await compareMutants(encodeExcerpt(excerpt, people.ada.deviceSeed, sodiumPrimitives), 'excerpt')
  })

  const { conversation, people, ada, bo } = smallConversation()

  function withholdAllButFirst(keys: Disclosure | null, index: number): Disclosure | null {
    return index > 0 && keys && 'body' in keys ? withholdBody(keys, 'message', sodiumPrimitives) : keys
  }

  function isOfCheckpoints({ path }: Mutant): boolean {
    return path[0] === 4
  }

  async function compareMutants(
    whole: Uint8Array,
    kind: FileKind,
    isWanted: (mutant: Mutant) => boolean = () => true,
  ): Promise<void> {
    const [, , content] = decodeCbor(whole, { bytes: 100_000 }) as readonly CborValue[]
    const mutants = mutantsOf(decodeCbor(content as Uint8Array, { bytes: 100_000 })).filter(isWanted)
    const bundles = mutants.map(({ value }) => signed(encodeCbor(value), kind, people.ada.deviceSeed))
    const { judgements } = await judge(bundles)
    for (const [i, { path, how }] of mutants.entries()) {
      const { ok, error, failures = [], waiting = [], witnessed = [] } = judgements[i]!
      const ours = ourJudgement(bundles[i]!)
      const theirs = error ?? { ok, codes: failures.map(({ code }) => code).sort(), waiting, witnessed }
      expect(ours, `${path.join('.')} ${how}`).toEqual(theirs)
    }
  }
})

function signed(content: Uint8Array, kind: FileKind, deviceSeed: Uint8Array): Uint8Array {
  const signature = sodiumPrimitives.sign(inDomain(kind, sodiumPrimitives.sha256(content)), deviceSeed)
  return encodeCbor([`parley-${kind}`, 1, content, signature])
}

function ourJudgement(bytes: Uint8Array) {
  try {
    const { ok, checks, witnessed } = verifyFile(bytes, { primitives: sodiumPrimitives }).report
    return {
      ok,
      codes: checks.flatMap((check) => (check.outcome === 'failed' ? [check.code] : [])).sort(),
      waiting: [...new Set(checks.flatMap(({ name, outcome }) => (outcome === 'waiting' ? [name] : [])))],
      witnessed,
    }
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}
