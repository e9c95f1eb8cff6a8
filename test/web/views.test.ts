import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type App, createApp } from 'vue'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import type { LinkPreview } from '../../node/api/commands.ts'
import PageRoot from '../../web/App.vue'
import { type CannedBridge, makeCannedBridge, problem } from '../../web/canned/canned-bridge.ts'
import { cannedWorld } from '../../web/canned/canned-world.ts'
import { routes } from '../../web/router.ts'
import { callMediaKey } from '../../web/state/call-media.ts'
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

  test('names the members, and offers a call to those who can be called', async () => {
    await open(`/room/${first.id}`)
    document.querySelector<HTMLElement>('.people[aria-pressed="false"]')?.click()
    await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="member-row"]')).toHaveLength(4))
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
