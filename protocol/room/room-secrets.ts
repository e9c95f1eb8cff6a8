import { fromText } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import { expand, extract } from '../crypto/kdf.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { EntryClass } from '../log/entry.ts'

/** The children of a room's secret. None leads to another, and none to the secret. */
export interface RoomSecrets {
  /** Finds the room's nodes: the seed of its topics. */
  readonly discovery: Uint8Array
  /** Lets a node prove on a connection that it knows the room. */
  readonly admission: Uint8Array
  /** Opens entries of the classes authority and epoch. */
  readonly authority: Uint8Array
  /** Opens all other entries of suite 0. */
  readonly content: Uint8Array
}

/** Derive the children of a room's 32-byte secret. Spec: specs/room.md#secrets. */
export function roomSecrets(secret: Uint8Array, primitives: Primitives): RoomSecrets {
  const key = extract(secret, primitives)
  const child = (name: string) => extract(expand(key, inDomain('roomSecret', fromText(name)), primitives), primitives)
  return {
    discovery: child('discovery'),
    admission: child('admission'),
    authority: child('authority'),
    content: child('content'),
  }
}

/** The extracted key that an entry's keys derive from. */
export function classKey(secrets: RoomSecrets, entryClass: EntryClass): Uint8Array {
  return entryClass === 'authority' || entryClass === 'epoch' ? secrets.authority : secrets.content
}
