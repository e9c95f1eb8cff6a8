import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { openLogStore } from '../../node/storage/log-store.ts'
import { mostCitations } from '../../protocol/log/entry.ts'
import { encodeLink } from '../../protocol/room/link.ts'
import { encodeBundle } from '../../protocol/verification/bundle.ts'
import { Conversation, makePerson, type Person, type Writer } from '../../test/support/conversation.ts'
import { messageText } from '../support/message-text.ts'
import { playRole } from '../support/role.ts'

interface Size {
  readonly members: number
  readonly entries: number
}

/** Messages that somebody writes before the next one does. */
const inARow = 10
const appendAtOnce = 1_000

let conversation: Conversation | null = null
const people: Person[] = []

/** Everybody in turn, each time in a row; the first of a row cites whatever was said since their last one, as a node does. */
function talk({ members, entries }: Size): void {
  people.length = 0
  for (let i = 0; i < members; i++) people.push(makePerson(`Member ${i}`))
  const made = new Conversation(people[0]!)
  const writers = people.map((person) => made.writer(person))
  writers[0]!.createRoom('Crowd')
  for (const writer of writers.slice(1)) writer.join(writers[0]!)
  const cited = new Map<Writer, Map<Writer, number>>(writers.map((writer) => [writer, new Map()]))
  for (let said = 0, turn = 0; said < entries - members; turn++) {
    const writer = writers[turn % members]!
    const known = cited.get(writer)!
    const news = writers
      .filter((each) => each !== writer && each.length > (known.get(each) ?? 0))
      .slice(0, mostCitations)
    for (const each of news) known.set(each, each.length)
    for (let i = 0; i < inARow && said < entries - members; i++, said++)
      writer.say(messageText(said), ...(i === 0 ? news : []))
  }
  conversation = made
}

const handlers = {
  /** Make a conversation; answers a link to it, and how many messages it has. */
  make(size: Size) {
    talk(size)
    const { genesis, secret, inviteSeed } = conversation!
    const link = { genesis, secret, inviteSeed, expires: null, name: 'Crowd', inviter: 'Member 0', hints: [] }
    return { link: encodeLink(link, primitives), messages: size.entries - size.members }
  },

  async bundleTo({ file }: { file: string }) {
    const bundle = encodeBundle(conversation!.bundle(people[0]!), people[0]!.deviceSeed, primitives)
    await writeFile(file, bundle)
    return bundle.length
  },

  /** Put all logs into a home of which the node has joined, as if they had been fetched. */
  async storeIn({ home }: { home: string }) {
    const store = await openLogStore(home, primitives)
    for (const [i, writer] of conversation!.writers.entries()) {
      const log = await store.openOwnLog(writer.owner, people[i]!.deviceSeed)
      for (let at = 0; at < writer.length; at += appendAtOnce)
        await log.append(writer.blocks.slice(at, at + appendAtOnce))
      await log.close()
    }
    await store.close()
    // Which logs are there is found again by looking.
    await rm(join(home, 'room-logs.json'), { force: true })
  },
}

export type CrowdRole = typeof handlers

playRole(handlers, () => {})
