const retryAfterMs = 2_000

/** What is done round by round, as long as there is something to do. */
interface Pumped {
  /** Answers whether there may be more. */
  round(): Promise<boolean>
  /** Nothing more can be done for now. */
  settled(): void
  /** A round has failed. Answers whether the next may come at once; if not, it comes after a while. */
  failed(error: unknown): boolean
}

/** Runs rounds one after the other, whoever asks and however often. */
export class Pump {
  readonly #pumped: Pumped
  #running: Promise<void> | null = null
  #again = false
  #retry: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(pumped: Pumped) {
    this.#pumped = pumped
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Do all that is there. Resolves when nothing more can be done for now. */
  ask(): Promise<void> {
    this.#again = true
    this.#running ??= this.#run()
    return this.#running
  }

  /** Begin no more rounds. Resolves when the running one is over. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#retry) clearTimeout(this.#retry)
    await this.#running
  }

  async #run(): Promise<void> {
    // `#running` is set before this goes on, and reset in the step that last looks at `#again`: whoever asks is always heard.
    await null
    while (this.#again && !this.#retry && !this.#isClosed) {
      this.#again = false
      try {
        if (await this.#pumped.round()) this.#again = true
        else this.#pumped.settled()
      } catch (error) {
        if (this.#isClosed) break
        this.#again = this.#pumped.failed(error)
        if (!this.#again) this.#retryLater()
      }
    }
    this.#running = null
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = null
      void this.ask()
    }, retryAfterMs).unref()
  }
}
