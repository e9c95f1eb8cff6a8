/** The identity ids in what somebody pasted, whatever stands between them. */
export function idsIn(pasted: string): string[] {
  return [...new Set(pasted.toLowerCase().match(/\b[0-9a-f]{64}\b/g) ?? [])]
}
