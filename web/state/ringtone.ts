/** Play one soft note at a time of the context, in seconds. */
export function playNote(out: AudioNode, frequency: number, at: number): void {
  const tone = out.context.createOscillator()
  const volume = out.context.createGain()
  tone.frequency.value = frequency
  volume.gain.setValueAtTime(0, at)
  volume.gain.linearRampToValueAtTime(0.12, at + 0.03)
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.7)
  tone.connect(volume).connect(out)
  tone.start(at)
  tone.stop(at + 0.75)
}

/** What a call sounds like before it is one. Browsers keep it silent until the page was touched once; the dialog rings for the eye. */
export interface Ringtone {
  /** Two soft notes: somebody calls. */
  ring(): void
  /** One low note: it rings over there. */
  ringBack(): void
}

/** `speaker`: the id of the one it is heard on; empty is the system's own. */
export function openRingtone(speaker: () => string): Ringtone {
  let context: AudioContext | undefined

  async function play(frequencies: readonly number[]): Promise<void> {
    if (typeof AudioContext === 'undefined') return
    context ??= new AudioContext()
    if (context.state !== 'running') return
    // Where a browser cannot, or the speaker has just gone, it is heard on the system's own.
    if (hasSpeakers(context) && context.sinkId !== speaker()) await context.setSinkId(speaker()).catch(() => undefined)
    for (const [i, frequency] of frequencies.entries())
      playNote(context.destination, frequency, context.currentTime + i * 0.35)
  }

  return {
    ring: () => void play([523.25, 659.25]),
    ringBack: () => void play([392]),
  }
}

type SpeakingContext = AudioContext & { readonly sinkId: string; setSinkId(id: string): Promise<void> }

function hasSpeakers(context: AudioContext): context is SpeakingContext {
  return 'setSinkId' in context
}
