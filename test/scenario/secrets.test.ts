import { appendFile, readdir, readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, relative } from 'node:path'
import Corestore from 'corestore'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { changePassphrase, type VaultContent } from '../../node/storage/key-vault.ts'
import { toHex } from '../../protocol/bytes.ts'
import { type EntryKeys, openEntry } from '../../protocol/log/entry.ts'
import { logKey } from '../../protocol/log/hypercore.ts'
import { roomId } from '../../protocol/room/genesis.ts'
import { decodeBundle } from '../../protocol/verification/bundle.ts'
import { chromiumOffer } from '../protocol/call/chromium.ts'
import { meet, type TestPerson, untilAllShow } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

const said = 'The key is under the third flower pot'

let net: Testnet
let ada: TestPerson
let ben: TestPerson
let room: string

beforeEach(async () => {
  net = await openTestnet()
  ada = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(ada, ben)
  await ada.send(room, said)
  await ben.send(room, `${said}?`)
  await untilAllShow([ada, ben], room, [said, `${said}?`])
})
afterEach(() => net.close())

async function vaultOf(person: TestPerson): Promise<VaultContent> {
  return JSON.parse(await readFile(join(person.home, 'vault.json'), 'utf8')).content
}

/** Each secret in every form that it could be written in. */
function formsOf({
  words,
  deviceSeed,
  networkSeed,
  viewKey,
  keyStoreKey,
  rooms,
}: VaultContent): Record<string, Buffer[]> {
  const bytes = (hex: string) => [
    Buffer.from(hex, 'hex'),
    Buffer.from(hex),
    Buffer.from(Buffer.from(hex, 'hex').toString('base64')),
  ]
  const text = (value: string) => [
    Buffer.from(value),
    Buffer.from(value, 'utf16le'),
    Buffer.from(Buffer.from(value).toString('hex')),
  ]
  const phrase = words!.split(' ')
  return {
    words: [...text(words!), ...phrase.slice(2).flatMap((_, i) => text(phrase.slice(i, i + 3).join(' ')))],
    deviceSeed: bytes(deviceSeed),
    networkSeed: bytes(networkSeed),
    viewKey: bytes(viewKey),
    keyStoreKey: bytes(keyStoreKey),
    roomSecret: rooms.flatMap(({ secret }) => bytes(secret)),
    inviteSeed: rooms.flatMap(({ inviteSeed }) => bytes(inviteSeed!)),
    message: text(said),
    roomName: text('Book club'),
  }
}

/** Which secrets stand in which files of a home. */
async function findIn(home: string, forms: Record<string, Buffer[]>): Promise<string[]> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name)
    // A log of SQLite goes away when its database is closed.
    const content = await readFile(path).catch(() => Buffer.alloc(0))
    for (const [name, secrets] of Object.entries(forms)) {
      if (secrets.some((secret) => content.includes(secret))) found.push(`${relative(home, path)}: ${name}`)
    }
  }
  return found.sort()
}

describe('a secret', () => {
  test('stands in no file of the home but the vault and its copy', async () => {
    const forms = formsOf(await vaultOf(ada))
    const inVault = Object.keys(forms).filter((name) => name !== 'message')
    const expected = ['vault.json', 'vault.json.copy']
      .flatMap((file) => inVault.map((name) => `${file}: ${name}`))
      .sort()
    expect(await findIn(ada.home, forms)).toEqual(expected)
    await ada.close()
    expect(await findIn(ada.home, forms)).toEqual(expected)

    await changePassphrase(ada.home, null, 'correct horse')
    expect(await findIn(ada.home, forms)).toEqual([])
    const again = await net.open('Ada', { passphrase: async () => 'correct horse' })
    await again.send(room, `${said}!`)
    await again.run('create-room', { name: 'Book club' })
    expect(await findIn(ada.home, forms)).toEqual([])
    await again.close()
    expect(await findIn(ada.home, forms)).toEqual([])
  })

  test('would be found if it were there', async () => {
    const vault = await vaultOf(ada)
    const forms = formsOf(vault)
    await ada.close()
    await appendFile(join(ada.home, 'network.json'), Buffer.from(vault.deviceSeed, 'hex'))
    const store = new Corestore(join(ada.home, 'careless'))
    const seed = Buffer.from(vault.deviceSeed, 'hex')
    const core = store.get({
      manifest: { version: 2, signers: [{ publicKey: primitives.publicKey(seed) }], userData: Buffer.alloc(32) },
    })
    core.setKeyPair({
      publicKey: primitives.publicKey(seed),
      secretKey: Buffer.concat([seed, primitives.publicKey(seed)]),
    })
    await core.ready()
    await core.append([Buffer.from(said)])
    await store.close()
    const found = (await findIn(ada.home, forms)).filter((line) => !line.startsWith('vault.json'))
    expect(found).toContain('network.json: deviceSeed')
    expect(found.some((line) => /^careless.*: message$/.test(line))).toBe(true)
  })
})

describe('an address', () => {
  test('stands in no entry of any log, unless its author wrote it', async () => {
    await until(() => ada.room(room).members.every(({ callable, self }) => callable || self))
    await ada.run('start-call', { room, to: ben.status().identity, sdp: chromiumOffer })
    await until(() => ben.timeline(room).some(({ type }) => type === 'call'))
    const another = await ada.run('create-room', { name: 'Addresses' })
    await ada.send(another.room, 'Mine is 203.0.113.7, or fe80::1234:5678:9abc')
    expect(addressesIn(await entriesOf(another.room))).toEqual(['203.0.113.7', 'fe80::1234:5678:9abc'])
    expect(addressesIn(await entriesOf(room))).toEqual([])
    for (const bytes of await entriesOf(room)) {
      expect(bytes.includes(hostname())).toBe(false)
      expect(bytes.includes('candidate')).toBe(false)
    }
  })

  /** All entries of a room: the blocks as they are on the disk, and what is sealed in them. */
  async function entriesOf(of: string): Promise<Buffer[]> {
    const { genesis, logs } = decodeBundle(await ada.backend.exportRoom(of, 'all'), primitives)
    return logs.flatMap((log) => {
      const owner = { ...log, room: roomId(genesis, primitives) }
      const key = logKey(owner, primitives)
      return log.blocks.flatMap((block, index) => {
        const opened = openEntry(
          block,
          { room: owner.room, log: key, index, suite: 1 },
          log.keys[index] as EntryKeys,
          primitives,
        )
        expect(toHex(owner.room)).toBe(of)
        // Keys and boxes: of so many random bytes, some are any short name.
        if (opened.frame.class === 'epoch') return []
        return [Buffer.from(opened.body), Buffer.from(opened.header.kind)]
      })
    })
  }

  function addressesIn(entries: readonly Buffer[]): string[] {
    const ipv4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g
    const ipv6 = /(?<![\w:])(?:[\da-f]{1,4}:){2,7}[\da-f]{1,4}|[\da-f]{1,4}(?::[\da-f]{1,4})*::[\da-f:]+/gi
    const texts = entries.map((bytes) => bytes.toString('latin1'))
    return texts.flatMap((text) => [...(text.match(ipv4) ?? []), ...(text.match(ipv6) ?? [])])
  }
})
