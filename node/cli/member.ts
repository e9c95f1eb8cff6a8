import { type Command, Option } from 'commander'
import type { Role } from '../api/commands.ts'
import type { Member } from '../api/people.ts'
import { addCommand, addGroup, type CommonOptions, outputOf } from './command.ts'
import { usage } from './failure.ts'
import { inRoom } from './in-room.ts'
import { findMember } from './member-reference.ts'
import { standingText } from './standing-text.ts'
import { shownLine, table } from './terminal-text.ts'

const roles: readonly Role[] = ['owner', 'admin', 'member', 'reader']
const roleText = 'owner, admin, member (writes) or reader (reads only)'

/** `parley member …`: who is in a room, and as what. */
export function addMember(program: Command): void {
  const member = addGroup(program, 'member', 'who is in a room: let in, change roles, remove')
  addList(member)
  addAdmit(member)
  addRole(member)
  addRemove(member)
}

function addList(member: Command): void {
  addCommand(member, {
    usage: 'list <room>',
    summary: 'list who is in a room, who waits, and who is out',
    examples: ['member list "Book club"', 'member list 3fa9 --json'],
    json: '{members: [{identity, name, chosenName, standing, self, online, may: {roles, remove}, …}], others: […]}; others are out',
  }).action(async (reference: string, options: CommonOptions) => {
    await inRoom(options, reference, async ({ members, others }) => {
      outputOf(options).result({ members, others }, () => table([...members, ...others].map(rowOf)))
    })
  })
}

interface AdmitOptions extends CommonOptions {
  readonly role: Role
}

function addAdmit(member: Command): void {
  addCommand(member, {
    usage: 'admit <room> <person>',
    summary: 'let in who waits, or who was removed or has left',
    examples: ['member admit "Book club" Ben', 'member admit "Book club" Ben --role reader'],
    json: '{identity, role}',
  })
    .addOption(new Option('--role <role>', roleText).choices(roles).default('member'))
    .action(async (reference: string, person: string, options: AdmitOptions) => {
      const { role } = options
      await inRoom(options, reference, async (room, node) => {
        const { identity, name } = findMember(room, person)
        await node.send('admit-person', { room: room.id, person: identity, role })
        outputOf(options).result({ identity, role }, () => `${shownLine(name)} is in, as ${role}.`)
      })
    })
}

function addRole(member: Command): void {
  addCommand(member, {
    usage: 'role <room> <person> <role>',
    summary: `change what somebody may do: ${roleText}`,
    examples: ['member role "Book club" Ben admin', 'member role "Book club" Ben reader'],
    json: '{identity, role}',
  }).action(async (reference: string, person: string, given: string, options: CommonOptions) => {
    const role = roles.find((each) => each === given)
    if (!role) throw usage(`A role is ${roleText}, not “${shownLine(given)}”.`)
    await inRoom(options, reference, async (room, node) => {
      const { identity, name } = findMember(room, person)
      await node.send('change-role', { room: room.id, person: identity, role })
      outputOf(options).result({ identity, role }, () => `${shownLine(name)} is ${role} now.`)
    })
  })
}

interface RemoveOptions extends CommonOptions {
  readonly ban?: true
}

function addRemove(member: Command): void {
  addCommand(member, {
    usage: 'remove <room> <person>',
    summary: 'remove somebody from a room, and end the link that they came by',
    examples: ['member remove "Book club" Ben', 'member remove "Book club" Ben --ban'],
    json: '{identity, ban}',
  })
    .option('--ban', 'no other link lets them in either, until somebody admits them')
    .action(async (reference: string, person: string, options: RemoveOptions) => {
      const output = outputOf(options)
      const ban = options.ban === true
      await inRoom(options, reference, async (room, node) => {
        const { identity, name } = findMember(room, person)
        await node.send('remove-member', { room: room.id, person: identity, ban })
        output.note('They keep what they have read. Who had the same link needs a new one to come in.')
        output.result({ identity, ban }, () => `${shownLine(name)} ${ban ? 'is banned' : 'was removed'}.`)
      })
    })
}

function rowOf({ identity, name, chosenName, standing, self, online }: Member): string[] {
  return [
    identity.slice(0, 12),
    shownLine(name),
    chosenName === name ? '' : `calls themselves ${shownLine(chosenName)}`,
    standingText(standing),
    self ? 'you' : online ? 'online' : '',
  ]
}
