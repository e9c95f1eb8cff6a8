import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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
