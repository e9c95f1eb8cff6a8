import { type PictureLayer, pictureLayers } from '../../../protocol/call/fan-out.ts'

/** How many layers may be shown at most: 0 none, 3 the large one. */
type Limit = 0 | 1 | 2 | 3

/** From where on a second counts as bad, and up to where as good; as a part of the packets. */
const bounds = { bad: 0.1, good: 0.02 } as const
const badSeconds = 2
const goodSeconds = { least: 5, most: 60 } as const
/** A step up that was taken back within this many seconds was too early. */
const probation = 10

/**
 * Which picture of one sender is asked for: the one that fits the tile, and less while packets get lost or the machine is too busy.
 *
 * The voice is not part of it: it is asked for whatever happens. Spec: specs/fan-out.md#layers.
 */
export class LayerChoice {
  #limit: Limit = 3
  #bad = 0
  #good = 0
  #needed: number = goodSeconds.least
  #sinceRise = Number.POSITIVE_INFINITY

  /** One second has gone by. `lost`: the part of the packets that did not come. `late`: the machine has too much to do, which a small picture does not change. */
  pass(lost: number, late = false): void {
    this.#sinceRise++
    const isBad = lost > bounds.bad || (late && this.#limit > 1)
    this.#bad = isBad ? this.#bad + 1 : 0
    this.#good = lost < bounds.good && !late ? this.#good + 1 : 0
    if (this.#bad >= badSeconds) this.#fall()
    else if (this.#good >= this.#needed && this.#limit < 3) this.#rise()
  }

  /** What to ask for, if this is what the tile has use for. */
  wish(tile: PictureLayer | null): PictureLayer | null {
    const fitting = tile === null ? 0 : pictureLayers.indexOf(tile) + 1
    return pictureLayers[Math.min(fitting, this.#limit) - 1] ?? null
  }

  #fall(): void {
    this.#bad = 0
    this.#needed = this.#sinceRise < probation ? Math.min(this.#needed * 2, goodSeconds.most) : this.#needed
    this.#limit = Math.max(0, this.#limit - 1) as Limit
  }

  #rise(): void {
    this.#good = 0
    this.#sinceRise = 0
    this.#limit = (this.#limit + 1) as Limit
  }
}
