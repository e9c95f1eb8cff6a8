import { tunnelPriority } from '../../protocol/call/candidate.ts'

/** Through both nodes, or from browser to browser. */
export type CallPath = 'nodes' | 'direct'

/** What a connection has counted since it began, at one moment. */
export interface CallCounters {
  /** In ms, by any clock. */
  readonly at: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly packetsIn: number
  readonly lostIn: number
  readonly frames: number
  /** The newest word of the other side: milliseconds, and the part that got lost on the way to it, 0 to 1. */
  readonly roundTrip: number | null
  readonly lossOut: number | null
  readonly size: { readonly width: number; readonly height: number } | null
  readonly codecs: readonly string[]
  /** Null until there is one. */
  readonly path: CallPath | null
}

export type QualityVerdict = 'good' | 'weak' | 'bad'

/** How a call has gone over the last moments. */
export interface CallQuality {
  readonly verdict: QualityVerdict
  /** In ms, from page to page and back. Null until the other side has told. */
  readonly roundTrip: number | null
  /** The parts that got lost on the way to us and to the other side, 0 to 1. Null where nothing was sent. */
  readonly lossIn: number | null
  readonly lossOut: number | null
  /** Bits in a second. */
  readonly bitsIn: number
  readonly bitsOut: number
  /** What arrives of the other's picture, while one does. */
  readonly picture: { readonly width: number; readonly height: number; readonly framesPerSecond: number } | null
  readonly codecs: readonly string[]
  readonly path: CallPath | null
}

/** From where on people notice, and from where on talking is hard. Round trip in ms (ITU-T G.114 has half of it one way), loss as a part. */
const bounds = { weak: { roundTrip: 300, loss: 0.03 }, bad: { roundTrip: 800, loss: 0.12 } } as const

/** A judgement of what is known: what is not known does not count. Where nothing arrives at all, it is bad. */
export function judgeQuality({
  roundTrip,
  lossIn,
  lossOut,
  bitsIn,
}: Pick<CallQuality, 'roundTrip' | 'lossIn' | 'lossOut' | 'bitsIn'>): QualityVerdict {
  const loss = Math.max(lossIn ?? 0, lossOut ?? 0)
  const reaches = (bound: { roundTrip: number; loss: number }) =>
    (roundTrip ?? 0) >= bound.roundTrip || loss >= bound.loss
  if (bitsIn === 0 || reaches(bounds.bad)) return 'bad'
  return reaches(bounds.weak) ? 'weak' : 'good'
}

/** What happened between two readings of one connection, the later of which is at least a millisecond after the other. */
export function qualityBetween(before: CallCounters, after: CallCounters): CallQuality {
  const seconds = (after.at - before.at) / 1000
  const grown = (counter: 'bytesIn' | 'bytesOut' | 'packetsIn' | 'lostIn' | 'frames') =>
    Math.max(0, after[counter] - before[counter])
  const expected = grown('packetsIn') + grown('lostIn')
  const framesPerSecond = Math.round(grown('frames') / seconds)
  const measured = {
    roundTrip: after.roundTrip,
    lossIn: expected === 0 ? null : grown('lostIn') / expected,
    lossOut: after.lossOut,
    bitsIn: (grown('bytesIn') * 8) / seconds,
    bitsOut: (grown('bytesOut') * 8) / seconds,
  }
  return {
    ...measured,
    verdict: judgeQuality(measured),
    picture: after.size && grown('frames') > 0 ? { ...after.size, framesPerSecond } : null,
    codecs: after.codecs,
    path: after.path,
  }
}

type Entry = Readonly<Record<string, unknown>>

/** Read the counters out of a browser's statistics (W3C webrtc-stats). What a browser does not tell counts as nothing. */
export function readCounters(stats: Iterable<Entry>, at: number): CallCounters {
  const entries = [...stats]
  const ofType = (type: string) => entries.filter((entry) => entry.type === type)
  const received = ofType('inbound-rtp')
  const told = ofType('remote-inbound-rtp')
  const picture = received.find(({ kind }) => kind === 'video')
  const inUse = new Set([...received, ...ofType('outbound-rtp')].map(({ codecId }) => codecId))
  return {
    at,
    bytesIn: sum(received, 'bytesReceived'),
    bytesOut: sum(ofType('outbound-rtp'), 'bytesSent'),
    packetsIn: sum(received, 'packetsReceived'),
    lostIn: sum(received, 'packetsLost'),
    frames: sum(received, 'framesDecoded'),
    roundTrip: most(told, 'roundTripTime', 1000),
    lossOut: most(told, 'fractionLost', 1),
    size:
      picture && isNumber(picture.frameWidth) && isNumber(picture.frameHeight)
        ? { width: picture.frameWidth, height: picture.frameHeight }
        : null,
    codecs: ofType('codec')
      .filter(({ id }) => inUse.has(id))
      .map(({ mimeType }) => String(mimeType).replace(/^.*\//, ''))
      .filter((name, i, names) => names.indexOf(name) === i),
    path: pathIn(entries),
  }
}

/** The own node's socket is known by the priority that the node gave it: an address may be hidden from the page. */
function pathIn(entries: readonly Entry[]): CallPath | null {
  const find = (id: unknown) => (id === undefined ? undefined : entries.find((entry) => entry.id === id))
  const transport = entries.find(({ type }) => type === 'transport')
  // Firefox has no statistics of transports.
  const pair =
    find(transport?.selectedCandidatePairId) ??
    entries.find(({ type, selected }) => type === 'candidate-pair' && selected)
  const other = find(pair?.remoteCandidateId)
  if (!other) return null
  return other.priority === tunnelPriority ? 'nodes' : 'direct'
}

function sum(entries: readonly Entry[], field: string): number {
  return entries.reduce((total, { [field]: each }) => total + (isNumber(each) ? each : 0), 0)
}

function most(entries: readonly Entry[], field: string, unit: number): number | null {
  const told = entries.map(({ [field]: each }) => each).filter(isNumber)
  return told.length === 0 ? null : Math.max(...told) * unit
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
