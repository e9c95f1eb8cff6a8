import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CallBot, openCallBot } from '../support/call-bot.ts'
import { meet, type TestPerson } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
let bots: CallBot[]

beforeEach(async () => {
  net = await openTestnet()
  bots = []
})
afterEach(async () => {
  for (const bot of bots) bot.close()
  await net.close()
})

async function gather(names: readonly string[]): Promise<{ readonly room: string; readonly call: string }> {
  const people: TestPerson[] = []
  for (const name of names) people.push(await net.open(name))
  bots = people.map((person) => openCallBot(person))
  const room = await meet(people[0]!, ...people.slice(1))
  await until(() => people.every((person) => person.room(room).peers === people.length - 1), 'the others')
  const { call } = await people[0]!.run('start-group-call', { room })
  for (const person of people.slice(1)) {
    await until(() => person.room(room).groupCalls[0]?.call === call, 'the call')
    await person.run('join-call', { call })
  }
  return { room, call }
}

const identityOf = ({ person }: CallBot) => person.status().identity!
const keyId = (bot: CallBot) => Number(bot.call()?.fanOut?.key?.id ?? 0)

/** Wait until each of them has opened more of the voice and the picture of each other one than now. */
async function untilAllOpen(some: readonly CallBot[], more = 10): Promise<void> {
  const pairs = some.flatMap((to) => some.filter((from) => from !== to).map((from) => [to, identityOf(from)] as const))
  const before = pairs.map(([to, from]) => ({ ...to.opened(from) }))
  await until(
    () =>
      pairs.every(([to, from], i) => {
        const { audio, video } = to.opened(from)
        return audio > before[i]!.audio + more && video > before[i]!.video + more
      }),
    'voice and picture of everybody',
  )
}

describe('people in a call of more than four', () => {
  test('see and hear each other, six of them, sealed by keys that no entry and no message carries', async () => {
    await gather(['Ada', 'Ben', 'Cyd', 'Dov', 'Eve', 'Fay'])
    await untilAllOpen(bots)
    expect(bots.map((bot) => bot.call()!.form)).toEqual(Array(6).fill('fan-out'))
    expect(bots.map((bot) => bot.call()!.participants.every(({ state }) => state === 'connected'))).toEqual(
      Array(6).fill(true),
    )
  })

  test('go on by other keys when one of them is removed from the room, who hears no more', async () => {
    const { room } = await gather(['Ada', 'Ben', 'Cyd', 'Dov', 'Fay'])
    await untilAllOpen(bots)
    const fay = bots.at(-1)!
    const others = bots.slice(0, -1)
    const before = others.map(keyId)
    await others[0]!.person.run('remove-member', { room, person: identityOf(fay) })
    await until(() => others.every((bot, i) => keyId(bot) > before[i]!), 'other keys')
    await untilAllOpen(others)
    const heard = others.map((bot) => fay.opened(identityOf(bot)).audio)
    await untilAllOpen(others, 30)
    expect(others.map((bot) => fay.opened(identityOf(bot)).audio)).toEqual(heard)
  })

  test('have one who comes later among them, and stay together when some leave', async () => {
    const { room, call } = await gather(['Ada', 'Ben', 'Cyd', 'Dov', 'Eve'])
    await untilAllOpen(bots)
    for (const { person } of bots.slice(2)) await person.run('leave-call', { call })
    const late = await net.open('Gus')
    const { link } = await bots[0]!.person.run('share-room', { room })
    await late.run('join-room', { link })
    await until(() => late.room(room).groupCalls[0]?.call === call, 'the call')
    await late.run('join-call', { call })
    const bot = openCallBot(late)
    bots.push(bot)
    await untilAllOpen([bots[0]!, bots[1]!, bot])
  })
})
