import { createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'
import { Failure, usage } from './failure.ts'

/** Throws `Failure` if there is something at this path that may not be overwritten. */
export async function refuseExisting(path: string, force: boolean): Promise<void> {
  const there = await stat(path).catch(() => null)
  if (there?.isDirectory()) throw usage(`${path} is a folder. Name a file.`)
  if (there && !force) throw usage(`${path} exists already. Choose another name, or overwrite it with --force.`)
}

/** Write beside the file and rename, so that it is there whole or not at all. Answers its size. Throws `Failure`. */
export async function writeWhole(
  path: string,
  content: AsyncIterable<Uint8Array> | globalThis.ReadableStream<Uint8Array>,
): Promise<number> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  try {
    const source = content instanceof ReadableStream ? Readable.fromWeb(content as WebStream) : content
    await pipeline(source, createWriteStream(draft, { flags: 'wx', mode: 0o600 }))
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
