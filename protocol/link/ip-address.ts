const byte = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = new RegExp(`^${byte}(?:\\.${byte}){3}$`)

/** The four bytes of an IPv4 address in its one form; null of anything else. */
export function ipv4Bytes(text: string): readonly number[] | null {
  return ipv4.test(text) ? text.split('.').map(Number) : null
}

/** The eight groups of an IPv6 address, written out or with one `::`; null of anything else. Anything looser lets host names such as `cafe` through. */
export function ipv6Groups(text: string): readonly number[] | null {
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const groups = halves.flat()
  const fits = halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8
  if (!fits || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  const [before = [], after = []] = halves
  const left = halves.length === 1 ? 0 : 8 - groups.length
  return [...before, ...Array<string>(left).fill('0'), ...after].map((group) => Number.parseInt(group, 16))
}
