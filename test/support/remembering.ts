import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'

/** The same primitives, which judge no signature and no key twice: for tests that verify thousands of bundles alike but for a byte. */
export function remembering(primitives: Primitives): Primitives {
  return {
    ...primitives,
    verify: remembered(primitives.verify),
    isValidKey: remembered(primitives.isValidKey),
  }
}

function remembered<Given extends readonly Uint8Array[]>(
  judge: (...given: Given) => boolean,
): (...given: Given) => boolean {
  const verdicts = new Map<string, boolean>()
  return (...given) => {
    const key = given.map(toHex).join(' ')
    const verdict = verdicts.get(key) ?? judge(...given)
    verdicts.set(key, verdict)
    return verdict
  }
}
