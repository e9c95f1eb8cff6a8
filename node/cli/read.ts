import type { Command } from 'commander'
import colours from 'picocolors'
import type { MessageItem, RoomView, TimelineItem } from '../api/views.ts'
import { addCommand, type CommonOptions, homeOf, outputOf } from './command.ts'
import { usage } from './failure.ts'
import { connectNode } from './node-client.ts'
import { type NodeViews, openViews } from './node-views.ts'
import type { Output } from './output.ts'
import { findRoom } from './room-reference.ts'
import { shownLine, shownText, shownTime } from './terminal-text.ts'

interface ReadOptions extends CommonOptions {
  readonly follow?: true
  readonly limit?: string
}

/** `parley read`: what was said. */
export function addRead(program: Command): void {
  addCommand(program, {
    usage: 'read <room>',
    summary: 'print the messages of a room, in the order in which everybody sees them',
    examples: ['read "Book club" --limit 20', 'read "Book club" --follow', 'read 3fa9 --json'],
    json: '{messages: [{id, author, text, time}], waiting: [{text, time}], unreadable}; with --follow then one message a line',
  })
    .option('-f, --follow', 'go on with what is said from now on, until Ctrl-C')
    .option('-n, --limit <n>', 'only the newest n messages')
    .action(async (reference: string, options: ReadOptions) => {
      const output = outputOf(options)
      const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : parseLimit(options.limit)
      const views = await openViews(await connectNode(homeOf(options)))
      try {
        const { id: room } = await findRoom(views, reference)
        if (options.follow) await follow(views, room, limit, output)
        else await printAll(views, room, limit, output)
      } finally {
        views.close()
      }
    })
}

function parseLimit(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw usage(`--limit needs a number, not “${text}”.`)
  return Number(text)
}

const pageSize = 500

/** The newest messages, oldest of them first. */
async function newestMessages(views: NodeViews, room: string, limit: number): Promise<MessageItem[]> {
  const pages: MessageItem[][] = []
  let count = 0
  let before: string | null = null
  while (count < limit) {
    const { items, older } = await views.page(room, before, pageSize)
    const sorted = inOrder(items)
    pages.unshift(sorted.filter(isMessage))
    count += pages[0]!.length
    if (!older || !sorted[0]) break
    before = sorted[0].order
  }
  return limit === Number.POSITIVE_INFINITY ? pages.flat() : pages.flat().slice(Math.max(0, count - limit))
}

/** Print what there is, then whatever comes, until the person or the node stops. */
async function follow(views: NodeViews, room: string, limit: number, output: Output): Promise<void> {
  const shown = new Set<string>()
  const news: TimelineItem[] = []
  let print = (items: readonly TimelineItem[]): void => {
    news.push(...items)
  }
  // Watch before reading, so that nothing falls between the two.
  views.watch({ type: 'timeline', room, limit: pageSize }, ({ items }) => print(items))
  const before = await newestMessages(views, room, limit)
  for (const { id } of before) shown.add(id)
  output.result({ messages: before.map(jsonOf) }, () => before.map(lineOf).join('\n'))

  const first = before[0]?.order ?? ''
  print = (items) => {
    for (const message of inOrder(items).filter(isMessage)) {
      if (shown.has(message.id)) continue
      shown.add(message.id)
      output.result(jsonOf(message), () => lineOf(message))
    }
  }
  print(limit === Number.POSITIVE_INFINITY ? news : news.filter(({ order }) => order > first))
  await Promise.race([views.lost, interrupted()])
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}

/** The messages, and behind them what one has said oneself and is not written yet. */
async function printAll(views: NodeViews, room: string, limit: number, output: Output): Promise<void> {
  const messages = await newestMessages(views, room, limit)
  const { waiting, unreadable, history } = await views.read<'room'>({ type: 'room', room })
  if (unreadable > 0) output.note(unreadableNote(unreadable, history))
  const waitingLine = ({ text }: RoomView['waiting'][number]) => `${colours.dim('waiting')}  ${shownText(text)}`
  output.result({ messages: messages.map(jsonOf), waiting, unreadable }, () =>
    [...messages.map(lineOf), ...waiting.map(waitingLine)].join('\n'),
  )
}

function unreadableNote(count: number, history: RoomView['history']): string {
  if (history === 'joined') return 'Messages from before you joined are not shown.'
  const messages = count === 1 ? '1 message' : `${count} messages`
  return `${messages} cannot be read yet: somebody who has the keys has to be online.`
}

const isMessage = (item: TimelineItem): item is MessageItem => item.type === 'message'

function inOrder(items: readonly TimelineItem[]): TimelineItem[] {
  return [...items].sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
}

function jsonOf({ id, author, text, time }: MessageItem) {
  return { id, author, text, time }
}

function lineOf({ author, name, text, time, flaw }: MessageItem): string {
  const by = `${colours.bold(shownLine(name))} ${colours.dim(author.slice(0, 8))}`
  const warning = flaw === null ? '' : `\n${colours.red(`  ! ${flaw}`)}`
  return `${colours.dim(shownTime(time))}  ${by}  ${shownText(text).replaceAll('\n', '\n    ')}${warning}`
}
