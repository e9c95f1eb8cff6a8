import { playNote } from '../../state/ringtone.ts'

/** Play three notes on a speaker, by its id; empty is the system's own. */
export async function playTestSound(speaker: string): Promise<void> {
  const context = new AudioContext()
  const out = context.createMediaStreamDestination()
  // An element, because not every browser can send a context to a speaker of its own.
  const player = new Audio()
  player.srcObject = out.stream
  try {
    if (speaker) await player.setSinkId(speaker)
    const now = context.currentTime
    for (const [i, frequency] of [523.25, 659.25, 783.99].entries()) playNote(out, frequency, now + 0.2 + i * 0.3)
    await player.play()
    await new Promise((resolve) => setTimeout(resolve, 1_800))
  } finally {
    await context.close()
  }
}
