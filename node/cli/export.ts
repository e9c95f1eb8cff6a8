import { createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Command } from 'commander'
import { addCommand, type CommonOptions, homeOf, outputOf } from './command.ts'
import { Failure, usage } from './failure.ts'
import { connectNode } from './node-client.ts'
import { openViews } from './node-views.ts'
import { findRoom } from './room-reference.ts'

interface ExportOptions extends CommonOptions {
  readonly force?: true
}

/** `parley export`: a conversation as one file that proves itself. */
export function addExport(program: Command): void {
  addCommand(program, {
    usage: 'export <room> <file>',
    summary: 'write a conversation into one file that can be verified anywhere, without a network',
    examples: ['export "Book club" book-club.parley', 'export 3fa9 proof.parley --force'],
    json: '{file, bytes}',
  })
    .option('--force', 'overwrite the file if it exists')
    .action(async (reference: string, file: string, options: ExportOptions) => {
      const output = outputOf(options)
      const path = resolve(file)
      await refuseExisting(path, options.force === true)
      const node = await connectNode(homeOf(options))
      const views = await openViews(node)
      try {
        const { id: room } = await findRoom(views, reference)
        const bytes = await writeWhole(path, await node.exportRoom(room))
        output.note('The file holds the messages and the keys that open them: give it only to those who may read them.')
        output.result({ file: path, bytes }, () => `${path}  ${bytes.toLocaleString()} bytes`)
      } finally {
        views.close()
      }
    })
}

async function refuseExisting(path: string, force: boolean): Promise<void> {
  const there = await stat(path).catch(() => null)
  if (there?.isDirectory()) throw usage(`${path} is a folder. Name a file.`)
  if (there && !force) throw usage(`${path} exists already. Choose another name, or overwrite it with --force.`)
}

/** Write beside the file and rename, so that it is there whole or not at all. */
async function writeWhole(path: string, content: globalThis.ReadableStream<Uint8Array>): Promise<number> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  try {
    await pipeline(Readable.fromWeb(content as ReadableStream), createWriteStream(draft, { flags: 'wx', mode: 0o600 }))
    await flush(draft)
    const { size } = await stat(draft)
    await rename(draft, path)
    return size
  } catch (error) {
    await rm(draft, { force: true })
    throw new Failure('cannot-write', `${path} could not be written: ${(error as Error).message}.`)
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
