const size = 1024

/**
 * Which counters of one key have been seen, so that no frame is taken twice.
 *
 * Frames may overtake each other: a voice does not wait for a picture that is sent again. What is 1024 or more behind the newest
 * is refused unseen. Spec: specs/media-frame.md#verifying.
 */
export class FrameWindow {
  readonly #seen = new Array<bigint | undefined>(size)
  #newest = -1n

  /** Whether a frame of this counter may still come. */
  isOpen(counter: bigint): boolean {
    return counter + BigInt(size) > this.#newest && this.#seen[placeOf(counter)] !== counter
  }

  /** A frame of this counter has been opened. Answers false if another one was meanwhile. */
  take(counter: bigint): boolean {
    if (!this.isOpen(counter)) return false
    this.#seen[placeOf(counter)] = counter
    if (counter > this.#newest) this.#newest = counter
    return true
  }
}

const placeOf = (counter: bigint): number => Number(counter % BigInt(size))
