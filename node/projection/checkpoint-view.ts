import { toHex } from '../../protocol/bytes.ts'
import { isRole } from '../../protocol/room/rights.ts'
import type { CheckpointView } from '../api/checkpoints.ts'
import type { Room } from '../rooms/room.ts'
import type { AnchorStore } from '../storage/anchor-store.ts'
import { anchorsOf } from './anchors-view.ts'

/** The newest checkpoint of a room; null if none was made yet. */
export function checkpointView(room: Room, anchors: AnchorStore): CheckpointView | null {
  const { newest } = room.checkpoints
  if (!newest) return null
  const { people, fold } = room
  const owners = new Map(
    [...fold.logs.values()].map(({ stored: { owner } }) => [toHex(owner.device), toHex(owner.identity)]),
  )
  const self = owners.get(toHex(room.device))
  const isOther = (identity: string) => identity !== self && isRole(people.standingOf(identity))
  const witnesses = new Map<string, CheckpointView['witnesses'][number]>()
  for (const { device, time } of [...newest.signed.cosignatures].sort((a, b) => a.time - b.time)) {
    const identity = owners.get(toHex(device))
    if (!identity || !isOther(identity) || witnesses.has(identity)) continue
    witnesses.set(identity, { identity, name: people.nameOf(identity), time: time * 1_000 })
  }
  const others = new Set([...owners.values()].filter(isOther))
  return {
    size: newest.signed.checkpoint.size,
    time: newest.time,
    witnesses: [...witnesses.values()],
    anchors: anchorsOf(room, anchors),
    of: others.size,
  }
}
