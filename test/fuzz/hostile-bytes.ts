import fc from 'fast-check'

// Heads of CBOR items that promise more than there is, that never end, or that are no head at all; and numbers of Hypercore, STUN and frames.
const lies = [
  '9bffffffffffffffff',
  '9b0000000100000000',
  '9affffffff',
  '9a00ffffff',
  '99ffff',
  '5b00000000ffffffff',
  '5affffffff',
  '59ffff',
  '7affffffff',
  'bbffffffffffffffff',
  '9f',
  '5f',
  '1bffffffffffffffff',
  'f97e00',
  'c249',
  'ffffffff',
  'ffff',
  '7fffffff',
  '00000000',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))

const nestings = ['\x81', '\x9f', '\x82\x00', '[', '{"a":', '[[],'].map((text) =>
  Uint8Array.from(Buffer.from(text, 'latin1')),
)
const mostBytes = 65_536

const at = fc.nat()
const count = fc.nat({ max: 64 })
const anyEdit = fc.oneof(
  fc.record({ type: fc.constant('flip' as const), at, bit: fc.nat({ max: 7 }) }),
  fc.record({ type: fc.constant('drop' as const), at, count }),
  fc.record({ type: fc.constant('cut' as const), at }),
  fc.record({ type: fc.constant('put' as const), at, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
  fc.record({ type: fc.constant('lie' as const), at, bytes: fc.constantFrom(...lies) }),
  fc.record({ type: fc.constant('repeat' as const), at, count, times: fc.integer({ min: 1, max: 64 }) }),
  fc.record({ type: fc.constant('splice' as const), at, from: at, start: at, count }),
  fc.record({
    type: fc.constant('nest' as const),
    at,
    bytes: fc.constantFrom(...nestings),
    times: fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 20_000 })),
  }),
)
type Edit = typeof anyEdit extends fc.Arbitrary<infer T> ? T : never

/** Bytes that a stranger may send: any at all, and right ones with a few places flipped, dropped, repeated, lied about or nested. */
export function hostileBytes(goods: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const nearly = fc
    .record({ good: fc.constantFrom(...goods), edits: fc.array(anyEdit, { minLength: 1, maxLength: 4 }) })
    .map(({ good, edits }) => edits.reduce((bytes, edit) => edited(bytes, edit, goods), good))
  return fc.oneof({ weight: 4, arbitrary: nearly }, fc.uint8Array({ maxLength: 300 }))
}

function edited(bytes: Uint8Array, edit: Edit, goods: readonly Uint8Array[]): Uint8Array {
  const start = edit.at % (bytes.length + 1)
  const [before, after] = [bytes.subarray(0, start), bytes.subarray(start)]
  switch (edit.type) {
    case 'flip':
      return bytes.map((byte, i) => (i === start ? byte ^ (1 << edit.bit) : byte))
    case 'drop':
      return joined(before, after.subarray(edit.count))
    case 'cut':
      return before
    case 'put':
      return joined(before, edit.bytes, after)
    case 'lie':
      return joined(before, edit.bytes, after.subarray(edit.bytes.length))
    case 'repeat':
      return joined(before, ...Array<Uint8Array>(edit.times).fill(after.subarray(0, edit.count)), after)
    case 'splice': {
      const other = goods[edit.from % goods.length]!
      const from = edit.start % (other.length + 1)
      return joined(before, other.subarray(from, from + edit.count), after)
    }
    case 'nest':
      return joined(before, ...Array<Uint8Array>(edit.times).fill(edit.bytes), after)
  }
}

/** Whatever is beyond what any reader takes adds nothing but time. */
function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts).subarray(0, mostBytes))
}
