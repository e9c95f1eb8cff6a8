/** Runs something soon, once, however often it is asked for. */
export class Soon {
  readonly #run: () => void
  readonly #afterMs: number
  #timer: NodeJS.Timeout | null = null
  #last = 0

  /** `everyMs`: at most one run in this time; the first one comes at once. */
  constructor(everyMs: number, run: () => void) {
    this.#afterMs = everyMs
    this.#run = run
  }

  ask(): void {
    if (this.#timer) return
    const wait = Math.max(0, this.#last + this.#afterMs - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#last = performance.now()
      this.#run()
    }, wait)
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }
}

/** Those who watch one value that can be computed anew at any time. They get it at once, and again when it has changed. */
export class Watchers<T> {
  readonly #value: () => T
  readonly #onTrouble: (error: unknown) => void
  /** Each with the last value it got, as text. */
  readonly #pushes = new Map<(value: T) => void, string>()
  readonly #soon: Soon

  /** `onTrouble` is told when a changed value cannot be computed; it is computed again at the next change. */
  constructor(everyMs: number, value: () => T, onTrouble: (error: unknown) => void) {
    this.#value = value
    this.#onTrouble = onTrouble
    this.#soon = new Soon(everyMs, () => this.#push())
  }

  watch(push: (value: T) => void): () => void {
    const value = this.#value()
    this.#pushes.set(push, JSON.stringify(value))
    push(value)
    return () => this.#pushes.delete(push)
  }

  changed(): void {
    if (this.#pushes.size > 0) this.#soon.ask()
  }

  close(): void {
    this.#soon.close()
    this.#pushes.clear()
  }

  #push(): void {
    try {
      const value = this.#value()
      const text = JSON.stringify(value)
      for (const [push, last] of this.#pushes) {
        if (last === text) continue
        this.#pushes.set(push, text)
        push(value)
      }
    } catch (error) {
      this.#onTrouble(error)
    }
  }
}
