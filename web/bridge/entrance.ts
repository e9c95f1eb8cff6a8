import { BridgeProblem, problemFromResponse, unreachable } from './bridge-problem.ts'

const secretKey = 'parley.secret'

/**
 * How a browser is let in: a one-use code becomes a cookie and a browser secret, and both together become a bearer.
 *
 * The secret lives in localStorage, which other ports of this computer cannot read; the bearer only in memory.
 */
export interface Entrance {
  /** Use a login code. Throws `BridgeProblem`. */
  useCode(code: string): Promise<void>
  /** This tab's bearer, asked for once and kept. Throws `not-let-in` where there is no secret. */
  bearer(): Promise<string>
  /** Forget a bearer that the node has refused. */
  forget(bearer: string): void
}

export function makeEntrance({ fetch, storage }: { fetch: typeof globalThis.fetch; storage: Storage }): Entrance {
  let asked: Promise<string> | null = null
  let known: string | null = null

  async function ask(): Promise<string> {
    const secret = storage.getItem(secretKey)
    if (!secret) throw new BridgeProblem('not-let-in', 'This browser has not been let in yet.')
    const { bearer } = await postJson<{ bearer: string }>(fetch, '/api/bearer', { secret })
    known = bearer
    return bearer
  }

  return {
    async useCode(code) {
      const { secret } = await postJson<{ secret: string }>(fetch, '/api/session', { code })
      storage.setItem(secretKey, secret)
      asked = null
      known = null
    },
    bearer() {
      asked ??= ask().catch((error: unknown) => {
        asked = null
        throw error
      })
      return asked
    },
    forget(bearer) {
      if (bearer !== known) return
      asked = null
      known = null
    },
  }
}

/** Call back when another tab of this browser has been let in. */
export function onLetIn(enter: () => void): () => void {
  const listen = (event: StorageEvent) => {
    if (event.key === secretKey && event.newValue) enter()
  }
  window.addEventListener('storage', listen)
  return () => window.removeEventListener('storage', listen)
}

/** POST JSON, and read JSON or a problem. */
const mostKeptAlive = 4_096

export async function postJson<T>(
  fetch: typeof globalThis.fetch,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const text = JSON.stringify(body)
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: text,
    // What a page says as it goes still arrives; browsers do that for what is small.
    keepalive: text.length <= mostKeptAlive,
  }
  const response = await fetch(path, request).catch(() => {
    throw unreachable()
  })
  if (!response.ok) throw await problemFromResponse(response)
  return (await response.json()) as T
}
