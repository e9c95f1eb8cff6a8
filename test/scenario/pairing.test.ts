import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PairingView } from '../../node/api/views.ts'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { decodePairingLink, encodePairingLink } from '../../protocol/pairing/pairing-link.ts'
import { meet, type TestPerson, untilAllShow } from '../support/nodes.ts'
import { openTestnet, type Testnet } from '../support/testnet.ts'
import { until } from '../support/until.ts'

let net: Testnet
let laptop: TestPerson
let phone: TestPerson
let ben: TestPerson
let room: string

beforeEach(async () => {
  net = await openTestnet()
  laptop = await net.open('Ada')
  ben = await net.open('Ben')
  room = await meet(laptop, ben)
  phone = await net.open('Phone', { unnamed: true })
})
afterEach(() => net.close())

function pairingOf({ backend }: TestPerson): PairingView['pairing'] {
  let seen: PairingView['pairing'] = null
  backend.watch({ type: 'pairing' }, (view) => (seen = (view as PairingView).pairing))()
  return seen
}

const untilPairing = (person: TestPerson, state: string) =>
  until(() => pairingOf(person)?.state === state, `that pairing is ${state} at ${person.name}`)

async function untilComparing(link: string): Promise<void> {
  await phone.run('join-pairing', { link, label: 'Phone' })
  await untilPairing(laptop, 'comparing')
  await untilPairing(phone, 'comparing')
}

const confirm = () => laptop.run('confirm-pairing', { code: pairingOf(phone)?.code ?? '' })

describe('a new device by a link', () => {
  test('shows a code, and is the same person with the same rooms once that is typed on the old one', async () => {
    await laptop.send(room, 'From before')
    const { link } = await laptop.run('offer-pairing', {})
    await untilComparing(link)
    expect(pairingOf(phone)?.code).toMatch(/^[0-9]{6}$/)
    expect(pairingOf(laptop)?.code).toBeNull()
    expect(pairingOf(phone)?.other).toBe('Ada')
    expect(pairingOf(laptop)?.other).toBe('Phone')
    expect(phone.status().name).toBeNull()

    await confirm()
    await untilPairing(phone, 'done')
    await untilPairing(laptop, 'done')
    expect(phone.status()).toMatchObject({ name: 'Ada', identity: laptop.status().identity, wordsKept: false })
    await until(() => phone.rooms().some(({ id, state }) => id === room && state === 'open'), 'the room on the phone')
    await phone.send(room, 'From my phone')
    await untilAllShow([laptop, phone, ben], room, ['From before', 'From my phone'])
    expect(ben.room(room).members).toHaveLength(2)
  })

  test('finds a room that has no link, and one whose link is over', async () => {
    const { room: closed } = await laptop.run('create-room', { name: 'Invited only', policy: 'invite-only' })
    const { link } = await laptop.run('offer-pairing', {})
    await untilComparing(link)
    await confirm()
    await until(() => phone.rooms().some(({ id, state }) => id === closed && state === 'open'), 'the room')
    await phone.send(closed, 'Here too')
    await untilAllShow([laptop, phone], closed, ['Here too'])
  })

  test('is still the same person after both have been off', async () => {
    const { link } = await laptop.run('offer-pairing', {})
    await untilComparing(link)
    await confirm()
    await untilPairing(phone, 'done')
    await phone.close()
    await laptop.close()
    laptop = await net.open('Ada')
    phone = await net.open('Phone', { unnamed: true })
    expect(phone.status().identity).toBe(laptop.status().identity)
    await until(() => phone.rooms().length === 1, 'the room')
    await laptop.send(room, 'Again')
    await untilAllShow([laptop, phone, ben], room, ['Again'])
  })
})

describe('pairing', () => {
  test('takes nobody in as long as nobody has typed the code, nor by another code', async () => {
    const { link } = await laptop.run('offer-pairing', {})
    await untilComparing(link)
    const wrong = pairingOf(phone)?.code === '000000' ? '000001' : '000000'
    await expect(laptop.run('confirm-pairing', { code: wrong })).rejects.toMatchObject({ code: 'pairing-code-wrong' })
    expect(phone.status().name).toBeNull()
    await laptop.run('cancel-pairing', {})
    await untilPairing(phone, 'failed')
    expect(pairingOf(laptop)).toBeNull()
    expect(phone.status().name).toBeNull()
    await expect(laptop.run('confirm-pairing', { code: '000000' })).rejects.toMatchObject({ code: 'no-pairing' })
  })

  test('goes on waiting when somebody comes who has the address alone', async () => {
    const { link } = await laptop.run('offer-pairing', {})
    const known = decodePairingLink(link, primitives)
    const guessed = encodePairingLink({ ...known, secret: new Uint8Array(32) }, primitives)
    const mallory = await net.open('Mallory', { unnamed: true })
    await mallory.run('join-pairing', { link: guessed })
    await untilPairing(mallory, 'failed')
    expect(pairingOf(laptop)?.state).toBe('waiting')
    await untilComparing(link)
  })

  test('is refused where somebody is already, and with what is no link', async () => {
    const { link } = await laptop.run('offer-pairing', {})
    await expect(ben.run('join-pairing', { link })).rejects.toMatchObject({ code: 'not-fresh' })
    await expect(phone.run('join-pairing', { link: link.slice(0, -3) })).rejects.toMatchObject({
      code: 'link-malformed',
    })
    await expect(phone.run('offer-pairing', {})).rejects.toMatchObject({ code: 'no-name' })
    const old = encodePairingLink({ ...decodePairingLink(link, primitives), expires: 1 }, primitives)
    await expect(phone.run('join-pairing', { link: old })).rejects.toMatchObject({ code: 'pairing-expired' })
  })

  test('that was confirmed twice, or ended, can be begun again', async () => {
    await laptop.run('offer-pairing', {})
    await laptop.run('cancel-pairing', {})
    const { link } = await laptop.run('offer-pairing', {})
    await untilComparing(link)
    await confirm()
    await untilPairing(laptop, 'done')
    await expect(laptop.run('confirm-pairing', { code: '000000' })).rejects.toMatchObject({ code: 'no-pairing' })
  })
})
