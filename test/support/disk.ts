import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, rmdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A file system of its own, in memory. */
export interface Disk {
  readonly folder: string
  /** Take all of its space but `bytes`. */
  fill(bytes: number): Promise<void>
  empty(): Promise<void>
  makeReadOnly(): Promise<void>
  remove(): Promise<void>
}

/** Make a disk of so many MiB; null where that is not allowed. */
export async function makeDisk(size: number): Promise<Disk | null> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size}m,mode=700`, 'tmpfs', folder])
  } catch {
    await rmdir(folder)
    return null
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    async fill(bytes) {
      const { bavail, bsize } = await statfs(folder)
      const file = await open(ballast, 'a')
      const chunk = Buffer.alloc(2 ** 20)
      for (let rest = bavail * bsize - bytes; rest > 0; rest -= chunk.length) {
        await file.write(chunk.subarray(0, Math.min(rest, chunk.length)))
      }
      await file.close()
    },
    empty: () => rm(ballast),
    makeReadOnly: async () => {
      await run('mount', ['-o', 'remount,ro', folder])
    },
    async remove() {
      await run('umount', ['-l', folder])
      await rmdir(folder)
    },
  }
}
