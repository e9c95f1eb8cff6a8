import { toHex } from '../../protocol/bytes.ts'
import { type Chains, shownAddress } from '../anchors/chains.ts'
import type { AnchorProgress, AnchorsView } from '../api/anchors.ts'
import type { Room } from '../rooms/room.ts'
import type { AnchoredBatch, AnchorStore } from '../storage/anchor-store.ts'

const mostShown = 200

/** The chains that are set up, and what is on them or on its way. */
export function anchorsView(chains: Chains, store: AnchorStore, rooms: readonly Room[]): AnchorsView {
  const names = new Map(rooms.map(({ key, name }) => [key, name]))
  return {
    chains: chains.all.map(({ name, kind, url, depth }) => ({ name, kind, address: shownAddress(url), depth })),
    anchors: store
      .batches()
      .slice(0, mostShown)
      .map((batch) => ({
        ...progressOf(batch),
        id: batch.id,
        made: batch.made,
        rooms: store.places(batch.id).map(({ signed: { checkpoint } }) => {
          const room = toHex(checkpoint.room)
          return { room, name: names.get(room) ?? '', size: checkpoint.size }
        }),
      })),
  }
}

/** How far the newest checkpoint of a room has come, on each chain. */
export function anchorsOf(room: Room, store: AnchorStore): AnchorProgress[] {
  const checkpoint = room.checkpoints.newest?.signed.checkpoint
  if (!checkpoint) return []
  const newest = new Map<string, AnchoredBatch>()
  for (const batch of store.batchesOf(checkpoint, checkpoint.size)) {
    if (!newest.has(batch.chain)) newest.set(batch.chain, batch)
  }
  return [...newest.values()].map(progressOf)
}

function progressOf({ chain, state, reason, depth }: AnchoredBatch): AnchorProgress {
  return { chain, state, reason, depth }
}
