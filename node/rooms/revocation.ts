import { equalBytes, fromHex, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { PlacedStatement } from '../../protocol/identity/resolve-statements.ts'
import { type IdentityStatement, type LogCap, mostCaps, signStatement } from '../../protocol/identity/statement.ts'
import type { RoomFold } from '../projection/room-fold.ts'
import type { Person } from './person.ts'
import type { Room } from './room.ts'

/** A revocation that names no log, as it goes into every room, with all that it follows. `seed`: of the key that says it. */
export function signRevocation(
  { identity, known }: Person,
  follows: readonly Uint8Array[],
  device: Uint8Array,
  seed: Uint8Array,
  primitives: Primitives,
): IdentityStatement[] {
  const by = primitives.publicKey(seed)
  const statement = { type: 'device-revoked', follows, by, device, caps: [] } as const
  const past = known.withPast(toHex(identity), follows.map(toHex))
  return [...past, signStatement(identity, statement, { by: seed }, primitives)]
}

/** What goes into one room beside a revocation: up to where the logs of the device count there, which is as far as they are here. */
export function signRevocationHere(
  { identity, deviceSeed }: Person,
  { id, statement }: PlacedStatement,
  fold: RoomFold,
  primitives: Primitives,
): IdentityStatement[] {
  if (statement.type !== 'device-revoked') return []
  const { device } = statement
  const by = primitives.publicKey(deviceSeed)
  const caps = capsOf(device, fold)
  const parts = Array.from({ length: Math.ceil(caps.length / mostCaps) }, (_, i) =>
    caps.slice(i * mostCaps, (i + 1) * mostCaps),
  )
  return parts.map((part) => {
    const here = { type: 'device-revoked', follows: [fromHex(id)], by, device, caps: part } as const
    return signStatement(identity, here, { by: deviceSeed }, primitives)
  })
}

/** Whether all of a room is here that is known to be somewhere; as long as nobody has said what there is, only a room that nobody else is in. */
export function isCaughtUp(room: Room): boolean {
  const logs = [...room.fold.logs.values()]
  const isAlone = logs.every(({ isOwn }) => isOwn) && equalBytes(room.beginning.owner.device, room.device)
  const isWhole = !room.isBehind && logs.every(({ stored, length }) => stored.isForked || length >= stored.length)
  return isAlone || (isWhole && room.channels().some(({ hasTold }) => hasTold))
}

function capsOf(device: Uint8Array, fold: RoomFold): LogCap[] {
  const logs = [...fold.logs.values()].filter(
    ({ stored, length }) => length > 0 && equalBytes(stored.owner.device, device),
  )
  return logs.map((log) => ({ log: log.stored.key, length: log.length, treeHash: log.treeHash() }))
}
