import { asArray, asText, asUint, type CborValue } from '../encoding.ts'
import { ProtocolError } from '../errors.ts'
import { ipv4Bytes, ipv6Groups } from '../link/ip-address.ts'

/** A socket of a browser, as it may be told to the other side of a call. */
export interface HostCandidate {
  /** An IPv4 or IPv6 address, or a name ending in `.local` that stands for one on this network. */
  readonly address: string
  readonly port: number
  /** RFC 8445, 5.1.2. */
  readonly priority: number
}

/** Of one connection. */
export const mostCandidates = 8
/** Below every host candidate's of a browser (RFC 8445, 5.1.2), so that a direct path is preferred to the own node's socket. */
export const tunnelPriority = 16_777_215

const mostPriority = 2_147_483_647
// No browser gathers a system port: whoever names one wants checks sent to something else.
const ports = { least: 1_024, most: 65_535 } as const
const mostLineLength = 512
const mostAddressBytes = 45
const hostLine = /^(?:a=)?candidate:[A-Za-z0-9+/]{1,32} 1 udp (\d{1,10}) (\S+) (\d{1,5}) typ host(?: [\x20-\x7e]*)?$/i
const localName = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local$/

/** What a browser's line says, if it is a host candidate over UDP that may be told to somebody; else null. Spec: specs/call.md#direct-path. */
export function readCandidate(line: string): HostCandidate | null {
  const match = line.length <= mostLineLength ? hostLine.exec(line) : null
  if (!match) return null
  const candidate = { address: match[2]!.toLowerCase(), port: Number(match[3]), priority: Number(match[1]) }
  return isAllowed(candidate) ? candidate : null
}

/** The line for the own browser, of the fields alone. `place` is the candidate's among its connection's. */
export function candidateLine({ address, port, priority }: HostCandidate, place: number): string {
  return `candidate:${place + 2} 1 udp ${priority} ${address} ${port} typ host`
}

export function candidatesToCbor(candidates: readonly HostCandidate[]): CborValue {
  return candidates.map(({ address, port, priority }) => [address, port, priority])
}

/** Throws `encoding/…`, and `call/field` for what may not be told. */
export function candidatesFromCbor(value: CborValue | undefined): readonly HostCandidate[] {
  return asArray(value, { most: mostCandidates }).map((item) => {
    const [address, port, priority] = asArray(item, 3)
    const candidate = { address: asText(address, mostAddressBytes), port: asUint(port), priority: asUint(priority) }
    if (!isAllowed(candidate)) throw new ProtocolError('call/field', 'candidate')
    return candidate
  })
}

function isAllowed({ address, port, priority }: HostCandidate): boolean {
  const isAbove = priority > tunnelPriority && priority <= mostPriority
  return isAbove && port >= ports.least && port <= ports.most && isReachable(address)
}

/** Whether an address may be another machine's: not this one's own, not of one cable only, and not of many at once. */
function isReachable(address: string): boolean {
  if (localName.test(address)) return true
  const bytes = ipv4Bytes(address)
  if (bytes) {
    const [first, second] = bytes as [number, number]
    return first !== 0 && first !== 127 && first < 224 && !(first === 169 && second === 254)
  }
  if (address !== address.toLowerCase()) return false
  const groups = ipv6Groups(address)
  if (!groups) return false
  const [first] = groups as [number]
  // The unspecified address, loopback, and IPv4 in IPv6's clothes.
  if (groups.slice(0, 5).every((group) => group === 0)) return false
  return (first & 0xffc0) !== 0xfe80 && (first & 0xff00) !== 0xff00
}
