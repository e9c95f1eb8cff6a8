import { resolve } from 'node:path'
import type { Command } from 'commander'
import { addCommand, type CommonOptions, homeOf, outputOf } from './command.ts'
import { usage } from './failure.ts'
import { connectNode } from './node-client.ts'
import { openViews } from './node-views.ts'
import { findRoom } from './room-reference.ts'
import { shownLine } from './terminal-text.ts'
import { refuseExisting, writeWhole } from './written-file.ts'

interface ExcerptOptions extends CommonOptions {
  readonly force?: true
  readonly message: readonly string[]
}

/** As `limits.excerptMessages`, whose schemas take longer to load than most commands. */
const mostMessages = 1_000

/** `parley excerpt`: chosen messages as one file that proves itself, and holds nothing else of the conversation. */
export function addExcerpt(program: Command): void {
  addCommand(program, {
    usage: 'excerpt <room> <file>',
    summary: 'write chosen messages into one file that can be verified alone, and withhold the rest',
    examples: ['excerpt "Book club" three.parley --message 2c51…/4 2c51…/7 ce5e…/3', 'read "Book club" --json'],
    json: '{file, bytes, messages}',
  })
    .requiredOption('-m, --message <id...>', 'the ids of the messages, as `parley read ROOM --json` gives them')
    .option('--force', 'overwrite the file if it exists')
    .action(async (reference: string, file: string, options: ExcerptOptions) => {
      const output = outputOf(options)
      const messages = readIds(options.message)
      const path = resolve(file)
      await refuseExisting(path, options.force === true)
      const node = await connectNode(homeOf(options))
      const views = await openViews(node)
      try {
        const { id: room } = await findRoom(views, reference)
        const bytes = await writeWhole(path, await node.excerptRoom(room, messages))
        output.note(
          'The file holds these messages and the keys that open them, the names of their authors and of the room.',
        )
        output.result({ file: path, bytes, messages: messages.length }, () => {
          const what = messages.length === 1 ? '1 message' : `${messages.length} messages`
          return `${path}  ${what}, ${bytes.toLocaleString()} bytes`
        })
      } finally {
        views.close()
      }
    })
}

function readIds(words: readonly string[]): string[] {
  const ids = [...new Set(words.map((word) => word.toLowerCase()))]
  for (const id of ids) {
    if (!/^[0-9a-f]{64}\/[0-9]{1,15}$/.test(id)) {
      throw usage(`A message is named by the key of its log, a slash and a number, not “${shownLine(id)}”.`)
    }
  }
  if (ids.length > mostMessages)
    throw usage(`An excerpt has at most ${mostMessages} messages. Export the room instead.`)
  return ids
}
