import type { Logger } from 'pino'
import { Soon } from '../projection/watchers.ts'
import type { RoomChannel, RoomLog } from '../replication/room-channel.ts'
import type { HeadWatch } from './head-watch.ts'

interface AnnouncerOptions {
  readonly heads: HeadWatch
  readonly log: Logger
  channels(): readonly RoomChannel[]
}

const announceEveryMs = 10_000

/** Tells the connected nodes of a room of logs that are new here, and now and then how far those that grow are signed. */
export class LogAnnouncer {
  readonly #options: AnnouncerOptions
  readonly #grown = new Set<RoomLog>()
  /** Logs that nobody would take from us yet: their device has signed nothing that is here. */
  readonly #headless = new Set<RoomLog>()
  readonly #soon = new Soon(announceEveryMs, () => this.#announceGrown())

  constructor(options: AnnouncerOptions) {
    this.#options = options
  }

  added(log: RoomLog): void {
    if (log.stored.knownLength === 0) this.#headless.add(log)
    else this.#announce(log)
  }

  grown(log: RoomLog): void {
    if (this.#headless.delete(log)) this.#announce(log)
    this.#grown.add(log)
    this.#soon.ask()
  }

  close(): void {
    this.#soon.close()
  }

  #announceGrown(): void {
    const { heads, log: logger } = this.#options
    for (const log of this.#grown) {
      this.#announce(log)
      heads.grown(log).catch((error) => logger.debug({ err: error }, 'a head could not be compared'))
    }
    this.#grown.clear()
  }

  #announce(log: RoomLog): void {
    const { log: logger } = this.#options
    for (const channel of this.#options.channels()) {
      channel.announce([log]).catch((error) => logger.debug({ err: error }, 'a log could not be announced'))
    }
  }
}
