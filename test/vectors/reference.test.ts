import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromHex } from '../../protocol/bytes.ts'
import { readVectors, specs, type VectorCase } from '../support/vectors.ts'

const python = '/usr/bin/python3'

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
  for (const name of readdirSync(join(copy, 'vectors'))) {
    if (isOurs(name)) rmSync(join(copy, 'vectors', name))
  }
  await run(join(copy, 'reference/make_vectors.py'))
  const written = readdirSync(specs).filter((name) => name.endsWith('.md'))
  const vectors = readdirSync(join(specs, 'vectors')).map((name) => `vectors/${name}`)
  for (const name of [...written, ...vectors]) {
    expect(readFileSync(join(copy, name), 'utf8'), name).toBe(readFileSync(join(specs, name), 'utf8'))
  }
})

/** Whether the reference writes this file. */
function isOurs(name: string): boolean {
  return !name.startsWith('call')
}

describe('the verifier of the reference', () => {
  type BundleCase = VectorCase<{ readonly bundle: string; readonly expect?: readonly string[] }> & {
    readonly failures?: readonly object[]
  }
  const cases = readVectors('bundle.json').cases as readonly BundleCase[]

  test.each(cases)('judges $id: $title', async ({ id, input, error, failures }) => {
    const file = join(folder, `${id}.parley`)
    writeFileSync(file, fromHex(input.bundle))
    const expected = (input.expect ?? []).flatMap((identity) => ['--expect', identity])
    const { code, out } = await run(join(specs, 'reference/verify.py'), file, ...expected)
    const report = JSON.parse(out)
    expect(code).toBe(error ? (failures ? 1 : 3) : 0)
    expect(report.ok).toBe(!error)
    if (error) expect(failures ? report.failures[0].code : report.error).toBe(error)
  })
})
