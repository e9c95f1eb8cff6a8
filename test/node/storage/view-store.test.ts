import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EntryRow } from '../../../node/storage/view-rows.ts'
import { ViewStore } from '../../../node/storage/view-store.ts'

const key = 'ab'.repeat(32)
let home: string
let view: ViewStore

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-view-'))
  view = new ViewStore(home, key)
})
afterEach(async () => {
  view.close()
  await rm(home, { recursive: true, force: true })
})

const row = (log: number, index: number): EntryRow => ({
  log,
  index,
  depth: index + 1,
  time: 1_000 + index,
  stamp: 1_000 + index,
  treeHash: new Uint8Array(32),
  type: 'message-sent',
  shown: true,
  call: null,
  text: `the text of message ${index}`,
  flaw: null,
  late: false,
  hidden: null,
})

function fill(count: number): { room: number; log: number } {
  const { id: room } = view.openRoom('room')
  const { id: log } = view.beginLog(room, 'log')
  view.transaction(() => {
    for (let index = 0; index < count; index++) view.addEntry(room, row(log, index))
  })
  return { room, log }
}

const textsOf = (room: number) => view.timeline(room, null, 1_000).map(({ text }) => text)

describe('a view store', () => {
  test('keeps what it has, and nothing of it in clear', async () => {
    const { room } = fill(50)
    const shown = textsOf(room)
    view.close()
    view = new ViewStore(home, key)
    expect(view.openRoom('room')).toEqual({ id: room, isNew: false })
    expect(textsOf(room)).toEqual(shown)
    expect((await readFile(join(home, 'view.db'))).includes('the text of message')).toBe(false)
    expect((await stat(join(home, 'view.db'))).mode & 0o077).toBe(0)
  })

  test('gives a text back whole, whatever characters are in it', () => {
    const { id: room } = view.openRoom('room')
    const { id: log } = view.beginLog(room, 'log')
    const texts = ['I agree\0 to nothing', '', '\0', '\uFEFFmark', '👩\u200d👩', 'a\u0007b']
    for (const [index, text] of texts.entries()) view.addEntry(room, { ...row(log, index), text })
    expect(textsOf(room)).toEqual(texts)
  })

  test('does all of a transaction or nothing', () => {
    const { room, log } = fill(3)
    expect(() =>
      view.transaction(() => {
        view.addEntry(room, row(log, 3))
        view.addEntry(room, row(log, 0))
      }),
    ).toThrow('UNIQUE')
    expect(textsOf(room).length).toBe(3)
    view.transaction(() => view.addEntry(room, row(log, 3)))
    expect(textsOf(room).length).toBe(4)
  })

  test('begins a log anew without the entries that it had', () => {
    const { room } = fill(3)
    const again = view.beginLog(room, 'log')
    expect(textsOf(room)).toEqual([])
    view.addEntry(room, row(again.id, 0))
    expect(textsOf(room).length).toBe(1)
  })

  test('begins anew with another key, another file or another version, and says so', async () => {
    const { room } = fill(3)
    expect(view.generation).toBe(1)
    view.close()
    view = new ViewStore(home, 'cd'.repeat(32))
    expect(view.openRoom('room').isNew).toBe(true)
    expect(textsOf(room)).toEqual([])
    view.close()
    await writeFile(join(home, 'view.db'), 'something else')
    view = new ViewStore(home, key)
    expect(view.openRoom('room').isNew).toBe(true)
    const { generation } = view
    view.reset()
    expect(view.generation).toBe(generation + 1)
    expect(view.openRoom('room').isNew).toBe(true)
  })
})
