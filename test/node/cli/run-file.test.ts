import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readRunFile, removeRunFile, writeRunFile } from '../../../node/cli/run-file.ts'

const run = { pid: 1, port: 7717, url: 'http://localhost:7717', token: 'secret', version: '0.1.0' }
let home: string

beforeEach(async () => {
  home = join(await mkdtemp(join(tmpdir(), 'parley-run-')), 'home')
})
afterEach(() => rm(join(home, '..'), { recursive: true, force: true }))

describe('run.json', () => {
  test('is for its owner only, in a home for its owner only', async () => {
    await writeRunFile(home, run)
    expect((await stat(join(home, 'run.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(home)).mode & 0o777).toBe(0o700)
    expect(await readRunFile(home)).toEqual(run)
  })

  test('replaces one that was left over, also one that others could read', async () => {
    await writeRunFile(home, run)
    await writeFile(join(home, 'run.json'), 'half', { mode: 0o644 })
    await writeRunFile(home, run)
    expect((await stat(join(home, 'run.json'))).mode & 0o777).toBe(0o600)
    expect(await readdir(home)).toEqual(['run.json'])
  })

  test('is none when it is missing, cut off, or of another shape', async () => {
    expect(await readRunFile(home)).toBeNull()
    await writeRunFile(home, run)
    await writeFile(join(home, 'run.json'), '{"pid": 1')
    expect(await readRunFile(home)).toBeNull()
    await writeFile(join(home, 'run.json'), '{"pid": 1}')
    expect(await readRunFile(home)).toBeNull()
  })

  test('is removed by the node that wrote it and by no other', async () => {
    await writeRunFile(home, run)
    await removeRunFile(home, 'of another')
    expect(await readRunFile(home)).toEqual(run)
    await removeRunFile(home, run.token)
    expect(await readRunFile(home)).toBeNull()
  })
})
