import type { Command } from 'commander'
import type { Person } from '../api/people.ts'
import { addCommand, addGroup, type CommonOptions, homeOf, outputOf } from './command.ts'
import { usage } from './failure.ts'
import { connectNode, type NodeClient } from './node-client.ts'
import { type NodeViews, openViews } from './node-views.ts'
import { findPerson } from './person-reference.ts'
import { terminalQr } from './terminal-qr.ts'
import { shownLine, shownTime, table } from './terminal-text.ts'

/** `parley person …`: whom one shares rooms with, and what one has noted of them. */
export function addPerson(program: Command): void {
  const person = addGroup(program, 'person', 'the people in your rooms: who they are, and how you call them')
  addList(person)
  addCompare(person)
  addConfirm(person)
  addName(person)
  addDirect(person)
}

function addList(person: Command): void {
  addCommand(person, {
    usage: 'list',
    summary: 'list the people whom you share a room with, or have noted something of',
    examples: ['person list', 'person list --json'],
    json: '{people: [{identity, name, chosenName, petname, confirmed, direct, rooms}]}; confirmed in Unix ms, or null; direct: they may see the address of this device in calls',
  }).action(async (options: CommonOptions) => {
    const output = outputOf(options)
    await withViews(options, async (views) => {
      const list = await views.read({ type: 'people' })
      if (list.people.length === 0) output.note('Nobody yet.')
      output.result(list, () => table(list.people.map(rowOf)))
    })
  })
}

function addCompare(person: Command): void {
  addCommand(person, {
    usage: 'compare <person>',
    summary: 'print the safety number to compare with somebody, and a QR code of it',
    examples: ['person compare Ben', 'person compare 5b1c --json'],
    json: '{identity, digits}',
  }).action(async (reference: string, options: CommonOptions) => {
    const output = outputOf(options)
    await withViews(options, async (views, node) => {
      const { identity, name } = await findPerson(views, reference)
      const { digits } = await node.send('read-safety-number', { identity })
      output.note(
        `Compare it with ${shownLine(name)}, face to face or by a voice that you know. If it is the same there: parley person confirm ${identity.slice(0, 12)}`,
      )
      output.result({ identity, digits }, () => digitLines(digits) + terminalQr(digits))
    })
  })
}

interface ConfirmOptions extends CommonOptions {
  readonly undo?: true
}

function addConfirm(person: Command): void {
  addCommand(person, {
    usage: 'confirm <person>',
    summary: 'note that somebody is who they say, after comparing the safety number',
    examples: ['person confirm Ben', 'person confirm Ben --undo'],
    json: '{identity, confirmed}',
  })
    .option('--undo', 'note that this is not known any more')
    .action(async (reference: string, options: ConfirmOptions) => {
      const output = outputOf(options)
      const confirmed = options.undo !== true
      await withViews(options, async (views, node) => {
        const { identity, name } = await findPerson(views, reference)
        await node.send('confirm-person', { identity, confirmed })
        const who = `${shownLine(name)} (${identity.slice(0, 12)})`
        output.result({ identity, confirmed }, () => `${who} is ${confirmed ? 'confirmed' : 'not confirmed any more'}.`)
      })
    })
}

interface NameOptions extends CommonOptions {
  readonly clear?: true
}

function addName(person: Command): void {
  addCommand(person, {
    usage: 'name <person> [name]',
    summary: 'call somebody by a name of your own choice, which only you see',
    examples: ['person name 5b1c "Ben from work"', 'person name 5b1c --clear'],
    json: '{identity, name}; name is null when it was cleared',
  })
    .option('--clear', 'call them again by the name that they chose')
    .action(async (reference: string, name: string | undefined, options: NameOptions) => {
      const output = outputOf(options)
      if ((name === undefined) !== (options.clear === true)) throw usage('Say one name, or --clear.')
      await withViews(options, async (views, node) => {
        const { identity, chosenName } = await findPerson(views, reference)
        const petname = name ?? null
        await node.send('name-person', { identity, name: petname })
        output.result({ identity, name: petname }, () =>
          petname === null
            ? `They are called ${shownLine(chosenName)} again, as they chose.`
            : `You call ${shownLine(chosenName)} ${shownLine(petname)} from now on.`,
        )
      })
    })
}

interface DirectOptions extends CommonOptions {
  readonly undo?: true
}

function addDirect(person: Command): void {
  addCommand(person, {
    usage: 'direct <person>',
    summary: 'connect directly in calls with somebody who allows it too: this shows them your network address',
    examples: ['person direct Ben', 'person direct Ben --undo'],
    json: '{identity, direct}',
  })
    .option('--undo', 'connect through both nodes again, from the next call on')
    .action(async (reference: string, options: DirectOptions) => {
      const output = outputOf(options)
      const direct = options.undo !== true
      await withViews(options, async (views, node) => {
        const { identity, name } = await findPerson(views, reference)
        await node.send('set-direct-path', { identity, direct })
        const who = `${shownLine(name)} (${identity.slice(0, 12)})`
        output.result({ identity, direct }, () =>
          direct
            ? `Calls with ${who} go directly where they can, if they allow it too: from the next call on, they can see your network address.`
            : `Calls with ${who} go through both nodes again, from the next call on.`,
        )
      })
    })
}

async function withViews(
  options: CommonOptions,
  act: (views: NodeViews, node: NodeClient) => Promise<void>,
): Promise<void> {
  const node = await connectNode(homeOf(options))
  const views = await openViews(node)
  try {
    await act(views, node)
  } finally {
    views.close()
  }
}

function rowOf({ identity, name, chosenName, confirmed, direct, rooms }: Person): string[] {
  return [
    identity.slice(0, 12),
    shownLine(name),
    chosenName === name ? '' : `calls themselves ${shownLine(chosenName)}`,
    confirmed === null ? 'not confirmed' : `confirmed ${shownTime(confirmed)}`,
    direct ? 'direct in calls' : '',
    rooms.length === 1 ? '1 room' : `${rooms.length} rooms`,
  ]
}

/** Three lines of four groups of five digits. */
function digitLines(digits: string): string {
  const groups = digits.match(/\d{5}/g) ?? []
  return [0, 4, 8].map((start) => groups.slice(start, start + 4).join('  ')).join('\n')
}
