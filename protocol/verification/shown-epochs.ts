import { mostSteps } from '../epoch/chain.ts'
import { decodeEpochEvent, type EpochEvent, isEpochKind } from '../epoch/event.ts'
import { firstPrekeyOf } from '../epoch/prekey.ts'
import { ProtocolError } from '../errors.ts'
import type { Frame } from '../log/entry.ts'
import type { Opened } from '../log/opened.ts'

/** The last step of a chain that is shown, and at which index; -1: the epoch begins there. */
interface ShownStep {
  readonly step: number
  readonly index: number
}

type ChainName = 'history' | 'ephemeral'

/** What the entries of one log that are shown claim of epochs, as far as it can be held against each other. Spec: specs/excerpt.md#epochs. */
export class ShownEpochs {
  readonly #generation: number
  /** The epoch of the last entry that was shown to be in one, and the index of that. */
  #number = 0
  #since = 0
  #shown: Readonly<Record<ChainName, ShownStep | null>> = { history: null, ephemeral: null }
  #prekey: { readonly generation: number; readonly index: number } | null = null

  /** `generation`: of the log. */
  constructor(generation: number) {
    this.#generation = generation
  }

  /** Take in the next shown entry of the log. Answers what contradicts those before; that changes nothing. */
  add(opened: Opened, index: number): readonly ProtocolError[] {
    try {
      if (opened.frame?.suite === 1) this.#addStep(opened.frame, index)
      if ('body' in opened && isEpochKind(opened.header.kind)) {
        this.#addEvent(decodeEpochEvent(opened.header.kind, opened.frame.class, opened.body), index)
      }
      return []
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      // The fold says what is wrong with a body.
      return error.code === 'entry/body' ? [] : [error]
    }
  }

  #addStep({ class: entryClass, epoch, step }: Frame, index: number): void {
    const chain: ChainName = entryClass === 'ephemeral' ? 'ephemeral' : 'history'
    this.#requireNumber(epoch, index - 1)
    if (step >= mostSteps) throw new ProtocolError('epoch/step', `${step}`)
    this.#requireSteps(epoch, { [chain]: step }, index)
    this.#enter(epoch, { [chain]: { step, index } }, index)
  }

  #addEvent(event: EpochEvent, index: number): void {
    if (event.type === 'prekey-announced') this.#addPrekey(event.generation, index)
    if (event.type === 'epoch-started') {
      if (event.number === this.#number) throw new ProtocolError('epoch/number', `${event.number}`)
      this.#requireNumber(event.number, index)
      this.#enter(event.number, { history: { step: -1, index }, ephemeral: { step: -1, index } }, index)
    }
    if (event.type === 'epoch-shared') {
      const { number, history, ephemeral } = event
      this.#requireNumber(number, index - 1)
      this.#requireSteps(number, { history, ephemeral }, index)
      // It names the next step of each.
      const passed = { history: { step: history - 1, index }, ephemeral: { step: ephemeral - 1, index } }
      this.#enter(number, passed, index)
    }
  }

  /** Each epoch has an entry that starts it, at an index no greater than `last`. */
  #requireNumber(number: number, last: number): void {
    const passed = number - this.#number
    // Another epoch needs an entry behind the last one that is shown.
    const fits = passed === 0 || (passed > 0 && passed <= last - this.#since)
    if (number === 0 || !fits) throw new ProtocolError('epoch/number', `${number}`)
  }

  /** Each step that is past has an entry between those that are shown. */
  #requireSteps(number: number, next: Partial<Record<ChainName, number>>, index: number): void {
    const steps = Object.entries(next) as [ChainName, number][]
    if (number > this.#number) {
      const passed = steps.reduce((sum, [, step]) => sum + step, number - this.#number)
      if (passed > index - this.#since - 1) throw new ProtocolError('epoch/step', `${passed} entries passed`)
      return
    }
    for (const [chain, step] of steps) {
      const before = this.#shown[chain]
      const passed = before ? step - before.step - 1 : step + number
      if (passed < 0 || passed > index - (before?.index ?? 0) - 1) throw new ProtocolError('epoch/step', `${step}`)
    }
  }

  #enter(number: number, shown: Partial<Record<ChainName, ShownStep>>, index: number): void {
    const before = number === this.#number ? this.#shown : { history: null, ephemeral: null }
    this.#shown = { ...before, ...shown }
    this.#number = number
    this.#since = index
  }

  #addPrekey(generation: number, index: number): void {
    const first = firstPrekeyOf(this.#generation)
    const passed = this.#prekey ? generation - this.#prekey.generation - 1 : generation - first
    const isOfLog = generation >= first && generation < firstPrekeyOf(this.#generation + 1)
    if (!isOfLog || passed < 0 || passed > index - (this.#prekey?.index ?? 0) - 1) {
      throw new ProtocolError('epoch/prekey', `generation ${generation}`)
    }
    this.#prekey = { generation, index }
  }
}
