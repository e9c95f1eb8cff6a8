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

/** A soft two-note ring. Browsers keep it silent until the page was touched once; the dialog rings for the eye. */
export function openRingtone(): { ring(): void } {
  let context: AudioContext | undefined

  return {
    ring() {
      if (typeof AudioContext === 'undefined') return
      context ??= new AudioContext()
      if (context.state !== 'running') return
      playNote(context.destination, 523.25, context.currentTime)
      playNote(context.destination, 659.25, context.currentTime + 0.35)
    },
  }
}
