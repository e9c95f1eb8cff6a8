import type { Command, CommandResult, CommandType } from './api/commands.ts'
import type { KeyChoice } from './api/routes.ts'
import type { TimelineItem, ViewOf, ViewQuery } from './api/views.ts'

/** What the bridge talks to: the node without its HTTP. Throws `Problem` for what may be told. */
export interface Backend {
  run<T extends CommandType>(command: Extract<Command, { type: T }>): Promise<CommandResult<T>>
  /** Push the present value at once and every later one, until the returned function is called. */
  watch<Q extends ViewQuery>(query: Q, push: (value: ViewOf[Q['type']]) => void): () => void
  page(
    room: string,
    before: string | null,
    limit: number,
  ): { readonly items: readonly TimelineItem[]; readonly older: boolean }
  /** The room's bundle, whole: specs/bundle.md. */
  exportRoom(room: string, keys: KeyChoice): Promise<Uint8Array>
  /** Messages of the room, by their ids, as an excerpt: specs/excerpt.md. */
  excerptRoom(room: string, messages: readonly string[]): Promise<Uint8Array>
}
