import { Problem } from '../api/problems.ts'
import { hashSecret, isSecretOf, makeSecret } from './secret.ts'

const lifetime = 10 * 60_000
const mostCodes = 16

/** One-use codes that let one browser in. Only their hashes are kept, in memory: a restart ends them. */
export interface LoginCodes {
  make(): { readonly code: string; readonly expires: number }
  /** Use a code up. Throws `code-used` for one that is unknown, used or too old. */
  use(code: string): void
}

export function makeLoginCodes(now: () => number): LoginCodes {
  let known: readonly { readonly hash: string; readonly expires: number }[] = []
  const fresh = () => known.filter(({ expires }) => expires > now())

  return {
    make() {
      const code = makeSecret()
      const expires = now() + lifetime
      known = [...fresh(), { hash: hashSecret(code), expires }].slice(-mostCodes)
      return { code, expires }
    },
    use(code) {
      const before = fresh()
      known = before.filter(({ hash }) => !isSecretOf(hash, code))
      if (known.length === before.length) throw new Problem('code-used')
    },
  }
}
