import { ProtocolError } from '../errors.ts'
import type { Frame } from '../log/entry.ts'
import { mostSteps } from './chain.ts'
import type { EpochEvent } from './event.ts'
import { firstPrekeyOf, type Prekey } from './prekey.ts'

/** What the entries of a log so far say about epochs. Needs no key of any epoch. */
export interface EpochCursor {
  /** Which log of its device it is. */
  readonly generation: number
  /** Of the epoch that the log is in; 0 before the first. */
  readonly number: number
  /** How many entries of each chain there are in it. */
  readonly history: number
  readonly ephemeral: number
  /** The newest prekey that the log's device has announced in it. */
  readonly prekey: Prekey | null
}

/** Of a log without an entry. `generation`: which log of its device it is. */
export function emptyEpochs(generation: number): EpochCursor {
  return { generation, number: 0, history: 0, ephemeral: 0, prekey: null }
}

/** Take in the next entry of a suite 1. What is wrong changes nothing. Throws `epoch/number` and `epoch/step`. */
export function advanceStep(cursor: EpochCursor, { class: entryClass, epoch, step }: Frame): EpochCursor {
  if (cursor.number === 0 || epoch !== cursor.number) throw new ProtocolError('epoch/number', `${epoch}`)
  const chain = entryClass === 'ephemeral' ? 'ephemeral' : 'history'
  if (step !== cursor[chain] || step >= mostSteps) throw new ProtocolError('epoch/step', `${step}`)
  return { ...cursor, [chain]: step + 1 }
}

/** Take in the next event about epochs. What is wrong changes nothing. Throws `epoch/number`, `epoch/step` and `epoch/prekey`. */
export function advanceEpoch(cursor: EpochCursor, event: EpochEvent): EpochCursor {
  switch (event.type) {
    case 'prekey-announced': {
      const { generation, key } = event
      const next = cursor.prekey ? cursor.prekey.generation + 1 : firstPrekeyOf(cursor.generation)
      if (generation !== next || generation >= firstPrekeyOf(cursor.generation + 1)) {
        throw new ProtocolError('epoch/prekey', `generation ${generation}`)
      }
      return { ...cursor, prekey: { generation, key } }
    }
    case 'epoch-started':
      if (event.number !== cursor.number + 1) throw new ProtocolError('epoch/number', `${event.number}`)
      return { ...cursor, number: event.number, history: 0, ephemeral: 0 }
    case 'epoch-shared':
      if (cursor.number === 0 || event.number !== cursor.number) {
        throw new ProtocolError('epoch/number', `${event.number}`)
      }
      // Whoever joins is given the present step: an earlier one would open what was said before.
      if (event.history !== cursor.history || event.ephemeral !== cursor.ephemeral) {
        throw new ProtocolError('epoch/step', `${event.history} and ${event.ephemeral}`)
      }
      return cursor
    case 'history-granted':
      return cursor
  }
}
