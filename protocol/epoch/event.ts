import { compareBytes } from '../bytes.ts'
import { asArray, asBoolean, asBytes, asText, asUint, type CborValue, decodeCbor, encodeCbor } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { type EntryClass, mostBlockBytes } from '../log/entry.ts'
import { mostSteps } from './chain.ts'
import { type EpochCommitments, type EpochReason, epochReasons } from './epoch.ts'
import { requirePrekey } from './prekey.ts'

/** Something sealed to one device. `generation`: of the prekey that opens it. */
export interface Box {
  readonly device: Uint8Array
  readonly generation: number
  readonly sealed: Uint8Array
}

/** The author's device can from now on be sealed to by this X25519 key. */
export interface PrekeyAnnounced {
  readonly type: 'prekey-announced'
  readonly generation: number
  readonly key: Uint8Array
}

/** From here on the author seals under new secrets. `boxes`: by ascending device. */
export interface EpochStarted {
  readonly type: 'epoch-started'
  readonly number: number
  readonly reason: EpochReason
  /** Whether members may give it to those who come later. */
  readonly shareable: boolean
  readonly commitments: EpochCommitments
  readonly boxes: readonly Box[]
}

/** The present steps of the author's epoch, for devices that came after it had started. */
export interface EpochShared {
  readonly type: 'epoch-shared'
  readonly number: number
  readonly history: number
  readonly ephemeral: number
  readonly boxes: readonly Box[]
}

/** Earlier epochs, of anybody, for one device. */
export interface HistoryGranted extends Box {
  readonly type: 'history-granted'
}

export type EpochEvent = PrekeyAnnounced | EpochStarted | EpochShared | HistoryGranted

/** As many as a room lets logs in. */
export const mostBoxes = 1_000
/** An encapsulated key, three secrets and a tag. */
export const boxBytes = 32 + 3 * 32 + 16
const mostGrantBytes = 131_072
const mostGeneration = 2 ** 48 - 1
const mostNumber = 2 ** 32 - 1

const kinds = ['prekey-announced', 'epoch-started', 'epoch-shared', 'history-granted'] as const

/** Whether an entry of this kind is about epochs. */
export function isEpochKind(kind: string): kind is EpochEvent['type'] {
  return kinds.some((each) => each === kind)
}

/** The body of an event. Spec: specs/encryption.md#events. */
export function encodeEpochEvent(event: EpochEvent): Uint8Array {
  return encodeCbor(bodyOf(event))
}

function bodyOf(event: EpochEvent): CborValue {
  switch (event.type) {
    case 'prekey-announced':
      return [event.generation, event.key]
    case 'epoch-started': {
      const { header, history, ephemeral } = event.commitments
      const boxes = event.boxes.map(boxToCbor)
      return [event.number, event.reason, event.shareable, [header, history, ephemeral], boxes]
    }
    case 'epoch-shared':
      return [event.number, event.history, event.ephemeral, event.boxes.map(boxToCbor)]
    case 'history-granted':
      return boxToCbor(event)
  }
}

/** Read the body of an entry of this kind. Throws `entry/body`, and `epoch/prekey` for a key that nothing can be sealed to. */
export function decodeEpochEvent(kind: EpochEvent['type'], entryClass: EntryClass, body: Uint8Array): EpochEvent {
  try {
    if (entryClass !== 'epoch') throw new ProtocolError('entry/body', `${kind} in class ${entryClass}`)
    return eventOf(kind, decodeCbor(body, { bytes: mostBlockBytes }))
  } catch (error) {
    const passes = error instanceof ProtocolError && ['entry/body', 'epoch/prekey'].includes(error.code)
    throw passes ? error : new ProtocolError('entry/body', (error as Error).message)
  }
}

function eventOf(kind: EpochEvent['type'], body: CborValue): EpochEvent {
  switch (kind) {
    case 'prekey-announced': {
      const [generation, key] = asArray(body, 2)
      return { type: kind, generation: asUint(generation, mostGeneration), key: requirePrekey(asBytes(key, 32)) }
    }
    case 'epoch-started': {
      const [number, reason, shareable, commitments, boxes] = asArray(body, 5)
      const [header, history, ephemeral] = asArray(commitments, 3).map((each) => asBytes(each, 32))
      return {
        type: kind,
        number: asNumber(number),
        reason: asReason(reason),
        shareable: asBoolean(shareable),
        commitments: { header: header!, history: history!, ephemeral: ephemeral! },
        boxes: asBoxes(boxes),
      }
    }
    case 'epoch-shared': {
      const [number, history, ephemeral, boxes] = asArray(body, 4)
      return {
        type: kind,
        number: asNumber(number),
        history: asUint(history, mostSteps),
        ephemeral: asUint(ephemeral, mostSteps),
        boxes: asBoxes(boxes),
      }
    }
    case 'history-granted':
      return { type: kind, ...asBox(body, { most: mostGrantBytes }) }
  }
}

function boxToCbor({ device, generation, sealed }: Box): CborValue {
  return [device, generation, sealed]
}

function asBox(value: CborValue, length: number | { most: number }): Box {
  const [device, generation, sealed] = asArray(value, 3)
  return {
    device: asBytes(device, 32),
    generation: asUint(generation, mostGeneration),
    sealed: asBytes(sealed, length),
  }
}

function asBoxes(value: CborValue | undefined): readonly Box[] {
  const boxes = asArray(value, { most: mostBoxes }).map((each) => asBox(each, boxBytes))
  const ascend = boxes.every(({ device }, i) => i === 0 || compareBytes(boxes[i - 1]!.device, device) < 0)
  if (!ascend) throw new ProtocolError('entry/body', 'boxes that do not ascend')
  return boxes
}

function asNumber(value: CborValue | undefined): number {
  const number = asUint(value, mostNumber)
  if (number === 0) throw new ProtocolError('entry/body', 'epochs count from 1')
  return number
}

function asReason(value: CborValue | undefined): EpochReason {
  const reason = epochReasons.find((each) => each === asText(value, 16))
  if (!reason) throw new ProtocolError('entry/body', 'an unknown reason')
  return reason
}
