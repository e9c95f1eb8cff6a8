import { readFileSync } from 'node:fs'

const read = (name: string): string =>
  readFileSync(new URL(`chromium-${name}.sdp`, import.meta.url), 'utf8').replaceAll('\n', '\r\n')

/** What Chromium 156 wrote: audio and video, all its codecs, candidates of two interfaces. */
export const chromiumOffer = read('offer')

/** Its answer, by a side that has a microphone and no camera. */
export const chromiumAnswer = read('answer')

/** What it offers to its own node in a call by fan-out, with room for two others. */
export const chromiumFanOutOffer = read('fan-out-offer')
