import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeLogs } from '../../node/replication/messages.ts'
import { freshVault, personOf } from '../../node/rooms/person.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { toHex } from '../../protocol/bytes.ts'
import { forkLength, verifyForkProof } from '../../protocol/log/fork.ts'
import { headSignable } from '../../protocol/log/hypercore.ts'
import { roomId } from '../../protocol/room/genesis.ts'
import { decodeBundle } from '../../protocol/verification/bundle.ts'
import { verifyBundle } from '../../protocol/verification/verify-bundle.ts'
import { type Hostile, knownTo, openHostile } from '../support/hostile.ts'
import { meet, type TestPerson, untilAllShow } from '../support/nodes.ts'
import { openStranger, type Stranger } from '../support/stranger.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'
import { specs } from '../support/vector-files.ts'

let net: Testnet
let stranger: Stranger
let hostiles: Hostile[]
let ada: TestPerson
let ben: TestPerson
let room: string
let link: string

beforeEach(async () => {
  net = await openTestnet()
  stranger = await openStranger(net.bootstrap)
  hostiles = []
  ada = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(ada, ben)
  // Whoever dreams up another history meets Ada alone.
  link = (await ada.run('share-room', { room })).link
})
afterEach(async () => {
  for (const hostile of hostiles) await hostile.close()
  await stranger.close()
  await net.close()
})

const message = (text: string) => ({ type: 'message-sent', text }) as const

/** Two nodes with the keys of one device, and a history each. */
async function twoHistories(one: readonly string[], two: readonly string[]): Promise<readonly [Hostile, Hostile]> {
  const device = freshVault(primitives)
  const both = [await openHostile(net.home('one'), link, device), await openHostile(net.home('two'), link, device)]
  hostiles.push(...both)
  const joined = both[0]!.entry(0, { type: 'joined', heads: [], admission: both[0]!.admission, as: 'Mallory' })
  const begun = await both[0]!.begin(1, await knownTo(ada, room))
  for (const [i, texts] of [one, two].entries()) {
    const { log, entry } = both[i]!
    await log.append([joined, begun, ...texts.map((text, at) => entry(at + 2, message(text)))])
  }
  return [both[0]!, both[1]!]
}

/** Everybody says whose log it is, has a proof that holds, and goes on. */
async function expectProved(people: readonly TestPerson[], length: number): Promise<void> {
  for (const person of people) {
    await until(() => person.room(room).troubles.length === 1, `that ${person.name} says so`)
    expect(person.room(room).troubles[0]).toMatchObject({
      author: 'Mallory',
      text: expect.stringContaining('Mallory signed two histories'),
    })
    const bytes = await person.backend.exportRoom(room, 'all')
    const { genesis, forks } = decodeBundle(bytes, primitives)
    expect(forks).toHaveLength(1)
    const { proof, ...owner } = forks[0]!
    verifyForkProof({ ...owner, room: roomId(genesis, primitives) }, proof, primitives)
    expect(forkLength(proof)).toBe(length)
    const { report } = verifyBundle(bytes, { primitives })
    expect(report.ok).toBe(true)
    expect(report.checks.filter(({ name }) => name === 'forks')).toMatchObject([
      { outcome: 'found', text: expect.stringContaining(toHex(owner.identity)) },
    ])
    const told = await verifiedByPython(bytes, person.name)
    expect(told).toMatchObject({ ok: true, forks: [{ author: toHex(owner.identity), length }] })
  }
  for (const person of people) await person.send(room, `${person.name} goes on`)
  for (const person of people) {
    await until(() => people.every(({ name }) => person.texts(room).includes(`${name} goes on`)))
  }
}

function verifiedByPython(bytes: Uint8Array, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const file = join(net.home(name), 'room.parley')
    writeFile(file, bytes).then(() =>
      execFile('/usr/bin/python3', ['-B', join(specs, 'reference/verify.py'), file], (error, out) =>
        error ? reject(error) : resolve(JSON.parse(out)),
      ),
    )
  })
}

describe('a member who has signed two histories', () => {
  test('of one length is found out by one, and so by those who never met the other history', async () => {
    const [one, two] = await twoHistories(['I said yes'], ['I said no'])
    const cy = await net.open('Cy')
    await cy.run('join-room', { link })
    await one.meet(stranger)
    await untilAllShow([ada, ben, cy], room, ['I said yes'])
    await two.meet(stranger)
    await expectProved([ada, ben, cy], 2)
  })

  test('of two lengths is found out too, the longer one first', async () => {
    const [one, two] = await twoHistories(['I said yes', 'And I meant it'], ['I said no'])
    await one.meet(stranger)
    await untilAllShow([ada, ben], room, ['I said yes', 'And I meant it'])
    await two.meet(stranger)
    await expectProved([ada, ben], 2)
  })

  test('of two lengths is found out too, the shorter one first', async () => {
    const [one, two] = await twoHistories(['I said yes'], ['I said no', 'Who says yes?', 'Not me'])
    await one.meet(stranger)
    await untilAllShow([ada, ben], room, ['I said yes'])
    await two.meet(stranger)
    await expectProved([ada, ben], 2)
    expect(ben.texts(room)).not.toContain('I said no')
  })

  test('is known for it after a restart, and to whoever comes later, and ends for them where the histories may agree', async () => {
    const [one, two] = await twoHistories(['I said yes'], ['I said no'])
    await one.meet(stranger)
    await untilAllShow([ada, ben], room, ['I said yes'])
    await two.meet(stranger)
    await until(() => ben.room(room).troubles.length === 1)
    await ada.close()
    await ben.close()
    ben = await net.open('Ben')
    expect(ben.room(room).troubles).toHaveLength(1)
    const late = (await ben.run('share-room', { room })).link
    const cy = await net.open('Cy')
    await cy.run('join-room', { link: late })
    await until(() => cy.room(room).troubles.length === 1, 'that Cy knows')
    await ben.send(room, 'Welcome')
    await until(() => cy.texts(room).includes('Welcome'))
    expect(decodeBundle(await cy.backend.exportRoom(room, 'all'), primitives).forks).toHaveLength(1)
  })
})

test('a member who takes back what was said is found out by the first head they sign then', async () => {
  const device = freshVault(primitives)
  const hostile = await openHostile(net.home('one'), link, device)
  hostiles.push(hostile)
  const { admission, entry, log } = hostile
  const joined = entry(0, { type: 'joined', heads: [], admission, as: 'Mallory' })
  const begun = await hostile.begin(1, await knownTo(ada, room))
  await log.append([joined, begun, entry(2, message('I said yes'))])
  const channel = await hostile.meet(stranger)
  await untilAllShow([ada, ben], room, ['I said yes'])
  const head = { length: 2, treeHash: await log.treeHash(2) }
  const { deviceSeed } = personOf(device, primitives)
  const signature = primitives.sign(headSignable(log.key, head, primitives, 1), deviceSeed)
  for (const bytes of encodeLogs([{ admission, head: { ...head, fork: 1, signature } }])) channel.send(2, bytes)
  await expectProved([ada, ben], 2)
  expect(ada.texts(room)).toContain('I said yes')
})
