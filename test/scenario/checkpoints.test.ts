import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { decodeCheckpoint, encodeCheckpoint, withCosignature } from '../../protocol/checkpoint/checkpoint.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { mostBundleBytes, type Report, verifyFile } from '../../protocol/verification/index.ts'
import { meet, type TestPerson, untilAllShow } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet

beforeEach(async () => {
  net = await openTestnet()
})
afterEach(() => net.close())

const names = (person: TestPerson, room: string) =>
  (person.room(room).checkpoint?.witnesses ?? []).map(({ name }) => name).sort()

/** Wait until all of somebody's checkpoint could be signed by everybody. */
async function untilWitnessed(person: TestPerson, room: string, by: readonly string[]): Promise<void> {
  await until(() => JSON.stringify(names(person, room)) === JSON.stringify(by), `${by} witness ${person.name}`)
}

describe('an exported conversation', () => {
  let [ada, ben, cy] = [] as unknown as [TestPerson, TestPerson, TestPerson]
  let room = ''
  beforeEach(async () => {
    ;[ada, ben, cy] = [await net.open('Ada'), await net.open('Ben'), await net.open('Cy')]
    room = await meet(ada, ben, cy)
    await ada.send(room, 'One')
    await untilAllShow([ada, ben, cy], room, ['One'])
    await ben.send(room, 'Two')
    await untilAllShow([ada, ben, cy], room, ['One', 'Two'])
  })

  const identity = (person: TestPerson) => person.status().identity
  const ofCheckpoints = ({ checks }: Report) => checks.filter(({ name }) => name === 'checkpoints')

  test('shows who had witnessed it', async () => {
    const { report, messages } = verifyFile(await ada.backend.exportRoom(room, 'all'), { primitives })
    expect(report.ok).toBe(true)
    expect(ofCheckpoints(report)).toMatchObject([{ outcome: 'passed' }])
    expect(messages.map(({ text, witnessed }) => [text, witnessed?.people])).toEqual([
      ['One', 2],
      ['Two', 1],
    ])
    const own = report.witnessed.find(({ log }) => messages[0]!.id.startsWith(log))!
    expect(own.people.map((each) => each.identity).sort()).toEqual([identity(ben), identity(cy)].sort())
  })

  test('shows in an excerpt who of its authors had witnessed it, and names nobody else', async () => {
    await cy.send(room, 'Three')
    await untilAllShow([ada, ben, cy], room, ['One', 'Two', 'Three'])
    const ids = ada.timeline(room).flatMap((item) => (item.type === 'message' ? [item.id] : []))
    const excerptOf = async (...chosen: string[]) => {
      const bytes = await ada.backend.excerptRoom(room, chosen)
      const { report, messages } = verifyFile(bytes, { primitives })
      expect(report.ok).toBe(true)
      const namesCy = Buffer.from(bytes).includes(cy.status().device)
      return { people: messages.map(({ witnessed }) => witnessed?.people ?? 0), namesCy }
    }
    expect(await excerptOf(...ids)).toEqual({ people: [2, 1, 1], namesCy: true })
    expect(await excerptOf(ids[0]!, ids[1]!)).toEqual({ people: [1, 0], namesCy: false })
  })

  test('keeps the words that an older checkpoint has, when those who gave them are away', async () => {
    await ada.run('make-checkpoint', { room })
    await Promise.all([ben.close(), cy.close()])
    await until(() => ada.room(room).peers === 0, 'that both are gone')
    await ada.send(room, 'Anybody?')
    const { report, messages } = await ada.verify(room)
    expect(report.ok).toBe(true)
    expect(messages.map(({ text, witnessed }) => [text, witnessed?.people ?? 0])).toEqual([
      ['One', 2],
      ['Two', 1],
      ['Anybody?', 0],
    ])
  })

  test('does not count the word of somebody who was removed since', async () => {
    await ada.run('make-checkpoint', { room })
    await ada.run('remove-member', { room, person: identity(cy) })
    const { report, messages } = await ada.verify(room)
    expect(report.ok).toBe(true)
    expect(messages.map(({ text, witnessed }) => [text, witnessed?.people ?? 0])).toEqual([
      ['One', 1],
      ['Two', 0],
    ])
    expect(JSON.stringify(report.witnessed)).not.toContain(identity(cy))
  })

  test('fails where one bit of a cosignature differs, and names the tree', async () => {
    const changed = withOneBit(await ada.backend.exportRoom(room, 'all'))
    const { report } = verifyFile(changed, { primitives })
    expect(ofCheckpoints(report)).toContainEqual(
      expect.objectContaining({
        outcome: 'failed',
        code: 'checkpoint/cosignature',
        where: `${ada.status().device}/0`,
      }),
    )
    expect(report.witnessed).toEqual([])
  })
})

/** The same file, but for one bit of the first cosignature of its first checkpoint. */
function withOneBit(file: Uint8Array): Uint8Array {
  const limits = { bytes: mostBundleBytes }
  const [magic, version, content, signature] = decodeCbor(file, limits) as readonly CborValue[]
  const parts = decodeCbor(content as Uint8Array, limits) as readonly CborValue[]
  const [shown, ...others] = parts[4] as readonly (readonly CborValue[])[]
  const [note, heads] = shown!
  const signed = decodeCheckpoint(note as Uint8Array, primitives)
  const [first] = signed.cosignatures
  const flipped = first!.signature.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
  const changed = encodeCheckpoint(withCosignature(signed, { ...first!, signature: flipped }), primitives)
  return encodeCbor([magic!, version!, encodeCbor([...parts.slice(0, 4), [[changed, heads!], ...others]]), signature!])
}

describe('what a device has seen', () => {
  test('is signed by it, and by all who are there; and the same again when more has been said, also after a restart', async () => {
    let [ada, ben, cy] = [await net.open('Ada'), await net.open('Ben'), await net.open('Cy')]
    const room = await meet(ada, ben, cy)
    expect(ada.room(room).checkpoint).toBeNull()
    await ada.send(room, 'One')
    await untilAllShow([ada, ben, cy], room, ['One'])
    const { checkpoint } = await ada.run('make-checkpoint', { room })
    expect(checkpoint).toMatchObject({ size: 3, of: 2 })
    expect(names(ada, room)).toEqual(['Ben', 'Cy'])
    // Nothing new: the same one.
    expect((await ada.run('make-checkpoint', { room })).checkpoint).toEqual(checkpoint)
    await ben.send(room, 'Two')
    await untilAllShow([ada, ben, cy], room, ['One', 'Two'])
    expect((await ada.run('make-checkpoint', { room })).checkpoint).toMatchObject({ size: 4, of: 2 })
    expect(names(ada, room)).toEqual(['Ben', 'Cy'])
    await ada.close()
    ada = await net.open('Ada')
    await until(() => ada.room(room).peers === 2, 'that Ada is back')
    expect(names(ada, room)).toEqual(['Ben', 'Cy'])
    await ada.send(room, 'Three')
    await untilAllShow([ada, ben, cy], room, ['One', 'Two', 'Three'])
    expect((await ada.run('make-checkpoint', { room })).checkpoint).toMatchObject({ size: 5, of: 2 })
    expect(names(ada, room)).toEqual(['Ben', 'Cy'])
    for (const person of [ada, ben, cy]) expect(person.room(room).troubles).toEqual([])
  })

  test('is witnessed by who was away when they come back', async () => {
    let [ada, ben, cy] = [await net.open('Ada'), await net.open('Ben'), await net.open('Cy')]
    const room = await meet(ada, ben, cy)
    await cy.close()
    await until(() => ada.room(room).peers === 1, 'that Cy is gone')
    const { checkpoint } = await ada.run('make-checkpoint', { room })
    expect(checkpoint?.witnesses.map(({ name }) => name)).toEqual(['Ben'])
    expect(checkpoint?.of).toBe(2)
    cy = await net.open('Cy')
    await untilWitnessed(ada, room, ['Ben', 'Cy'])
  })

  test('cannot be signed in two ways: whoever had witnessed the first tells all, and those who come later', async () => {
    let [ada, ben, cy] = [await net.open('Ada'), await net.open('Ben'), await net.open('Cy')]
    const room = await meet(ada, ben, cy)
    await cy.close()
    await until(() => ada.room(room).peers === 1, 'that Cy is gone')
    await ada.run('make-checkpoint', { room })
    expect(names(ada, room)).toEqual(['Ben'])
    await ada.close()
    // With this, Ada's node has forgotten what it had signed.
    await rm(join(ada.home, 'checkpoints.db'))
    ada = await net.open('Ada')
    await ada.send(room, 'Something else')
    await untilAllShow([ada, ben], room, ['Something else'])
    await ada.run('make-checkpoint', { room })
    const isTold = (person: TestPerson) => person.room(room).troubles.some(({ text }) => text.includes('contradict'))
    await until(() => isTold(ben), 'that Ben knows')
    expect(ben.room(room).troubles).toMatchObject([{ author: 'Ada' }])
    cy = await net.open('Cy')
    await until(() => isTold(cy) && isTold(ada), 'that all know')
  })
})
