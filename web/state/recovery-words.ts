/** `count` different places among `of`, in order: which words one is asked for. */
export function somePlaces(count: number, of: number): number[] {
  const places = new Set<number>()
  while (places.size < Math.min(count, of)) places.add(Math.floor(Math.random() * of))
  return [...places].sort((a, b) => a - b)
}

/** Whether somebody typed this word: capitals and space around it do not matter. */
export function isWord(typed: string, word: string): boolean {
  return typed.trim().toLowerCase() === word
}
