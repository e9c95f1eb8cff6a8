/** A folded entry as it is kept for showing. `call`: the call it is about. `text`: what its type has to say. */
export interface EntryRow {
  readonly log: number
  readonly index: number
  readonly depth: number
  readonly time: number
  /** The author's own time, unclamped. */
  readonly stamp: number
  readonly treeHash: Uint8Array
  readonly type: string
  readonly shown: boolean
  readonly call: string | null
  readonly text: string
  readonly flaw: string | null
  readonly late: boolean
  /** What its author was to the room there, if they had no right to write it; null: it is shown. */
  readonly hidden: string | null
}

/** An entry that may change who may what, or which devices speak for somebody, as its log has it. */
export interface OperationRow {
  readonly log: string
  readonly index: number
  readonly id: Uint8Array
  readonly kind: string
  readonly body: Uint8Array
}

/** An entry about epochs, without the boxes that are for others. `about`: what else was known of it where it stands, as JSON. */
export interface EpochEventRow {
  readonly log: string
  readonly index: number
  readonly kind: string
  readonly body: Uint8Array
  readonly about: string
}

/** An entry with the log it stands in. */
export interface LocatedRow extends EntryRow {
  readonly key: string
}

/** How far a log has been folded, and what the fold goes on with. */
export interface LogRow {
  readonly id: number
  readonly key: string
  readonly length: number
  readonly state: string
}

/** How far one has read: everything up to this depth and time. */
export interface ReadMark {
  readonly depth: number
  readonly time: number
}

/** A place in the display order. */
export interface OrderMark {
  readonly depth: number
  readonly time: number
  readonly key: string
  readonly index: number
}
