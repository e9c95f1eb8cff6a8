import { execFile } from 'node:child_process'
import { cp, mkdtemp, open, rm, rmdir, statfs } from 'node:fs/promises'
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

/** Make a disk of so many MiB; null, and a line that says so, where that is not allowed. */
export async function makeDisk(size: number): Promise<Disk | null> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size}m,mode=700`, 'tmpfs', folder])
  } catch {
    await rmdir(folder)
    console.warn('Not tried, because only root can mount a disk for it:')
    return null
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    async fill(bytes) {
      const { bavail, bsize } = await statfs(folder)
      const file = await open(ballast, 'a')
      try {
        for (let rest = bavail * bsize - bytes; rest > 0; rest -= 2 ** 20) {
          await file.write(Buffer.alloc(Math.min(rest, 2 ** 20)))
        }
      } catch (error) {
        // Somebody else took the rest.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        await file.close()
      }
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

/** Copy the home of a node that is stopped. SQLite takes the side files of its store away when it pleases, also in the midst of a copy. */
export function copyHome(from: string, to: string): Promise<void> {
  return cp(from, to, { recursive: true, filter: (file) => !/-(shm|wal)$/.test(file) })
}
