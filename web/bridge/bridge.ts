import type { Command, CommandResult, CommandType } from '../../node/api/commands.ts'
import type { TimelineItem, ViewOf, ViewQuery } from '../../node/api/views.ts'
import type { BridgeProblem } from './bridge-problem.ts'

/**
 * How the page stands with its node.
 *
 * `not-let-in`: the node answers, but this browser must be let in first. `unreachable`: no answer; the bridge keeps trying.
 */
export type BridgeState = 'connecting' | 'open' | 'unreachable' | 'not-let-in'

/** One page of a room's past, oldest first. */
export interface TimelinePage {
  readonly items: readonly TimelineItem[]
  readonly older: boolean
}

/** The page's one way to its node: commands go out, views come in. */
export interface Bridge {
  /** Ask the node to do something. Throws `BridgeProblem`. */
  send<T extends CommandType>(command: Extract<Command, { type: T }>): Promise<CommandResult<T>>
  /** Push the present value and every later one, across reconnects, until the returned function is called. */
  watch<Q extends ViewQuery>(
    query: Q,
    push: (value: ViewOf[Q['type']]) => void,
    fail?: (problem: BridgeProblem) => void,
  ): () => void
  /** Items before an `order`; `null` means from the end. Throws `BridgeProblem`. */
  page(room: string, before: string | null, limit: number): Promise<TimelinePage>
  /** The room's bundle, whole. Throws `BridgeProblem`. */
  exportRoom(room: string): Promise<Uint8Array>
  /** These messages of the room, by their ids, as an excerpt. Throws `BridgeProblem`. */
  excerptRoom(room: string, messages: readonly string[]): Promise<Uint8Array>
  /** Push the present state and every change of it, until the returned function is called. */
  watchState(push: (state: BridgeState) => void): () => void
  /** Try again now, not when the next attempt is due. */
  retry(): void
  close(): void
}
