import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Problem } from '../api/problems.ts'
import { isDiskFull } from '../home-error.ts'
import { readIfThere, writeDurably } from '../storage/durable-file.ts'

const closed = { additionalProperties: false } as const
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })

const StoredSession = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    browser: Type.String({ maxLength: 128 }),
    created: Type.Integer(),
    lastSeen: Type.Integer(),
    cookieHash: Hash,
    secretHash: Hash,
  },
  closed,
)
/** What is kept of a session: no secret, only hashes. */
export type StoredSession = Static<typeof StoredSession>

const SessionFile = Compile(
  Type.Object({ version: Type.Literal(1), sessions: Type.Array(StoredSession, { maxItems: 1_000 }) }, closed),
)

/** The sessions of the last run; none where there is no file. Throws a plain Error for a file of another form. */
export async function readSessions(path: string): Promise<readonly StoredSession[]> {
  const text = await readIfThere(path)
  if (text === null) return []
  const content: unknown = JSON.parse(text)
  if (!SessionFile.Check(content)) throw new Error('the session file is not of the known form')
  return content.sessions
}

/** Replace the file in one step. Throws `disk-full` or `storage-failing`. */
export async function writeSessions(path: string, sessions: readonly StoredSession[]): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeDurably(path, `${JSON.stringify({ version: 1, sessions }, null, 2)}\n`)
  } catch (error) {
    throw new Problem(isDiskFull(error) ? 'disk-full' : 'storage-failing')
  }
}
