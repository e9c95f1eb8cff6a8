import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { uint64 } from '../../protocol/bytes.ts'
import { inDomain } from '../../protocol/crypto/domains.ts'
import { openStep, startChain } from '../../protocol/epoch/chain.ts'
import { decodeEpochKeys, type EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import { openInRoom } from '../../protocol/epoch/room-keys.ts'
import {
  type EntryKeys,
  type EntryPlace,
  frameBytes,
  keysFrom,
  openOwnHeader,
  readFrame,
} from '../../protocol/log/entry.ts'
import { EpochDevice, type Sealed } from './epochs.ts'
import { codeOf } from './vectors.ts'

export const makeAll = (...names: string[]) => Promise.all(names.map((name) => EpochDevice.make(name)))
export const recipientsOf = (...devices: EpochDevice[]) => devices.map(({ recipient }) => recipient)

/** Seals texts in these lots, each in an epoch of its own, to these devices. */
export async function speak(
  author: EpochDevice,
  lots: readonly (readonly string[])[],
  ...to: EpochDevice[]
): Promise<void> {
  for (const lot of lots) {
    await author.start(recipientsOf(author, ...to))
    for (const text of lot) await author.say(text)
  }
}

export const spoken = (author: EpochDevice) => author.textsOf(author).filter((text) => text !== null)

/** The two keys of an entry, as whoever can read it has them. */
export function keysOf(reader: EpochDevice, { place, block }: Sealed): EntryKeys {
  return openInRoom(block, place, reader.roomKeys, primitives)!.keys!
}

/** Every secret that a store leads to: its own, and all that a chain in it leads to. */
export function allSecrets(rows: Iterable<EpochKeys>): readonly Uint8Array[] {
  return [...rows].flatMap(({ header, history, ephemeral }) => {
    const chains = [history, ...(ephemeral ? [ephemeral] : [])]
    const keys = chains.flatMap(({ first, next }) => (first ? [first, next] : [next]))
    const walked = keys.flatMap((key) => {
      const secrets: Uint8Array[] = [key.key]
      for (let chain = startChain(key, false); chain.next.step < 256; ) {
        const taken = openStep(chain, chain.next.step, primitives)!
        secrets.push(taken.secret)
        chain = taken.chain
      }
      return secrets
    })
    return [header, ...walked, ...chains.flatMap(({ secrets }) => [...secrets.values()])]
  })
}

export const rowsOf = (device: EpochDevice) => [...device.rows.values()].map(decodeEpochKeys)

/** Which parts of a block open with any of these secrets in the place of any other. */
export function partsThatOpen({ place, block }: Sealed, secrets: readonly Uint8Array[]): string[] {
  const { salt } = readFrame(block, 1)
  return secrets.flatMap((secret) => {
    const { header, body } = keysFrom({ header: secret, body: secret }, place, salt, primitives)
    const opened = codeOf(() => openOwnHeader(block, place, header, primitives)) === undefined ? ['header'] : []
    return bodyOpensWith(block, place, body) ? [...opened, 'body'] : opened
  })
}

/** Whether a key opens the body of a block of suite 1, whatever its author committed to. */
export function bodyOpensWith(block: Uint8Array, { room, log, index }: EntryPlace, key: Uint8Array): boolean {
  const { headerLength } = readFrame(block, 1)
  const associated = inDomain('entry', room, log, uint64(index), Uint8Array.of(1), block.subarray(0, frameBytes))
  return primitives.open(key, block.subarray(frameBytes + headerLength), associated) !== null
}
