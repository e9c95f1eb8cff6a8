import type { Logger } from 'pino'
import { toHex } from '../../protocol/bytes.ts'
import { isRole, mayWrite } from '../../protocol/room/rights.ts'
import type { Epochs } from '../epochs/epochs.ts'
import { HistoryGiver } from '../epochs/history-giver.ts'
import type { RoomFold } from '../projection/room-fold.ts'
import type { MakeEvent } from '../projection/room-writer.ts'
import type { Person } from './person.ts'
import type { RoomPeople } from './room-people.ts'

/** The log that we write in a room. */
export interface OwnPen {
  key(): Uint8Array
  append(make: MakeEvent): Promise<unknown>
}

interface KeyUpkeepOptions {
  readonly epochs: Epochs
  readonly fold: RoomFold
  readonly people: RoomPeople
  readonly person: Person
  readonly own: OwnPen
  readonly log: Logger
  readonly now: () => number
}

/** What is to be done about the keys of a room while nobody says anything: renew, destroy, and give to those who come. */
export class KeyUpkeep {
  readonly #options: KeyUpkeepOptions
  readonly #history: HistoryGiver

  constructor(options: KeyUpkeepOptions) {
    const { epochs, fold, people, person, own, log } = options
    this.#options = options
    this.#history = new HistoryGiver({
      epochs,
      device: person.device,
      mayWrite: () => mayWrite(people.standing),
      isIn: (identity) => isRole(people.standingOf(identity)),
      // Another device of ours is ours to let in.
      haveLetIn: (identity) => [identity, fold.authority.letInBy(identity)].includes(toHex(person.identity)),
      append: async (make) => {
        await own.append((_, key) => make(key))
        await fold.pump()
      },
      log,
    })
  }

  /** Something has been folded: somebody may have come. */
  changed(): void {
    this.#history.changed()
  }

  /** Do what is due at a start, and once a day. */
  tend(): void {
    this.#tend().catch((error) => this.#options.log.warn({ err: error }, 'keys could not be renewed or destroyed'))
  }

  /** Resolves when what is being given is given. */
  close(): Promise<void> {
    return this.#history.close()
  }

  async #tend(): Promise<void> {
    const { epochs, fold, people, own, now } = this.#options
    if (epochs.suite === 0) return
    await fold.pump()
    const authors = epochs.known.readers().filter(({ identity }) => mayWrite(people.standingOf(identity)))
    epochs.destroyOld(
      authors.map(({ device }) => toHex(device)),
      now(),
    )
    const folded = fold.logs.get(toHex(own.key()))?.folded
    const isHere = isRole(people.standing) || people.standing === 'waiting'
    if (folded?.author && isHere && epochs.prekeys.isDue(folded.epochs)) {
      await own.append((cursor) => epochs.nextPrekey(cursor))
    }
  }
}
