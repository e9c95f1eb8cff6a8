import { createApp } from 'vue'
import type { TimelineItem } from '../../node/api/views.ts'
import App from '../App.vue'
import { router } from '../router.ts'
import { callMediaKey } from '../state/call-media.ts'
import { groupMediaKey } from '../state/group-media.ts'
import { bridgeKey } from '../state/use-bridge.ts'
import { type CannedBridge, makeCannedBridge, problem } from './canned-bridge.ts'
import { useCannedCallMedia } from './canned-call-media.ts'
import { useCannedGroupMedia } from './canned-group-media.ts'
import { cannedScript, cannedWorld, me } from './canned-world.ts'

/** The whole page over a canned world; `globalThis.canned` lets one change it. */
export function openCannedPage(): void {
  const world = cannedWorld(Date.now())
  const bridge: CannedBridge = makeCannedBridge(world, {
    'set-name': ({ name }) => {
      world.status = { ...world.status, name }
      bridge.tell()
      return {}
    },
    'mark-read': ({ room }) => {
      const read = world.rooms.find(({ view, unread }) => view.id === room && unread > 0)
      if (read) {
        read.unread = 0
        queueMicrotask(bridge.tell)
      }
      return {}
    },
    'send-message': ({ room, text }) => {
      const there = world.rooms.find(({ view }) => view.id === room)
      if (!there) throw problem('no-such-room')
      const script = cannedScript(Date.now())
      script.say(me, text, 0)
      const [item] = script.items as [TimelineItem]
      const index = there.items.length
      there.items = [...there.items, { ...item, id: `${me}/${index}`, order: String(index).padStart(8, '0'), index }]
      bridge.tell()
      return { id: `${me}/${index}` }
    },
    'read-recovery-words': () => ({ identity: me }),
    'restore-identity': () => ({ identity: me }),
    'read-safety-number': () => ({ digits: '0123456789'.repeat(6) }),
    'show-recovery-words': () => ({ words: cannedWords }),
    'forget-recovery-words': () => {
      world.status = { ...world.status, wordsKept: false }
      bridge.tell()
      return {}
    },
    'create-room': () => ({ room: world.rooms[0]?.view.id ?? '', link: cannedLink }),
    'share-room': () => ({ link: cannedLink, expires: Date.now() + 7 * 24 * 3_600_000 }),
    'read-link': ({ link }) => {
      if (!link.includes('AQ')) throw problem('link-malformed')
      return {
        room: '0'.repeat(64),
        name: 'Allotment 7',
        inviter: 'Ada Lindqvist',
        expires: null,
        expired: link.includes('old'),
        policy: 'open-link',
        history: 'all',
        joined: false,
        standing: null,
      }
    },
    'join-room': () => ({ room: world.rooms[3]?.view.id ?? '' }),
    'list-sessions': () => ({
      sessions: [{ id: 'a', browser: 'Chromium on Linux', created: Date.now(), lastSeen: Date.now() }],
    }),
    'revoke-session': () => ({}),
    'revoke-device': ({ device }) => {
      world.devices = world.devices.map((each) => (each.device === device ? { ...each, revoked: true } : each))
      bridge.tell()
      return { rooms: world.rooms.length }
    },
    'create-login-code': () => ({ url: 'http://localhost:7717/#/login/Zk3v9', expires: Date.now() + 300_000 }),
  })
  Object.assign(globalThis, { canned: bridge })
  createApp(App)
    .use(router)
    .provide(bridgeKey, bridge)
    .provide(callMediaKey, useCannedCallMedia)
    .provide(groupMediaKey, useCannedGroupMedia)
    .mount('#app')
}

/** Of 32 zero bytes: nobody's. */
const cannedWords = [...Array.from({ length: 23 }, () => 'abandon'), 'art']

const cannedLink = `http://localhost:7717/#/join/AQ${'k7Zp3vQx9LmWc2Rt'.repeat(12)}`
