import { text as readAll } from 'node:stream/consumers'
import type { Command } from 'commander'
import { addCommand, type CommonOptions, homeOf, outputOf } from './command.ts'
import { usage } from './failure.ts'
import { connectNode } from './node-client.ts'
import { openViews } from './node-views.ts'
import { findRoom } from './room-reference.ts'
import { outsideText } from './standing-text.ts'

/** `parley send`: write a message. */
export function addSend(program: Command): void {
  addCommand(program, {
    usage: 'send <room> <text>',
    summary: 'write a message into a room; “-” reads it from stdin',
    examples: ['send "Book club" "Chapter four today?"', 'send Machines - < report.txt'],
    json: '{id}',
  }).action(async (reference: string, text: string, options: CommonOptions) => {
    const output = outputOf(options)
    const node = await connectNode(homeOf(options))
    const message = text === '-' ? (await readAll(process.stdin)).replace(/\r?\n$/, '') : text
    if (message.trim() === '') throw usage('The message is empty.')
    const views = await openViews(node)
    try {
      const { id: room, standing, told } = await findRoom(views, reference)
      const sent = await node.send('send-message', { room, text: message })
      const outside = outsideText({ standing, told })
      if (outside) output.note(`Kept here, but nobody may get it: ${outside}, by what others say.`)
      output.result(sent, () => '')
    } finally {
      views.close()
    }
  })
}
