import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type App, createApp } from 'vue'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import type { LinkPreview } from '../../node/api/commands.ts'
import PageRoot from '../../web/App.vue'
import { type CannedBridge, makeCannedBridge, problem } from '../../web/canned/canned-bridge.ts'
import { useCannedGroupMedia } from '../../web/canned/canned-group-media.ts'
import { cannedWorld } from '../../web/canned/canned-world.ts'
import { routes } from '../../web/router.ts'
import { callMediaKey } from '../../web/state/call-media.ts'
import { groupMediaKey } from '../../web/state/group-media.ts'
import { keepPendingLink } from '../../web/state/room-link.ts'
import { bridgeKey } from '../../web/state/use-bridge.ts'
import { fakeMedia } from './fake-media.ts'

type Handlers = Parameters<typeof makeCannedBridge>[1]

const preview: LinkPreview = {
  room: '0'.repeat(64),
  name: 'Allotment 7',
  inviter: 'Ada',
  expires: null,
  expired: false,
  policy: 'open-link',
  history: 'all',
  joined: false,
  standing: null,
}
let page: App | undefined
let router: Router
let bridge: CannedBridge

beforeEach(() => localStorage.clear())
afterEach(() => page?.unmount())

async function open(path: string, handlers: Handlers = {}, prepare = (_: CannedBridge) => {}): Promise<void> {
  bridge = makeCannedBridge(cannedWorld(Date.now()), { 'mark-read': () => ({}), ...handlers })
  prepare(bridge)
  router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path)
  const holder = document.createElement('div')
  document.body.replaceChildren(holder)
  page = createApp(PageRoot)
    .use(router)
    .provide(bridgeKey, bridge)
    .provide(callMediaKey, () => fakeMedia())
    .provide(groupMediaKey, useCannedGroupMedia)
  page.mount(holder)
  await vi.waitFor(() => expect(holder.childElementCount).toBeGreaterThan(0))
}

const see = (words: string) => vi.waitFor(() => expect(document.body.textContent).toContain(words))
const find = <E extends HTMLElement>(id: string) => document.querySelector<E>(`[data-testid='${id}']`)

describe('the page', () => {
  test('tells a stranger how to be let in, and keeps the link', async () => {
    await open('/join/AQ', { 'read-link': () => preview }, (bridge) => bridge.setState('not-let-in'))
    await see('parley open')
    expect(document.body.textContent).toContain('The link you opened is kept')
    await router.replace('/')
    bridge.setState('open')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/join/AQ'))
  })

  test('opens a kept link where one was let in by another tab', async () => {
    keepPendingLink('AQ', Date.now())
    await open('/', { 'read-link': () => preview }, (bridge) => bridge.setState('connecting'))
    bridge.setState('open')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/join/AQ'))
  })

  test('asks for a name first, and for nothing else', async () => {
    const names: string[] = []
    const noteName = (name: string) => {
      names.push(name)
      return {}
    }
    await open('/', { 'set-name': ({ name }) => noteName(name) }, ({ world }) => {
      world.status = { ...world.status, name: null }
    })
    const field = find<HTMLInputElement>('name-field')!
    expect(document.querySelectorAll('input')).toHaveLength(1)
    field.value = ' Ines '
    field.dispatchEvent(new Event('input'))
    field.form!.dispatchEvent(new Event('submit', { cancelable: true }))
    await vi.waitFor(() => expect(names).toEqual(['Ines']))
  })

  test('brings somebody back by their words, after showing whose they are', async () => {
    const identity = 'ab'.repeat(32)
    await open(
      '/',
      { 'read-recovery-words': () => ({ identity }), 'restore-identity': () => ({ identity }) },
      (bridge) => {
        bridge.world.status = { ...bridge.world.status, name: null }
      },
    )
    find('have-words')!.click()
    await vi.waitFor(() => expect(find('restore-words')).not.toBeNull())
    const field = find<HTMLTextAreaElement>('restore-words')!
    field.value = 'some words'
    field.dispatchEvent(new Event('input'))
    const submit = () => document.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }))
    submit()
    await see('Is this you?')
    expect(bridge.sent.map(({ type }) => type)).toEqual(['read-recovery-words'])
    expect(document.body.textContent).toContain('ask somebody of each room for a link')
    submit()
    await see('Welcome back')
    expect(bridge.sent.at(-1)).toEqual({ type: 'restore-identity', words: 'some words' })
    expect(document.body.innerHTML).not.toContain('some words')
    expect(find('name-field')).not.toBeNull()
  })

  test('says so when the node goes away, and keeps showing what it knows', async () => {
    await open('/')
    bridge.setState('unreachable')
    await see('Your node does not answer')
    expect(find('room-row')).not.toBeNull()
  })
})

describe('the browsers that were let in', () => {
  test('are shut out only after a question that says whether it is this one', async () => {
    const session = (id: string, lastSeen: number) => ({ id, browser: `Browser ${id}`, created: 0, lastSeen })
    await open('/', {
      'list-sessions': () => ({ sessions: [session('b', Date.now() - 3_600_000), session('a', Date.now())] }),
      'revoke-session': () => ({}),
    })
    document.querySelector<HTMLElement>('[aria-label="Settings"]')!.click()
    await see('last seen 1 hour ago')
    expect(document.body.textContent).toContain('last seen just now')
    document.querySelector<HTMLElement>('[aria-label="Shut out Browser a"]')!.click()
    await see('it is the only one seen just now')
    expect(bridge.sent.map(({ type }) => type)).not.toContain('revoke-session')
    find('confirm-revoke')!.click()
    await vi.waitFor(() => expect(bridge.sent).toContainEqual({ type: 'revoke-session', session: 'a' }))
  })
})

describe('choosing messages', () => {
  const garden = cannedWorld(0).rooms[0]!.view.id
  const begin = async () => {
    await open(`/room/${garden}`)
    await vi.waitFor(() => expect(find('choose-messages')).not.toBeNull())
    find('choose-messages')!.click()
    await vi.waitFor(() => expect(find('excerpt-bar')).not.toBeNull())
  }

  test('takes the place of writing, and gives it back with nothing chosen', async () => {
    await begin()
    expect(find('composer')).toBeNull()
    expect(find<HTMLButtonElement>('save-excerpt')!.disabled).toBe(true)
    find('excerpt-bar')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    await vi.waitFor(() => expect(find('composer')).not.toBeNull())
    expect(find('excerpt-bar')).toBeNull()
  })
})

describe('the 24 words', () => {
  const words = Array.from({ length: 24 }, (_, i) => `zebra${String.fromCharCode(97 + i)}`)
  const type = (field: HTMLInputElement, text: string) => {
    field.value = text
    field.dispatchEvent(new Event('input'))
  }
  const fields = () => [...document.querySelectorAll<HTMLInputElement>('[data-testid^="word-field-"]')]
  const wordOf = (field: HTMLInputElement) => words[Number(field.dataset.testid!.replace(/\D/g, '')) - 1]!

  test('are shown, asked for, and then removed from the node', async () => {
    await open('/', { 'show-recovery-words': () => ({ words }), 'forget-recovery-words': () => ({}) })
    find('words-reminder')!.click()
    await see('zebrax')
    expect(bridge.sent.map(({ type }) => type)).not.toContain('forget-recovery-words')
    await vi.waitFor(() => expect(find<HTMLButtonElement>('words-written')!.disabled).toBe(false))
    find('words-written')!.click()
    await vi.waitFor(() => expect(fields()).toHaveLength(3))
    expect(find('recovery-words')).toBeNull()
    for (const field of fields()) type(field, 'another')
    fields()[0]!.form!.dispatchEvent(new Event('submit', { cancelable: true }))
    await see('Nothing was removed')
    for (const field of fields()) type(field, ` ${wordOf(field).toUpperCase()} `)
    fields()[0]!.form!.dispatchEvent(new Event('submit', { cancelable: true }))
    await see('You alone have them now')
    expect(bridge.sent).toContainEqual({ type: 'forget-recovery-words' })
    for (const word of words) expect(document.body.textContent).not.toContain(word)
  })

  test('leave nothing behind when the dialog is left, and the reminder goes when they are gone', async () => {
    await open('/', { 'show-recovery-words': () => ({ words }) })
    find('words-reminder')!.click()
    await see('zebrax')
    document.querySelector<HTMLElement>('[aria-label="Close"]')!.click()
    await vi.waitFor(() => expect(document.body.textContent).not.toContain('zebrax'))
    bridge.world.status = { ...bridge.world.status, wordsKept: false }
    bridge.tell()
    await vi.waitFor(() => expect(find('words-reminder')).toBeNull())
  })
})

describe('somebody in a room', () => {
  const { view } = cannedWorld(0).rooms[0]!
  const other = view.members.find(({ name }) => name === 'Bob')!.identity

  const openMember = async (handlers: Handlers = {}) => {
    await open(`/room/${view.id}`, { 'read-safety-number': () => ({ digits: '12345'.repeat(12) }), ...handlers })
    document.querySelector<HTMLElement>('.people[aria-pressed="false"]')?.click()
    const name = () => document.querySelector<HTMLElement>(`[data-identity="${other}"] [data-testid="member-name"]`)
    await vi.waitFor(() => expect(name()).not.toBeNull())
    name()!.click()
    await vi.waitFor(() => expect(find('safety-number')?.querySelectorAll('li')).toHaveLength(12))
  }

  test('is compared by 12 groups of digits, and confirmed with one click', async () => {
    await openMember({ 'confirm-person': () => ({}) })
    expect(find('safety-number')!.textContent).toBe('12345'.repeat(12))
    find('confirm-person')!.click()
    await vi.waitFor(() =>
      expect(bridge.sent).toContainEqual({ type: 'confirm-person', identity: other, confirmed: true }),
    )
    for (const { view: each } of bridge.world.rooms) {
      each.members = each.members.map((one) => (one.identity === other ? { ...one, confirmed: 1 } : one))
    }
    bridge.tell()
    await see('Confirmed by you')
    expect(find('confirm-person')).toBeNull()
    find('unconfirm-person')!.click()
    await vi.waitFor(() =>
      expect(bridge.sent).toContainEqual({ type: 'confirm-person', identity: other, confirmed: false }),
    )
  })

  test('gets a name of one’s own choice, or their own again', async () => {
    await openMember({ 'name-person': () => ({}) })
    const field = find<HTMLInputElement>('petname-field')!
    field.value = 'My brother'
    field.dispatchEvent(new Event('input'))
    field.form!.dispatchEvent(new Event('submit', { cancelable: true }))
    await vi.waitFor(() =>
      expect(bridge.sent).toContainEqual({ type: 'name-person', identity: other, name: 'My brother' }),
    )
  })

  test('who is called like somebody else is marked in words', async () => {
    await open(`/room/${view.id}`, {}, ({ world }) => {
      const { members } = world.rooms[0]!.view
      world.rooms[0]!.view.members = members.map((one) =>
        one.identity === other ? { ...one, lookalike: { name: 'Bob', here: true } } : one,
      )
    })
    document.querySelector<HTMLElement>('.people[aria-pressed="false"]')?.click()
    await see('another Bob is in this room; their ids differ')
  })
})

describe('a link to a room', () => {
  test('shows the room and who invites, and joins at one click', async () => {
    const room = cannedWorld(0).rooms[3]!.view.id
    await open('/join/AQ', { 'read-link': () => preview, 'join-room': () => ({ room }) })
    await see('Ada invites you to')
    expect(bridge.sent.map(({ type }) => type)).not.toContain('join-room')
    find('join-confirm')!.click()
    await vi.waitFor(() => expect(router.currentRoute.value.params).toEqual({ room }))
    await see('Nobody who is in this room has been reached yet')
  })

  test('opens the room when one is in it already', async () => {
    const room = cannedWorld(0).rooms[1]!.view.id
    await open('/join/AQ', { 'read-link': () => ({ ...preview, room, joined: true }) })
    await vi.waitFor(() => expect(router.currentRoute.value.params).toEqual({ room }))
  })

  test('that has expired says so and cannot be used', async () => {
    await open('/join/AQ', { 'read-link': () => ({ ...preview, expired: true }) })
    await see('This link has expired')
    expect(find('join-confirm')).toBeNull()
  })

  test('that is broken says so in the node’s words', async () => {
    await open('/join/AQ', {
      'read-link': () => {
        throw problem('link-malformed')
      },
    })
    await see('This is not a Parley link, or a part of it is missing.')
  })
})

describe('a room', () => {
  const first = cannedWorld(0).rooms[0]!.view

  test('names the members, and apart from them who is out, and offers a call to those who can be called', async () => {
    await open(`/room/${first.id}`)
    document.querySelector<HTMLElement>('.people[aria-pressed="false"]')?.click()
    await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="member-row"]')).toHaveLength(5))
    expect(document.querySelectorAll('[data-testid="members-out"] [data-testid="member-row"]')).toHaveLength(1)
    const calls = [...document.querySelectorAll('[data-testid="call-button"]')]
    expect(calls.map((button) => button.getAttribute('aria-label'))).toEqual(['Call Ada Lindqvist'])
  })

  test('says of nobody that they are connected, and offers no call, while the node is away', async () => {
    await open(`/room/${first.id}`)
    document.querySelector<HTMLElement>('.people[aria-pressed="false"]')?.click()
    await vi.waitFor(() => expect(find('call-button')).not.toBeNull())
    bridge.setState('unreachable')
    await see('not known now')
    expect(document.body.textContent).not.toMatch(/\d connected|, connected/)
    expect(find<HTMLButtonElement>('call-button')!.disabled).toBe(true)
  })

  test('without anybody else and without a message asks to share its link', async () => {
    await open(`/room/${first.id}`, {}, ({ world }) => {
      const [room] = world.rooms
      room!.items = room!.items.filter(({ type }) => type === 'notice').slice(0, 1)
      room!.view = { ...room!.view, members: room!.view.members.filter(({ self }) => self), syncing: null }
    })
    await see('Share the link to bring people in')
  })

  test('says how it is connected', async () => {
    await open(`/room/${first.id}`)
    await vi.waitFor(() => expect(find('connection-state')?.textContent).toContain('Connected with 2 people'))
  })

  test('that is not on this node says so', async () => {
    await open(`/room/${'f'.repeat(64)}`)
    await see('This room is not on this computer')
  })
})
