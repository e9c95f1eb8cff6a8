import { equalBytes } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { entryKeys, openEntry, readFrame, type Suite } from '../../protocol/log/entry.ts'
import { type Admission, admit } from '../../protocol/room/admission.ts'
import { decodeEvent } from '../../protocol/room/event.ts'
import { classKey, type RoomSecrets } from '../../protocol/room/room-secrets.ts'
import type { LogStore } from '../storage/log-store.ts'

interface SoughtRoom {
  readonly id: Uint8Array
  readonly genesis: Uint8Array
  readonly suite: Suite
  readonly secrets: RoomSecrets
  readonly ownAdmission: Admission
}

/** Whose logs of this room are on disk, but for the first of our own: the first entry of each says why it is in. */
export async function findAdmissions(room: SoughtRoom, store: LogStore, primitives: Primitives): Promise<Admission[]> {
  const { key: first } = admit(room.genesis, room.ownAdmission, primitives)
  const found: Admission[] = []
  for await (const { key, block } of store.firstBlocks()) {
    const admission = equalBytes(key, first) ? null : admissionIn(room, key, block, primitives)
    if (admission) found.push(admission)
  }
  // A later log of a device comes behind the first one, which lets it in.
  return found.sort((a, b) => a.generation - b.generation)
}

function admissionIn(
  { id, genesis, suite, secrets }: SoughtRoom,
  log: Uint8Array,
  block: Uint8Array,
  primitives: Primitives,
): Admission | null {
  try {
    const place = { room: id, log, index: 0, suite }
    const { salt } = readFrame(block, suite)
    const keys = entryKeys(classKey(secrets, 'authority'), place, salt, primitives)
    const { header, frame, body } = openEntry(block, place, keys, primitives)
    const event = decodeEvent(header.kind, frame.class, body)
    if (event.type !== 'joined' && event.type !== 'room-created') return null
    return equalBytes(admit(genesis, event.admission, primitives).key, log) ? event.admission : null
  } catch (error) {
    // Of another room, or of somebody whom nothing has let in.
    if (error instanceof ProtocolError) return null
    throw error
  }
}
