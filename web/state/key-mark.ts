/** First four and last four characters: enough to recognise a key, never enough to trust one. */
export function shortKey(key: string): string {
  return key.length > 12 ? `${key.slice(0, 4)}…${key.slice(-4)}` : key
}

/** Which of the eight author colours a key has. */
export function hueOfKey(key: string): number {
  return Number.parseInt(key.slice(0, 2), 16) % 8 || 0
}

/** At most two letters to tell people apart besides the colour. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return (
    letters
      .map((word) => firstCharacter(word ?? ''))
      .join('')
      .toUpperCase() || '?'
  )
}

/** Which cells of a 5 by 5 mark are filled: mirrored left to right, fifteen bits of the key. */
export function glyphCells(key: string): { readonly x: number; readonly y: number }[] {
  const bits = Number.parseInt(key.slice(2, 6).padEnd(4, '0'), 16)
  const cells: { x: number; y: number }[] = []
  for (let i = 0; i < 15; i++) {
    if (!((bits >> i) & 1)) continue
    const x = i % 3
    const y = Math.floor(i / 3)
    cells.push({ x, y })
    if (x < 2) cells.push({ x: 4 - x, y })
  }
  return cells
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function firstCharacter(word: string): string {
  const [first] = segmenter.segment(word)
  // A letter can carry hundreds of marks; the avatar has room for one.
  return first ? [...first.segment].slice(0, 4).join('') : ''
}
