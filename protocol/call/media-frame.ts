import { concat } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { FrameWindow } from './frame-window.ts'
import { decodeFrameHeader, type FrameKey, frameOverhead, openFrame, sealFrame } from './sframe.ts'

export type FrameKind = 'audio' | 'video'

/** What an encoded frame may measure at most, sealed. A key frame of a large screen measures some hundred KiB. */
const frameBytes = 1 << 20

/** How long after a newer key of the same sender an older one opens, in ms. */
export const oldKeyTime = 3_000

const kinds = { audio: 0, video: 1 } as const
// RFC 6386, 9.1: the frame tag, and of a key frame also the start code and the size of the picture.
const clearBytes = { key: 10, delta: 3 } as const

/** How much stands in the open before a sealed frame: of VP8 what tells whoever puts packets together where pictures begin, of Opus nothing. */
function clearLength(kind: FrameKind, frame: Uint8Array): number {
  if (kind === 'audio') return 0
  return ((frame[0] ?? 1) & 1) === 0 ? clearBytes.key : clearBytes.delta
}

function metadataOf(kind: FrameKind, clear: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(kinds[kind]), clear)
}

/** Seals what one page sends, by one key after the other. All its frames, of voice and picture and all layers, share one counter. */
export class FrameSealer {
  #key: FrameKey | null = null
  #next: bigint

  /** `first`: the counter of the first frame, 0 in every new session. */
  constructor(first = 0n) {
    this.#next = first
  }

  /** A key that nothing was sealed by before, or the one that is in use. */
  use(key: FrameKey): void {
    if (this.#key?.id === key.id) return
    // The counter goes on over keys: a key that came twice would still meet no counter twice.
    this.#key = key
  }

  /** The frame as it goes out; null before there is a key. Throws `media-frame/too-…`. Spec: specs/media-frame.md#producing. */
  async seal(kind: FrameKind, frame: Uint8Array): Promise<Uint8Array | null> {
    const key = this.#key
    if (!key) return null
    if (frame.length > frameBytes - frameOverhead) throw new ProtocolError('media-frame/too-large')
    const clear = frame.subarray(0, clearLength(kind, frame))
    if (clear.length < clearLength(kind, frame)) throw new ProtocolError('media-frame/too-short')
    const sealed = await sealFrame(key, this.#next++, metadataOf(kind, clear), frame.subarray(clear.length))
    return concat(clear, sealed)
  }
}

interface Held {
  readonly key: FrameKey
  readonly window: FrameWindow
  /** When it opens no more, in ms; null while it is the newest. */
  until: number | null
}

/** Opens what one sender sends. `now`: ms by any clock. */
export class FrameOpener {
  readonly #held = new Map<bigint, Held>()
  #newest = -1n

  /** The keys that are known of its sender, oldest first. One that is older than what was known before is over. */
  use(keys: readonly FrameKey[], now: number): void {
    const known = this.#newest
    for (const key of keys) {
      // One that was let go must not come back with an empty window.
      if (key.id <= known) continue
      this.#held.set(key.id, { key, window: new FrameWindow(), until: null })
      if (key.id > this.#newest) this.#newest = key.id
    }
    for (const [id, held] of this.#held) {
      if (held.until !== null && now >= held.until) this.#held.delete(id)
      else if (id !== this.#newest) held.until ??= now + oldKeyTime
    }
  }

  /** The frame as it was. Throws `media-frame/…`: then it is to be dropped, and the next one may open. Spec: specs/media-frame.md#verifying. */
  async open(kind: FrameKind, frame: Uint8Array, now: number): Promise<Uint8Array> {
    if (frame.length > frameBytes) throw new ProtocolError('media-frame/too-large')
    const clear = frame.subarray(0, clearLength(kind, frame))
    const sealed = frame.subarray(clear.length)
    const { key: id, counter } = decodeFrameHeader(sealed)
    const held = this.#held.get(id)
    if (!held || (held.until !== null && now >= held.until)) throw new ProtocolError('media-frame/key')
    if (!held.window.isOpen(counter)) throw new ProtocolError('media-frame/replayed')
    const opened = await openFrame(held.key, metadataOf(kind, clear), sealed)
    if (!held.window.take(counter)) throw new ProtocolError('media-frame/replayed')
    return concat(clear, opened)
  }
}
