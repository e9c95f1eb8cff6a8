import { hashSecret, makeSecret } from './secret.ts'

const mostPerSession = 64

/** The tabs' bearers, in memory only: a restart ends them, and the page asks for new ones. */
export interface Bearers {
  /** A new bearer for a session. Beyond 64 of one session the oldest ends. */
  issue(session: string): string
  ownerOf(bearer: string): string | null
  /** End every bearer of a session. */
  end(session: string): void
}

export function makeBearers(): Bearers {
  const owners = new Map<string, string>()
  const hashesOf = (session: string) => [...owners].filter(([, owner]) => owner === session).map(([hash]) => hash)

  return {
    issue(session) {
      const bearer = makeSecret()
      owners.set(hashSecret(bearer), session)
      for (const hash of hashesOf(session).slice(0, -mostPerSession)) owners.delete(hash)
      return bearer
    },
    ownerOf: (bearer) => owners.get(hashSecret(bearer)) ?? null,
    end(session) {
      for (const hash of hashesOf(session)) owners.delete(hash)
    },
  }
}
