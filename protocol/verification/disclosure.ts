import type { Primitives } from '../crypto/primitives.ts'
import { asArray, asBytes, type CborValue } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import {
  type EntryClass,
  type EntryKeys,
  type EntryPlace,
  type HeaderKey,
  openEntry,
  openHeader,
} from '../log/entry.ts'
import { type Opened, openAsFar } from '../log/opened.ts'

/** What is given away of an entry: both keys; or that of its header, and so much of the other that the author's commitment can be compared. */
export type Disclosure = EntryKeys | HeaderKey

/** Which keys an export gives away. Spec: specs/bundle.md#disclosure. */
export type KeyChoice = 'all' | 'headers' | 'none'

/**
 * The keys that `headers` gives away of an entry of this class.
 *
 * Who was let in stays open, or no author could be checked.
 */
export function withholdBody(keys: EntryKeys, entryClass: EntryClass, primitives: Primitives): Disclosure {
  if (entryClass === 'authority') return keys
  return { header: keys.header, bodyKeyHash: primitives.sha256(keys.body) }
}

/** Open an entry as far as it is disclosed. */
export function openDisclosed(block: Uint8Array, place: EntryPlace, keys: Disclosure, primitives: Primitives): Opened {
  return openAsFar(block, place.suite ?? 0, () =>
    'body' in keys ? openEntry(block, place, keys, primitives) : openHeader(block, place, keys, primitives),
  )
}

export function disclosureToCbor(keys: Disclosure): CborValue {
  return 'body' in keys ? [keys.header, keys.body] : [keys.header, null, keys.bodyKeyHash]
}

/** What is disclosed of the entry at an index. Throws `encoding/unexpected-type`, also where the entry that lets its log in is not open. */
export function disclosureFromCbor(value: CborValue, index: number): Disclosure {
  const items = asArray(value, { most: 3 })
  if (items.length < 3 || index === 0) {
    const [header, body] = asArray(items, 2)
    return { header: asBytes(header, 32), body: asBytes(body, 32) }
  }
  const [header, body, bodyKeyHash] = items
  if (body !== null) throw new ProtocolError('encoding/unexpected-type', 'null expected')
  return { header: asBytes(header, 32), bodyKeyHash: asBytes(bodyKeyHash, 32) }
}
