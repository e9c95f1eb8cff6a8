/** All of a room is folded again for keys that come late: whoever gives them one by one must not keep us busy with that. */
const everyMs = 5_000

/** Keys that have come for entries which were folded without them, until everything is folded again. */
export class LateKeys {
  readonly #again: () => void
  #have = false
  #isFolding = false
  /** `performance.now()` of when it was done last. */
  #last = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | null = null

  /** `again`: to be called when it may be done. */
  constructor(again: () => void) {
    this.#again = again
  }

  came(): void {
    this.#have = true
  }

  /** Whether everything is to be folded again, now. */
  isDue(): boolean {
    const rest = this.#last + everyMs - performance.now()
    if (!this.#have || rest <= 0) return this.#have
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#again()
    }, rest).unref()
    return false
  }

  begun(): void {
    this.#have = false
    this.#isFolding = true
    this.#last = performance.now()
  }

  /** All is folded. Answers whether it was for late keys. */
  ended(): boolean {
    const was = this.#isFolding
    this.#isFolding = false
    return was
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer)
  }
}
