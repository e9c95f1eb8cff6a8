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
  readonly #pushes = new Set<(value: T) => void>()
  readonly #soon: Soon
  #last = ''

  constructor(everyMs: number, value: () => T) {
    this.#value = value
    this.#soon = new Soon(everyMs, () => this.#push())
  }

  watch(push: (value: T) => void): () => void {
    push(this.#value())
    this.#pushes.add(push)
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
    if (this.#pushes.size === 0) return
    const value = this.#value()
    const text = JSON.stringify(value)
    if (text === this.#last) return
    this.#last = text
    for (const push of this.#pushes) push(value)
  }
}
