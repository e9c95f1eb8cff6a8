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

export function openRingtone(): Ringtone {
  let context: AudioContext | undefined

  function play(frequencies: readonly number[]): void {
    if (typeof AudioContext === 'undefined') return
    context ??= new AudioContext()
    if (context.state !== 'running') return
    for (const [i, frequency] of frequencies.entries())
      playNote(context.destination, frequency, context.currentTime + i * 0.35)
  }

  return {
    ring: () => play([523.25, 659.25]),
    ringBack: () => play([392]),
  }
}
