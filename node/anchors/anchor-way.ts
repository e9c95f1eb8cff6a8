import type { AnchorEvidence } from '../../protocol/anchor/anchor-proof.ts'

/** How far a message has come. Nothing but `final` is for good: a chain may take back its newest blocks. */
export type Progress =
  /** `reason`: what it waits for, in words. */
  | { readonly state: 'pending'; readonly reason: string }
  /** In a block. `depth`: how many blocks stand on it, itself included. */
  | { readonly state: 'confirmed'; readonly evidence: AnchorEvidence; readonly depth: number }
  | { readonly state: 'final'; readonly evidence: AnchorEvidence }
  /** It will never come into the chain: it has to be handed in anew. */
  | { readonly state: 'lost'; readonly reason: string }

/** How far it has come, and with what to look again. */
export interface Step {
  readonly receipt: Uint8Array
  readonly progress: Progress
}

/**
 * A way for a message of 32 bytes to a public chain.
 *
 * `prepare` does nothing that others see, so that its receipt can be kept before anything happens; `advance` does whatever is due, may be repeated
 * after any stop, and never hands the same in twice. Both throw `WayProblem`.
 */
export interface AnchorWay {
  prepare(message: Uint8Array): Promise<Uint8Array>
  advance(message: Uint8Array, receipt: Uint8Array): Promise<Step>
}

/** Why nothing can be done now, in words for whoever has set it up. It is tried again. */
export class WayProblem extends Error {
  override readonly name = 'WayProblem'
}
