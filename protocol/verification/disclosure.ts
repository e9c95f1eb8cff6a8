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
import type { Findings } from './findings.ts'

/** What is given away of an entry: both keys; or that of its header, and so much of the other that the author's commitment can be compared. */
export type Disclosure = EntryKeys | HeaderKey

/** Which keys an export gives away. Spec: specs/bundle.md#disclosure. */
export type KeyChoice = 'all' | 'headers' | 'none'

/**
 * The keys that `headers` gives away of an entry of this class.
 *
 * Who was let in, and who was sealed to, stays open, or nobody could check it.
 */
export function withholdBody(keys: EntryKeys, entryClass: EntryClass, primitives: Primitives): Disclosure {
  if (entryClass === 'authority' || entryClass === 'epoch') return keys
  return { header: keys.header, bodyKeyHash: primitives.sha256(keys.body) }
}

/** What is given away of an entry of this class by a choice. What is ephemeral is given to nobody. */
export function disclosedBy(
  choice: Exclude<KeyChoice, 'none'>,
  keys: EntryKeys,
  entryClass: EntryClass,
  primitives: Primitives,
): Disclosure {
  return choice === 'all' && entryClass !== 'ephemeral' ? keys : withholdBody(keys, entryClass, primitives)
}

/** Say if a file gives away more of an entry than it may, or less. Spec: specs/bundle.md#disclosure. */
export function checkDisclosure(keys: Disclosure | null, { frame }: Opened, where: string, findings: Findings): void {
  if (!frame) return
  const isOpen = keys !== null && 'body' in keys
  if (keys === null && frame.suite === 0) findings.fail('export', 'bundle/disclosure', where, 'keys that all have')
  else if (frame.class === 'epoch' && !isOpen) findings.fail('export', 'bundle/disclosure', where, 'who was sealed to')
  else if (frame.class === 'ephemeral' && isOpen)
    findings.fail('export', 'bundle/disclosure', where, 'what is ephemeral')
}

/** Open an entry as far as it is disclosed. */
export function openDisclosed(
  block: Uint8Array,
  place: EntryPlace,
  keys: Disclosure | null,
  primitives: Primitives,
): Opened {
  return openAsFar(block, place.suite ?? 0, () => {
    if (!keys) return null
    return 'body' in keys ? openEntry(block, place, keys, primitives) : openHeader(block, place, keys, primitives)
  })
}

export function disclosureToCbor(keys: Disclosure | null): CborValue {
  if (!keys) return null
  return 'body' in keys ? [keys.header, keys.body] : [keys.header, null, keys.bodyKeyHash]
}

/** What is disclosed of the entry at an index. Throws `encoding/unexpected-type`, also where the entry that lets its log in is not open. */
export function disclosureFromCbor(value: CborValue, index: number): Disclosure | null {
  if (value === null && index > 0) return null
  const items = asArray(value, { most: 3 })
  if (items.length < 3 || index === 0) {
    const [header, body] = asArray(items, 2)
    return { header: asBytes(header, 32), body: asBytes(body, 32) }
  }
  const [header, body, bodyKeyHash] = items
  if (body !== null) throw new ProtocolError('encoding/unexpected-type', 'null expected')
  return { header: asBytes(header, 32), bodyKeyHash: asBytes(bodyKeyHash, 32) }
}
