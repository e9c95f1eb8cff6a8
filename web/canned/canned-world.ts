import type { Member } from '../../node/api/people.ts'
import type { TimelineItem } from '../../node/api/views.ts'
import type { CannedRoom, CannedWorld } from './canned-bridge.ts'

const minute = 60_000
const hour = 60 * minute

const id = (n: number) =>
  Array.from({ length: 32 }, (_, i) => ((n * 97 + i * 31 + n * i * 7) % 256).toString(16).padStart(2, '0')).join('')

export const me = id(1)
const ada = id(2)
const bob = id(3)
const cyd = id(5)
const dee = id(6)

const names: Record<string, string> = {
  [me]: 'Ines Marlow',
  [ada]: 'Ada Lindqvist',
  [bob]: 'Bob',
  [cyd]: 'Cyd Okafor',
  [dee]: 'Dee',
}

const member = (identity: string, rest: Partial<Member> = {}): Member => ({
  identity,
  name: names[identity] ?? '?',
  chosenName: names[identity] ?? '?',
  confirmed: null,
  lookalike: null,
  self: identity === me,
  standing: 'member',
  may: { roles: [], remove: false },
  online: true,
  callable: true,
  devices: 1,
  ...rest,
})

/** Writes items one after another, as a room would hold them. */
export function cannedScript(start: number): {
  readonly items: TimelineItem[]
  say(author: string, text: string, after?: number, rest?: Partial<Extract<TimelineItem, { type: 'message' }>>): void
  add(item: Partial<TimelineItem> & Pick<TimelineItem, 'type' | 'author'>, after?: number): void
} {
  const items: TimelineItem[] = []
  let time = start

  function add(item: Partial<TimelineItem> & Pick<TimelineItem, 'type' | 'author'>, after = minute): void {
    time += after
    const index = items.length
    const base = {
      id: `${item.author}/${index}`,
      order: String(index).padStart(8, '0'),
      name: names[item.author] ?? 'Somebody',
      self: item.author === me,
      time,
      index,
      late: false,
      flaw: null,
    }
    items.push({ ...base, ...item } as TimelineItem)
  }

  return { items, add, say: (author, text, after, rest) => add({ type: 'message', author, text, ...rest }, after) }
}

function garden(now: number): CannedRoom {
  const script = cannedScript(now - 31 * hour)
  const { say, add } = script
  add({ type: 'notice', author: ada, notice: 'room-created', about: null, text: 'Garden plans' }, 0)
  add({ type: 'notice', author: me, notice: 'joined', about: null, text: '' })
  add({ type: 'notice', author: bob, notice: 'joined', about: null, text: '' })
  for (let i = 0; i < 180; i++) {
    say([ada, bob, me, ada][i % 4] ?? me, fillers[i % fillers.length] ?? '', i % 7 === 0 ? 20 * minute : 40_000)
  }
  add({ type: 'notice', author: bob, notice: 'name-changed', about: null, text: 'Bob' }, 16 * hour)
  add({
    type: 'notice',
    author: ada,
    notice: 'role-changed',
    about: { identity: me, name: 'Ines Marlow', self: true },
    text: 'admin',
  })
  add({
    type: 'notice',
    author: ada,
    notice: 'member-removed',
    about: { identity: dee, name: 'Dee', self: false },
    text: 'removed',
  })
  add({ type: 'notice', author: dee, notice: 'hidden', about: null, text: 'removed' })
  add({ type: 'notice', author: dee, notice: 'hidden', about: null, text: 'removed' })
  say(ada, 'Morning! I walked past the plot: the **south bed** gets sun until four, so beans there?', 3 * hour)
  say(ada, 'List so far:\n- beans\n- chard\n- two rows of garlic', 40_000)
  say(
    bob,
    'Garlic goes in *now*, before the frost. See https://example.org/garlic for the spacing, or just:\n\n```\n10 cm in the row\n25 cm between rows\n```',
    4 * minute,
  )
  const call = script.items.at(-1)!.time + 10 * minute
  add(
    {
      type: 'call',
      author: ada,
      call: 'ab'.repeat(16),
      to: me,
      answered: call,
      ended: call + 12 * minute + 31_000,
      reason: 'hung-up',
    },
    10 * minute,
  )
  say(bob, 'This one took a while to arrive, I was on the train.', 8 * minute, { late: true })
  say(cyd, 'I never wrote this.', 3 * minute, { flaw: 'its signature does not fit the log' })
  say(me, 'I can bring compost on Saturday. How much do we need?', 30 * minute)
  say(ada, '> compost on Saturday\n\nTwo barrows would be plenty. `80 l` each.', 2 * minute)
  say(me, 'Done. I will be there at ten.', 2 * minute)
  say(me, 'And I will bring the long rake.', 30_000)
  return {
    unread: 0,
    items: script.items,
    view: {
      id: id(11),
      name: 'Garden plans',
      state: 'open',
      peers: 2,
      ownLogs: [me],
      ...standing('admin'),
      others: [
        member(dee, {
          standing: 'removed',
          may: { roles: ['member', 'reader'], remove: true },
          online: false,
          callable: false,
        }),
      ],
      invites: cannedInvites(now),
      members: [
        member(me, { standing: 'admin' }),
        member(ada, { standing: 'owner', devices: 2, confirmed: now - 20 * hour }),
        member(bob, { may: belowMe, callable: false }),
        member(cyd, { may: belowMe, online: false, callable: false }),
      ],
      groupCalls: [],
      created: now - 31 * hour,
      linkExpires: null,
      syncing: null,
      checkpoint: null,
      waiting: [],
      heldUpTo: [me, me].map((log) => ({ log, length: script.items.length - 1 })),
      troubles: [
        {
          log: id(5),
          author: 'Cyd Okafor',
          text: 'An entry of this log carries a signature that does not fit. It is kept and shown as broken.',
        },
      ],
    },
  }
}

/** What an admin may do to a member. */
const belowMe: Member['may'] = { roles: ['reader'], remove: true }

/** What one is to a room in which nothing was done to anybody. */
const standing = (own: CannedRoom['view']['standing']) => ({
  policy: 'open-link' as const,
  history: 'all' as const,
  unreadable: 0,
  standing: own,
  told: null,
  others: [],
  invites: [],
})

function cannedInvites(now: number): CannedRoom['view']['invites'] {
  const invite = { role: 'member' as const, uses: null, used: 3, expires: null, by: null, over: null, held: true }
  return [
    { ...invite, invite: id(51) },
    { ...invite, invite: id(52), role: 'reader', by: 'Ada Lindqvist', expires: now + 40 * hour, used: 0 },
    { ...invite, invite: id(53), uses: 1, used: 1, by: 'Ines Marlow', over: 'the link is used up' },
  ]
}

const fillers = [
  'The shed key is under the blue pot.',
  'Thanks, found it.',
  'Did anyone order seeds yet?',
  'I have half a packet of chard from last year, it should still come up. We can sow it thick and thin it out later, and whatever is left goes to the neighbours as every year.',
  'Sounds good to me.',
  'Rain until Thursday, they say.',
]

function small(
  n: number,
  name: string,
  line: [string, string] | null,
  ago: number,
  rest: Partial<CannedRoom['view']> = {},
  unread = 0,
): CannedRoom {
  const script = cannedScript(Date.now() - ago)
  if (line) script.say(line[0], line[1], 0)
  return {
    unread,
    items: script.items,
    view: {
      id: id(n),
      name,
      state: 'open',
      peers: 0,
      ownLogs: [me],
      ...standing('owner'),
      members: [member(me, { standing: 'owner' }), member(ada)],
      groupCalls: [],
      created: null,
      linkExpires: null,
      syncing: null,
      checkpoint: null,
      heldUpTo: [],
      waiting: [],
      troubles: [],
      ...rest,
    },
  }
}

/** A small world with every kind of line in it. */
export function cannedWorld(now: number): CannedWorld {
  return {
    status: {
      version: '0.1.0',
      name: 'Ines Marlow',
      identity: me,
      device: id(21),
      revoked: false,
      wordsKept: true,
      network: 'online',
      peers: 3,
      storage: 'ok',
      refused: [],
    },
    rooms: [
      garden(now),
      small(12, 'Reading circle', [ada, 'Chapter four by Sunday, then?'], 3 * hour, { peers: 1 }, 3),
      small(13, 'Flat 12b', [bob, 'The landlord answered. Long story, tell you tonight.'], 26 * hour),
      small(14, 'Choir', null, 0, { state: 'waiting', members: [member(me)] }),
      small(15, 'Notes to myself', null, 0, {
        members: [member(me, { standing: 'owner' })],
        syncing: { have: 1200, of: 4800 },
        checkpoint: null,
      }),
    ],
    call: { call: null },
    groupCall: { call: null },
    pairing: { pairing: null },
    devices: [
      { device: id(22), number: 1, label: 'Desk', self: false, revoked: false, rooms: 4, lastWrote: now - 50 * hour },
      { device: id(21), number: 2, label: 'Laptop', self: true, revoked: false, rooms: 5, lastWrote: now - minute },
      { device: id(23), number: 3, label: null, self: false, revoked: true, rooms: 1, lastWrote: now - 900 * hour },
    ],
  }
}
