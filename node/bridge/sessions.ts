import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Session } from '../api/commands.ts'
import { Problem } from '../api/problems.ts'
import { type Bearers, makeBearers } from './bearers.ts'
import { hashSecret, isSecretOf, makeSecret } from './secret.ts'
import { readSessions, type StoredSession, writeSessions } from './session-file.ts'

const mostSessions = 32
/** As long as browsers keep a cookie at most. A session that is not used for so long is forgotten. */
export const sessionLifetime = 400 * 24 * 3_600_000

/** The browsers that were let in, across restarts. Spec: specs/bridge.md#letting-a-browser-in. */
export interface Sessions {
  /** Let a browser in, in place of the session that its old cookie belongs to. Beyond 32, the one unseen longest ends. */
  begin(browser: string, oldCookie: string | undefined): Promise<{ readonly cookie: string; readonly secret: string }>
  /** A bearer for one tab. Throws `not-let-in` unless cookie and secret belong together. */
  issueBearer(cookie: string, secret: string): Promise<string>
  ofBearer(bearer: string, cookie: string): string | null
  ofCookie(cookie: string): string | null
  list(): readonly Session[]
  /** End a session, its bearers and what listens to its end. Throws `no-such-session`. */
  revoke(id: string): Promise<void>
  /** Wait until the file says what is known. */
  close(): Promise<void>
}

export async function openSessions({ home, log, now, onEnd }: Surroundings): Promise<Sessions> {
  const path = join(home, 'sessions.json')
  const bearers: Bearers = makeBearers()
  let known = await remembered(path, log, now)
  let writing: Promise<void> = Promise.resolve()

  function keep(next: readonly StoredSession[]): Promise<void> {
    const ended = known.filter(({ id }) => !next.some((session) => session.id === id))
    known = next
    for (const { id } of ended) {
      bearers.end(id)
      onEnd(id)
    }
    // One write after the other, whether or not the last one failed.
    writing = writing.catch(() => {}).then(() => writeSessions(path, known))
    return writing
  }

  const withCookie = (cookie: string) => {
    const hash = hashSecret(cookie)
    return known.find(({ cookieHash }) => cookieHash === hash)
  }

  return {
    async begin(browser, oldCookie) {
      const cookie = makeSecret()
      const secret = makeSecret()
      const old = oldCookie === undefined ? undefined : withCookie(oldCookie)
      const id = randomBytes(16).toString('hex')
      const hashes = { cookieHash: hashSecret(cookie), secretHash: hashSecret(secret) }
      const session = { id, browser, created: now(), lastSeen: now(), ...hashes }
      const others = known.filter((other) => other !== old).toSorted((a, b) => b.lastSeen - a.lastSeen)
      await keep([session, ...others].slice(0, mostSessions))
      return { cookie, secret }
    },
    async issueBearer(cookie, secret) {
      const session = withCookie(cookie)
      if (!session || !isSecretOf(session.secretHash, secret)) throw new Problem('not-let-in')
      const seen = { ...session, lastSeen: now() }
      await keep(known.map((other) => (other === session ? seen : other))).catch(() => {
        // When it was last seen is not worth shutting anybody out.
        log.warn('the session file could not be written')
      })
      return bearers.issue(session.id)
    },
    ofBearer(bearer, cookie) {
      const id = bearers.ownerOf(bearer)
      return id !== null && withCookie(cookie)?.id === id ? id : null
    },
    ofCookie: (cookie) => withCookie(cookie)?.id ?? null,
    list: () => known.map(({ id, browser, created, lastSeen }) => ({ id, browser, created, lastSeen })),
    async revoke(id) {
      if (!known.some((session) => session.id === id)) throw new Problem('no-such-session')
      await keep(known.filter((session) => session.id !== id))
    },
    close: () => writing.catch(() => {}),
  }
}

interface Surroundings {
  readonly home: string
  readonly log: Logger
  readonly now: () => number
  readonly onEnd: (session: string) => void
}

async function remembered(path: string, log: Logger, now: () => number): Promise<readonly StoredSession[]> {
  const stored = await readSessions(path).catch(() => {
    log.warn('the session file cannot be read: every browser must be let in again')
    return []
  })
  return stored.filter(({ lastSeen }) => lastSeen > now() - sessionLifetime).slice(0, mostSessions)
}
