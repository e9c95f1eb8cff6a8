import { useIntervalFn } from '@vueuse/core'
import type { Peer } from './peer.ts'

const lookEveryMs = 100
/** Packets of a voice come every 20 ms. */
const gapMs = 700

/** Send a whole picture as soon as the other side is heard again after a gap: it has probably heard as little of us. */
export function useWholePictures(talkingWith: () => Peer | null): void {
  let quiet: Peer | null = null

  useIntervalFn(() => {
    const peer = talkingWith()
    const silence = peer?.silence() ?? null
    if (silence !== null && silence > gapMs) quiet = peer
    else if (peer !== null && quiet === peer && silence !== null) {
      quiet = null
      peer.sendWholePicture().catch(() => undefined)
    }
  }, lookEveryMs)
}
