/** A base key of frames: 32 bytes, and its id as a decimal number. Spec: specs/media-frame.md#keys. */
export interface GivenKey {
  readonly id: string
  readonly baseKey: Uint8Array
}

/** What the worker that seals and opens frames is told. */
export type FrameWork =
  | { readonly type: 'own'; readonly key: GivenKey }
  /** `sender`: a name for the device and its session. `keys`: oldest first. */
  | { readonly type: 'other'; readonly slot: number; readonly sender: string; readonly keys: readonly GivenKey[] }
  | { readonly type: 'count' }

/** What it says: the answer to `count`; and once of each sender, that something of theirs has opened. */
export type FrameWord =
  | { readonly type: 'counts'; readonly counts: FrameCounts }
  | { readonly type: 'opened'; readonly sender: string }

/** Frames since it began. */
export interface FrameCounts {
  readonly sealed: number
  readonly opened: number
  /** Did not open, and were dropped. */
  readonly refused: number
}
