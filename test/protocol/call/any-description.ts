import fc from 'fast-check'
import type { Description, MediaSection } from '../../../protocol/call/description.ts'

const text = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })

const letters = 'ABCXYZabcxyz0189'
const iceChars = `${letters}+/`
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })

const anyCodec = fc.record({
  name: text(`${letters}._-`, 1, 32),
  rate: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  channels: fc.option(fc.integer({ min: 1, max: 255 })),
  format: fc.array(text(`${letters};=/~!`, 1, 8), { maxLength: 3 }).map((words) => words.join(' ')),
  feedback: fc.array(fc.constantFrom('nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb'), { maxLength: 5 }),
})

const anySources = fc.uniqueArray(uint32, { maxLength: 8 }).chain((sources) =>
  fc.record({
    sources: fc.constant(sources),
    groups:
      sources.length === 0
        ? fc.constant([])
        : fc.array(
            fc.record({
              semantics: fc.constantFrom('FID', 'FEC-FR', 'SIM'),
              sources: fc.array(fc.constantFrom(...sources), { minLength: 1, maxLength: 8 }),
            }),
            { maxLength: 4 },
          ),
  }),
)

const anySection = (mid: string): fc.Arbitrary<MediaSection> =>
  fc
    .tuple(
      fc.constantFrom('sendrecv', 'sendonly', 'recvonly', 'inactive'),
      fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 127 }), anyCodec), {
        minLength: 1,
        maxLength: 12,
        selector: ([payload]) => payload,
      }),
      fc.uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 255 }), uri: text(`${letters}:/._#-`, 1, 128) }), {
        maxLength: 8,
        selector: ({ id }) => id,
      }),
      anySources,
    )
    .map(([direction, codecs, extensions, { sources, groups }]) => ({
      mid,
      direction,
      codecs: codecs.map(([payload, codec]) => ({ payload, ...codec })),
      extensions,
      sources,
      groups,
    }))

/** Any description that keeps the bounds of specs/call.md. */
export const anyDescription: fc.Arbitrary<Description> = fc
  .uniqueArray(text(letters, 1, 16), { minLength: 2, maxLength: 2 })
  .chain(([audio, video]) =>
    fc.record({
      setup: fc.constantFrom('actpass', 'active', 'passive'),
      ufrag: text(iceChars, 4, 40),
      pwd: text(iceChars, 22, 40),
      fingerprint: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      audio: anySection(audio!),
      video: anySection(video!),
    }),
  )
