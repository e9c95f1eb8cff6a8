import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ProtocolErrorCode, protocolErrors } from '../../protocol/errors.ts'
import { testTitles } from '../support/test-titles.ts'
import { specs, vectorFiles } from '../support/vector-files.ts'
import { readVectors, type VectorCase } from '../support/vectors.ts'

/** Codes that no vector can show, and the tests that do. */
const shownElsewhere: Partial<Record<ProtocolErrorCode, string>> = {
  'call/too-large': 'test/protocol/call/description.test.ts',
  'call/sdp': 'test/protocol/call/description.test.ts',
  'call/sdp-refused': 'test/protocol/call/description.test.ts',
  'call/fingerprint': 'test/protocol/call/description.test.ts',
  'call/field': 'test/protocol/call/description.test.ts',
  'call/role': 'test/protocol/call/signal.test.ts',
  'call/signal': 'test/protocol/call/signal.test.ts',
  'call/sealed': 'test/node/calls/sealed-signal.test.ts',
}

const files = vectorFiles().map((name) => ({ name, ...readVectors(name) }))
const imported = vectorFiles('imported/').map((name) => ({ name, ...readVectors(name) }))
const cases: readonly VectorCase[] = files.flatMap((file) => file.cases)
const documents = readdirSync(specs).filter((name) => name.endsWith('.md'))

const sourceFiles = ['protocol', 'node', 'web'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|vue)$/.test(name))
    .map((name) => `${folder}/${name}`),
)

const read = (document: string) => readFileSync(`${specs}${document}`, 'utf8')
const headings = (document: string) =>
  [...read(document).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase())
const anchors = (document: string) => headings(document).map((heading) => heading.replaceAll(' ', '-'))

describe('the vectors', () => {
  test.each(Object.keys(protocolErrors) as ProtocolErrorCode[])('show %s, or another test does', (code) => {
    const elsewhere = shownElsewhere[code]
    if (elsewhere) expect(readFileSync(elsewhere, 'utf8')).toContain(code)
    else expect(cases.some(({ error }) => error === code)).toBe(true)
  })

  test('name only codes that there are', () => {
    expect(cases.flatMap(({ error }) => error ?? []).filter((code) => !(code in protocolErrors))).toEqual([])
  })

  test('have each its own id', () => {
    const all = [...files, ...imported].flatMap((file) => file.cases)
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  })

  test('that are imported name their source and its licence', () => {
    expect(imported.length).toBeGreaterThan(0)
    expect(imported.filter(({ source, licence }) => !source || !licence).map(({ name }) => name)).toEqual([])
  })

  test.each([...files, ...imported])('of $name belong to headings of $spec', ({ spec, cases: own }) => {
    const sections = new Set(own.map(({ section }) => section))
    expect([...sections].filter((section) => !headings(spec).includes(section))).toEqual([])
  })

  test('have documents with every heading that the code points at', () => {
    const places = sourceFiles.flatMap((file) => [
      ...readFileSync(file, 'utf8').matchAll(/specs\/([a-z]+\.md)(?:#([a-z-]+))?/g),
    ])
    const wrong = places.filter(([, document, anchor]) => anchor && !anchors(document!).includes(anchor))
    expect(places.length).toBeGreaterThan(20)
    expect(wrong.map(([place]) => place)).toEqual([])
  })

  test.each(documents)('that %s speaks of are there', (document) => {
    const names = vectorFiles().map((file) => file.replace('.json', ''))
    const mentioned = read(document).match(new RegExp(`\\b(${names.join('|')})-\\d+\\b`, 'g')) ?? []
    expect(mentioned.filter((id) => !cases.some((each) => each.id === id))).toEqual([])
  })
})

describe('the threat model', () => {
  const rows = read('threat-model.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.endsWith('| shown by |'))
  const named = (row: string) => [...row.matchAll(/`(test\/[^` ]+) › ([^`]+)`/g)]

  test('names a test for all that it says somebody cannot do', () => {
    expect(rows.length).toBeGreaterThan(50)
    expect(rows.filter((row) => named(row).length === 0)).toEqual([])
  })

  test('names only tests that there are', () => {
    const missing = rows.flatMap(named).filter(([, file, title]) => {
      return !existsSync(file!) || !testTitles(file!).includes(title!)
    })
    expect(missing.map(([test]) => test)).toEqual([])
  })
})
