/** Digits in groups of five, as people read them to each other. */
export function digitGroups(digits: string): string[] {
  return digits.match(/\d{1,5}/g) ?? []
}
