import { mostSteps } from '../epoch/chain.ts'
import { decodeEpochEvent, type EpochEvent, isEpochKind } from '../epoch/event.ts'
import { firstPrekeyOf } from '../epoch/prekey.ts'
import { ProtocolError } from '../errors.ts'
import type { Frame } from '../log/entry.ts'
import type { Opened } from '../log/opened.ts'

/** The last step of a chain that is shown, -1 where its epoch begins; and how many entries had been left out up to there. */
interface ShownStep {
  readonly step: number
  readonly left: number
}

type ChainName = 'history' | 'ephemeral'

/**
 * What the entries of one log that are shown claim of epochs, as far as it can be held against each other.
 *
 * Every epoch and every step that was passed has an entry of its own: if it is not shown, it was left out. Spec: specs/excerpt.md#epochs.
 */
export class ShownEpochs {
  readonly #generation: number
  #taken = 0
  /** How many entries were left out before the one at hand. */
  #left = 0
  /** The last epoch that an entry was shown to be in, and how many entries had been left out up to there. */
  #number = 0
  #since = 0
  /** How many had been left out when that epoch can have begun at the earliest. */
  #begun = 0
  #shown: Readonly<Record<ChainName, ShownStep | null>> = { history: null, ephemeral: null }
  #prekey: { readonly generation: number; readonly left: number } | null = null

  /** `generation`: of the log. */
  constructor(generation: number) {
    this.#generation = generation
  }

  /** Take in the next shown entry of the log. Answers what contradicts those before; that changes nothing. */
  add(opened: Opened, index: number): readonly ProtocolError[] {
    this.#left = index - this.#taken++
    try {
      if (opened.frame?.suite === 1) this.#addStep(opened.frame)
      if ('body' in opened && isEpochKind(opened.header.kind)) {
        this.#addEvent(decodeEpochEvent(opened.header.kind, opened.frame.class, opened.body))
      }
      return []
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      // The fold says what is wrong with a body.
      return error.code === 'entry/body' ? [] : [error]
    }
  }

  #addStep({ class: entryClass, epoch, step }: Frame): void {
    const chain: ChainName = entryClass === 'ephemeral' ? 'ephemeral' : 'history'
    this.#requireNumber(epoch, 0)
    if (step >= mostSteps) throw new ProtocolError('epoch/step', `${step}`)
    this.#requireSteps(epoch, { [chain]: step })
    this.#enter(epoch, { [chain]: step })
  }

  #addEvent(event: EpochEvent): void {
    if (event.type === 'prekey-announced') this.#addPrekey(event.generation)
    if (event.type === 'epoch-started') {
      if (event.number === this.#number) throw new ProtocolError('epoch/number', `${event.number}`)
      this.#requireNumber(event.number, 1)
      this.#enter(event.number, { history: -1, ephemeral: -1 })
    }
    if (event.type === 'epoch-shared') {
      const { number, history, ephemeral } = event
      this.#requireNumber(number, 0)
      this.#requireSteps(number, { history, ephemeral })
      // It names the next step of each.
      this.#enter(number, { history: history - 1, ephemeral: ephemeral - 1 })
    }
  }

  /** `own`: how many epochs the entry starts itself. */
  #requireNumber(number: number, own: 0 | 1): void {
    const passed = number - this.#number
    const fits = passed === 0 || (passed > 0 && passed <= this.#left - this.#since + own)
    if (number === 0 || !fits) throw new ProtocolError('epoch/number', `${number}`)
  }

  /** `next`: by chain, the step that comes next. */
  #requireSteps(number: number, next: Partial<Record<ChainName, number>>): void {
    const steps = Object.entries(next) as [ChainName, number][]
    const fits =
      number > this.#number
        ? steps.reduce((sum, [, step]) => sum + step, number - this.#number) <= this.#left - this.#since
        : steps.every(([chain, step]) => this.#isReached(step, this.#shown[chain] ?? { step: -1, left: this.#begun }))
    if (!fits) throw new ProtocolError('epoch/step', steps.map(([, step]) => step).join(' and '))
  }

  #isReached(step: number, from: ShownStep): boolean {
    const passed = step - from.step - 1
    return passed >= 0 && passed <= this.#left - from.left
  }

  #enter(number: number, last: Partial<Record<ChainName, number>>): void {
    const isNew = number !== this.#number
    if (isNew) this.#begun = this.#since + number - this.#number
    const before = isNew ? { history: null, ephemeral: null } : this.#shown
    const left = this.#left
    const steps = Object.entries(last) as [ChainName, number][]
    this.#shown = { ...before, ...Object.fromEntries(steps.map(([chain, step]) => [chain, { step, left }])) }
    this.#number = number
    this.#since = left
  }

  #addPrekey(generation: number): void {
    const first = firstPrekeyOf(this.#generation)
    const before = this.#prekey ?? { generation: first - 1, left: 0 }
    const passed = generation - before.generation - 1
    const isOfLog = generation >= first && generation < firstPrekeyOf(this.#generation + 1)
    if (!isOfLog || passed < 0 || passed > this.#left - before.left) {
      throw new ProtocolError('epoch/prekey', `generation ${generation}`)
    }
    this.#prekey = { generation, left: this.#left }
  }
}
