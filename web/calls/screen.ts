/** Enough to read by, and no more than an encoder in software keeps up with. */
const readable = { width: { max: 1920 }, height: { max: 1200 }, frameRate: { max: 15 } } as const

/** Let the person choose a screen, a window or a tab to show, without its sound; null if they choose none. Throws an `Error` with a sentence for people. */
export async function captureScreen(): Promise<MediaStream | null> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: readable, audio: false })
    // Text stays sharp, and frames are left out instead.
    for (const track of stream.getVideoTracks()) track.contentHint = 'detail'
    return stream
  } catch (error) {
    if (error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError')) return null
    throw new Error('This screen cannot be shared.')
  }
}
