import { compareBytes } from '../bytes.ts'
import { inDomain } from '../crypto/domains.ts'
import type { Primitives } from '../crypto/primitives.ts'

/** One picture with its word, which people may find easier to say. */
export interface CallEmoji {
  readonly picture: string
  readonly word: string
}

/** Whoever looks for a certificate with the same emoji has to do these for each that they try. */
const rounds = 32_768
const shown = 7

/**
 * The seven emoji by which two people in a call find out whether they are the ends of one connection: the same for both.
 *
 * Fingerprints are SHA-256, of the certificates in use. Takes up to a tenth of a second. Spec: specs/call.md#emoji.
 */
export function callEmoji(
  { call, own, other }: { readonly call: Uint8Array; readonly own: Uint8Array; readonly other: Uint8Array },
  primitives: Primitives,
): readonly CallEmoji[] {
  const [first, second] = compareBytes(own, other) <= 0 ? [own, other] : [other, own]
  let hash = primitives.sha256(inDomain('callEmoji', call, first, second))
  for (let round = 1; round < rounds; round++) hash = primitives.sha256(inDomain('callEmoji', hash))
  return Array.from({ length: shown }, (_, i) => emojiAt(sixBits(hash, 6 * i)))
}

/** The number that stands in six bits from this bit on. */
function sixBits(bytes: Uint8Array, from: number): number {
  const at = from >> 3
  return (((bytes[at]! << 8) | bytes[at + 1]!) >> (10 - (from & 7))) & 63
}

function emojiAt(number: number): CallEmoji {
  const [picture, word] = everyEmoji[number]!
  return { picture, word }
}

/** All that there are, in the order of the spec. */
export const everyEmoji: readonly (readonly [picture: string, word: string])[] = [
  ['🐶', 'Dog'],
  ['🐱', 'Cat'],
  ['🦁', 'Lion'],
  ['🐎', 'Horse'],
  ['🦄', 'Unicorn'],
  ['🐷', 'Pig'],
  ['🐘', 'Elephant'],
  ['🐰', 'Rabbit'],
  ['🐼', 'Panda'],
  ['🐓', 'Rooster'],
  ['🐧', 'Penguin'],
  ['🐢', 'Turtle'],
  ['🐟', 'Fish'],
  ['🐙', 'Octopus'],
  ['🦋', 'Butterfly'],
  ['🌷', 'Flower'],
  ['🌳', 'Tree'],
  ['🌵', 'Cactus'],
  ['🍄', 'Mushroom'],
  ['🌏', 'Globe'],
  ['🌙', 'Moon'],
  ['☁️', 'Cloud'],
  ['🔥', 'Fire'],
  ['🍌', 'Banana'],
  ['🍎', 'Apple'],
  ['🍓', 'Strawberry'],
  ['🌽', 'Corn'],
  ['🍕', 'Pizza'],
  ['🎂', 'Cake'],
  ['❤️', 'Heart'],
  ['😀', 'Smile'],
  ['🤖', 'Robot'],
  ['🎩', 'Hat'],
  ['👓', 'Glasses'],
  ['🔧', 'Spanner'],
  ['🎅', 'Santa'],
  ['👍', 'Thumb'],
  ['☂️', 'Umbrella'],
  ['⌛', 'Hourglass'],
  ['⏰', 'Clock'],
  ['🎁', 'Gift'],
  ['💡', 'Lamp'],
  ['📕', 'Book'],
  ['✏️', 'Pencil'],
  ['📎', 'Paperclip'],
  ['✂️', 'Scissors'],
  ['🔒', 'Padlock'],
  ['🔑', 'Key'],
  ['🔨', 'Hammer'],
  ['☎️', 'Telephone'],
  ['🏁', 'Flag'],
  ['🚂', 'Train'],
  ['🚲', 'Bicycle'],
  ['✈️', 'Aeroplane'],
  ['🚀', 'Rocket'],
  ['🏆', 'Trophy'],
  ['⚽', 'Ball'],
  ['🎸', 'Guitar'],
  ['🎺', 'Trumpet'],
  ['🔔', 'Bell'],
  ['⚓', 'Anchor'],
  ['🎧', 'Headphones'],
  ['📁', 'Folder'],
  ['📌', 'Pin'],
]
