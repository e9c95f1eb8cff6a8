import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { KeyChoice } from '../api/routes.ts'
import { addCommand, type CommonOptions, homeOf, outputOf } from './command.ts'
import { connectNode } from './node-client.ts'
import { openViews } from './node-views.ts'
import { findRoom } from './room-reference.ts'
import { refuseExisting, writeWhole } from './written-file.ts'

interface ExportOptions extends CommonOptions {
  readonly force?: true
  readonly keys: KeyChoice
}

const warnings = {
  all: 'The file holds the messages and the keys that open them: give it only to those who may read them.',
  headers: 'The file shows who wrote when, in which order, and how much, but no message. Names stay readable.',
  none: 'The file holds no key: it shows whose devices wrote how much, and that nothing was changed.',
} as const satisfies Record<KeyChoice, string>

/** `parley export`: a conversation as one file that proves itself. */
export function addExport(program: Command): void {
  addCommand(program, {
    usage: 'export <room> <file>',
    summary: 'write a conversation into one file that can be verified anywhere, without a network',
    examples: ['export "Book club" book-club.parley', 'export 3fa9 proof.parley --keys headers --force'],
    json: '{file, bytes}',
  })
    .option('--force', 'overwrite the file if it exists')
    .addOption(
      new Option('--keys <which>', 'what can be read in it: everything, who wrote when, or nothing')
        .choices(['all', 'headers', 'none'])
        .default('all'),
    )
    .action(async (reference: string, file: string, options: ExportOptions) => {
      const output = outputOf(options)
      const path = resolve(file)
      await refuseExisting(path, options.force === true)
      const node = await connectNode(homeOf(options))
      const views = await openViews(node)
      try {
        const { id: room } = await findRoom(views, reference)
        const bytes = await writeWhole(path, await node.exportRoom(room, options.keys))
        output.note(warnings[options.keys])
        output.result({ file: path, bytes }, () => `${path}  ${bytes.toLocaleString()} bytes`)
      } finally {
        views.close()
      }
    })
}
