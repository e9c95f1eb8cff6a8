import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import Corestore from 'corestore'
import type Hypercore from 'hypercore'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { type LogOwner, logBinding } from '../../protocol/log/hypercore.ts'
import { HomeError, homeErrorOf } from '../home-error.ts'
import type { Doubt } from './key-vault.ts'
import { markAsCopy, readStoreMark } from './store-mark.ts'
import { StoredLog } from './stored-log.ts'

/** All logs of a node, on disk. Holds no secret: keys are given for each run. */
export interface LogStore {
  /** Why it is not known how the own logs end; null if it is. */
  readonly doubt: Doubt | null
  /** To be called once what `doubt` says is kept elsewhere: the next run will find no trace of it here. */
  begin(): Promise<void>
  /** Open a log that others write. It never follows a fork. */
  openLog(owner: LogOwner): Promise<StoredLog>
  /** Open the log that this device writes. */
  openOwnLog(owner: LogOwner, deviceSeed: Uint8Array): Promise<StoredLog>
  /** The first block of every log that has one, whosever it is. */
  firstBlocks(): AsyncIterable<{ readonly key: Uint8Array; readonly block: Uint8Array }>
  /** Resolves once everything appended before is safe from a power cut. Costs one write of the disk, shared by all who wait. */
  flush(): Promise<void>
  close(): Promise<void>
}

// Hypercore asks a near node for 16 blocks at once, and far ones for up to 512. More at once share a write of the disk.
const inflightRange = [64, 512] as const

// Every flush writes a table: more than this many a second would leave the disk busy with merging them.
const flushEveryMs = 50
/** Where the store says on which disk, and where there, it was made. */
const deviceFile = 'CORESTORE'

/** Throws `HomeError` home/in-use, home/damaged, …. */
export async function openLogStore(home: string, primitives: Primitives): Promise<LogStore> {
  const directory = join(home, 'logs')
  const isNew = !existsSync(directory)
  const store = await openCorestore(home, directory).catch((error) => {
    throw storeError(error, home)
  })
  const mark = await readStoreMark(home, { isNew })
  const flush = sharedFlush(() => store.storage.db.flush())
  const manifest = (owner: LogOwner) => ({
    version: 2 as const,
    signers: [{ publicKey: Buffer.from(owner.device) }],
    userData: Buffer.from(logBinding(owner, primitives)),
  })
  async function open(owner: LogOwner, session: () => Hypercore): Promise<StoredLog> {
    const core = session()
    await core.ready()
    return new StoredLog(core, owner, session, primitives)
  }
  return {
    doubt: mark.doubt,
    begin: () => mark.begin(),
    openLog: (owner) => open(owner, () => store.get({ manifest: manifest(owner), allowFork: false, inflightRange })),
    openOwnLog: (owner, deviceSeed) =>
      open(owner, () => {
        const core = store.get({ manifest: manifest(owner), allowFork: false, inflightRange })
        // The secret key is given to the session only: as an option of `get` it would be written to disk.
        core.setKeyPair({
          publicKey: Buffer.from(owner.device),
          secretKey: Buffer.concat([deviceSeed, owner.device]),
        })
        return core
      }),
    async *firstBlocks() {
      for await (const discoveryKey of store.list()) {
        const core = store.get({ discoveryKey, allowFork: false })
        await core.ready()
        const block = core.contiguousLength > 0 ? await core.get(0, { wait: false }) : null
        if (block) yield { key: core.key, block }
        await core.close()
      }
    },
    flush,
    async close() {
      // Whoever closes in peace may trust what was appended to survive a power cut.
      const isFlushed = await flush().then(
        () => true,
        () => false,
      )
      await store.close()
      if (isFlushed) await mark.end().catch(() => {})
    },
  }
}

/** A copy may be opened too, for its logs are never gone on with: its own mark of the place where it was made is made anew. */
async function openCorestore(home: string, directory: string): Promise<Corestore> {
  const open = async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const store = new Corestore(directory)
    await store.ready()
    return store
  }
  try {
    return await open()
  } catch (error) {
    if (!isMoved(error)) throw error
    await markAsCopy(home)
    await rm(join(directory, deviceFile))
    return open()
  }
}

const isMoved = (error: unknown): boolean => /moved unsafely|device file/i.test((error as Error)?.message ?? '')

/** Runs of `flush` one after the other, never more often than the disk likes; callers of one period share a run. */
function sharedFlush(flush: () => Promise<void>): () => Promise<void> {
  let waiting: Promise<void> | null = null
  let running: Promise<void> = Promise.resolve()
  let last = 0
  return () => {
    waiting ??= running.then(async () => {
      const rest = last + flushEveryMs - performance.now()
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest))
      // Whoever comes from here on has appended after this run began.
      waiting = null
      last = performance.now()
      const run = flush()
      running = run.catch(() => {})
      return run
    })
    return waiting
  }
}

function storeError(error: unknown, home: string): unknown {
  const message = (error as Error)?.message ?? ''
  if (/could not be locked|lock file|resource temporarily unavailable/i.test(message)) {
    return new HomeError(
      'home/in-use',
      `Another process is using ${home}. Stop it, or choose another folder with --home.`,
    )
  }
  if (/corrupt/i.test(message)) {
    return new HomeError(
      'home/damaged',
      `The logs in ${home} are damaged (${message}). Restore the folder, or start with a new home.`,
    )
  }
  return homeErrorOf(error, home)
}
