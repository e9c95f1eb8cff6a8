import { type Command, Option } from 'commander'
import type { Invite } from '../api/people.ts'
import type { RoomView } from '../api/views.ts'
import { addCommand, addGroup, type CommonOptions, outputOf } from './command.ts'
import { parseDuration } from './duration.ts'
import { exitCodes, Failure, usage } from './failure.ts'
import { inRoom } from './in-room.ts'
import { terminalQr } from './terminal-qr.ts'
import { shownLine, shownTime, table } from './terminal-text.ts'

/** `parley invite …`: the links that let people in to a room. */
export function addInvite(program: Command): void {
  const invite = addGroup(program, 'invite', 'the links of a room: make, list and revoke them')
  addCreate(invite)
  addList(invite)
  addShow(invite)
  addRevoke(invite)
}

interface CreateOptions extends CommonOptions {
  readonly role: Invite['role']
  readonly uses?: string
  readonly expires?: string
}

function addCreate(invite: Command): void {
  addCommand(invite, {
    usage: 'create <room>',
    summary: 'make another link to a room, with a role, a number of uses or an end of its own',
    examples: ['invite create "Book club" --uses 1', 'invite create "Book club" --role reader --expires 7d --json'],
    json: '{invite, link}',
  })
    .addOption(
      new Option('--role <role>', 'what it makes of people: member (writes) or reader (reads only)')
        .choices(['member', 'reader'])
        .default('member'),
    )
    .option('--uses <n>', 'how many people it lets in (else any number)')
    .option('--expires <span>', 'how long it lets people in: 30m, 12h, 7d, 4w')
    .action(async (reference: string, options: CreateOptions) => {
      const output = outputOf(options)
      const uses = options.uses === undefined ? {} : { uses: parseUses(options.uses) }
      const expires = options.expires === undefined ? {} : { expires: Date.now() + parseDuration(options.expires) }
      await inRoom(options, reference, async (room, node) => {
        const made = await node.send('create-invite', { room: room.id, role: options.role, ...uses, ...expires })
        output.note(
          room.policy === 'lobby'
            ? 'Who comes by this link waits until somebody lets them in:'
            : `Whoever has this link can come in, as ${options.role}:`,
        )
        output.result(made, () => made.link + terminalQr(made.link))
      })
    })
}

function addList(invite: Command): void {
  addCommand(invite, {
    usage: 'list <room>',
    summary: 'list the links of a room: all for who manages it, else those that one can show',
    examples: ['invite list "Book club"'],
    json: '{invites: [{invite, role, uses, used, expires, by, over, held}]}; over: why it lets in nobody any more, or null',
  }).action(async (reference: string, options: CommonOptions) => {
    const output = outputOf(options)
    await inRoom(options, reference, async ({ invites }) => {
      if (invites.length === 0) output.note('No links.')
      output.result({ invites }, () => table(invites.map(rowOf)))
    })
  })
}

function addShow(invite: Command): void {
  addCommand(invite, {
    usage: 'show <room> <invite>',
    summary: 'print the link of an invite that was made or used on this node',
    examples: ['invite show "Book club" 7c1d'],
    json: '{link, expires}; expires in Unix ms, or null',
  }).action(async (reference: string, which: string, options: CommonOptions) => {
    await inRoom(options, reference, async (room, node) => {
      const { invite } = findInvite(room, which)
      const shared = await node.send('share-room', { room: room.id, invite })
      outputOf(options).result(shared, () => shared.link + terminalQr(shared.link))
    })
  })
}

function addRevoke(invite: Command): void {
  addCommand(invite, {
    usage: 'revoke <room> <invite>',
    summary: 'let nobody in by a link any more; who came by it stays',
    examples: ['invite revoke "Book club" 7c1d'],
    json: '{invite}',
  }).action(async (reference: string, which: string, options: CommonOptions) => {
    await inRoom(options, reference, async (room, node) => {
      const { invite } = findInvite(room, which)
      await node.send('revoke-invite', { room: room.id, invite })
      outputOf(options).result({ invite }, () => 'That link lets nobody in any more.')
    })
  })
}

/** The invite whose key begins so. Throws `Failure` if none or several. */
function findInvite({ name, invites }: RoomView, reference: string): Invite {
  const [invite, ...more] = invites.filter((each) => each.invite.startsWith(reference.toLowerCase()))
  if (reference === '' || !invite) {
    throw new Failure(
      'no-such-invite',
      `“${shownLine(name)}” has no link “${shownLine(reference)}”. See: parley invite list ROOM`,
      exitCodes.usage,
    )
  }
  if (more.length > 0) throw usage(`Several links begin with “${shownLine(reference)}”. Say more of the id.`)
  return invite
}

function parseUses(text: string): number {
  const uses = /^[1-9][0-9]{0,6}$/.test(text) ? Number(text) : 0
  if (uses < 1 || uses > 1_000_000) throw usage(`--uses needs a number from 1 to 1000000, not “${shownLine(text)}”.`)
  return uses
}

function rowOf({ invite, role, uses, used, expires, by, over, held }: Invite): string[] {
  return [
    invite.slice(0, 12),
    `for ${role}s`,
    uses === null ? `used ${used} times` : `used ${used} of ${uses} times`,
    expires === null ? 'no end' : `until ${shownTime(expires)}`,
    by === null ? 'made with the room' : `by ${shownLine(by)}`,
    over ?? (held ? '' : 'its link is not on this computer'),
  ]
}
