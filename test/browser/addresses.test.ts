import { readdir, readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { fromText } from '../../protocol/bytes.ts'
import { type EntryKeys, openEntry } from '../../protocol/log/entry.ts'
import { logKey } from '../../protocol/log/hypercore.ts'
import { decodeGenesis, roomId } from '../../protocol/room/genesis.ts'
import { decodeBundle } from '../../protocol/verification/bundle.ts'
import { motifs } from '../support/browser-picture.ts'
import { needs } from '../support/needs.ts'
import { openTown, type Person, type Town } from '../support/people.ts'

/** One that nobody has (RFC 5737), said on purpose. */
const planted = '198.51.100.77'
/** Where nodes of one's rooms can be dialled again, by address: it is made to hold them, and stays on this machine. */
const memoryOfNetwork = 'network.json'

let town: Town
let ada: Person
let ben: Person

beforeAll(async () => {
  town = await openTown()
  ada = await town.addPerson({ motif: motifs.ada, name: 'Ada' })
  ben = await town.addPerson({ motif: motifs.ben, name: 'Ben' })
})
afterAll(() => town?.close())

/** Every address of this machine but loopback. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.filter(({ internal }) => !internal).map(({ address }) => address.replace(/%.*$/, ''))
}

/** How an address may be written down: as text, or as its bytes. */
function formsOf(address: string): Buffer[] {
  const text = Buffer.from(address)
  if (!isIPv6(address)) return [text, Buffer.from(address.split('.').map(Number))]
  const [head = '', tail] = address.split('::')
  const groups = (part: string) => part.split(':').filter(Boolean)
  const zeros = Array(8 - groups(head).length - groups(tail ?? '').length).fill('0')
  const all = tail === undefined ? groups(head) : [...groups(head), ...zeros, ...groups(tail)]
  return [text, Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')]
}

const has = (bytes: Uint8Array, address: string) => formsOf(address).some((form) => Buffer.from(bytes).includes(form))

/** Every entry of a bundle, opened: sealed bytes would hide what is in them. */
function openedIn(bytes: Uint8Array): Uint8Array[] {
  const { genesis, logs } = decodeBundle(bytes, primitives)
  const { suite } = decodeGenesis(genesis)
  const room = roomId(genesis, primitives)
  return logs.flatMap((log) =>
    log.blocks.map((block, index) => {
      const place = { room, log: logKey({ ...log, room }, primitives), index, suite }
      const { header, body } = openEntry(block, place, log.keys[index] as EntryKeys, primitives)
      return Buffer.concat([fromText(header.kind), body])
    }),
  )
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name !== memoryOfNetwork)
    .map((entry) => join(entry.parentPath, entry.name))
}

describe('the addresses of a machine', () => {
  test('are in no log after a call, in no bundle, in nothing that the node says, and in no other file but its memory of the network', async (context) => {
    needs(context, 'an address besides loopback', ownAddresses().length > 0)
    const { link } = await ada.parley('room', 'create', 'Book club')
    await ben.parley('room', 'join', link)
    for (const { page, enter } of [ada, ben]) {
      await enter()
      await page.getByTestId('room-row').click()
      await page.getByText('Connected with 1 person').waitFor()
    }
    await ada.parley('send', 'Book club', `My address is ${planted}`)
    await ada.page.getByTestId('call-button').click()
    await ben.page.getByTestId('accept-call').click()
    for (const { page } of [ada, ben]) await page.getByTestId('call-state').getByText('secure').waitFor()
    await ada.page.getByTestId('hang-up').click()
    await ben.page.getByTestId('remote-video').waitFor({ state: 'detached' })

    const file = join(town.folder, 'addresses.parley')
    await ada.parley('export', 'Book club', file)
    const entries = openedIn(await readFile(file))
    const kinds = entries.filter((entry) => Buffer.from(entry).includes('call-'))
    expect(kinds.length).toBeGreaterThanOrEqual(4)
    // What can find one that was said finds any.
    expect(entries.filter((entry) => has(entry, planted))).toHaveLength(1)
    expect(has(Buffer.from([1, 198, 51, 100, 77, 1]), planted)).toBe(true)

    for (const { killNode } of [ada, ben]) await killNode()
    const files = await filesIn(town.folder)
    expect(files.length).toBeGreaterThan(10)
    const contents = await Promise.all(files.map((path) => readFile(path)))
    for (const address of ownAddresses()) {
      expect(entries.filter((entry) => has(entry, address))).toEqual([])
      for (const { said } of [ada, ben]) expect(said()).not.toContain(address)
      // Of sealed files the text alone: four bytes are somewhere by chance in many megabytes.
      expect(files.filter((_, i) => contents[i]!.includes(address))).toEqual([])
    }
  })
})
