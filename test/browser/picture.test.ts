import { describe, expect, test } from 'vitest'
import { cameraLayout, motifs, pictureFaults, readPicture, soundFaults } from '../support/browser-picture.ts'

const [width, height] = [64, 48]
const { ada, ben } = motifs
const adaLooks = { own: ada, other: ben }

/** What a camera on `colour` films at this count, as it comes out of a video codec: a little off. */
function filmed(colour: readonly number[], count: number): Uint8Array {
  const pixels = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width) / height]
    const bar = (count >> Math.floor((x * cameraLayout.bars) / width)) & 1 ? 235 : 20
    const inBand = y >= cameraLayout.from && y < cameraLayout.to
    for (let c = 0; c < 3; c++) pixels[i * 4 + c] = inBand ? bar : colour[c]! + ((x * 7) % 9) - 4
  }
  return new Uint8Array(pixels)
}

const looks = (colour: readonly number[], ...numbers: number[]) => numbers.map((n) => readPicture(filmed(colour, n)))

describe('the check of the other’s picture', () => {
  test('reads every number back', () => {
    for (const count of [0, 1, 2, 255, 256, 40_000, 65_535]) expect(looks(ben.colour, count)[0]!.count).toBe(count)
  })

  test('is content with the other’s colour and a number that goes on, also past the last number', () => {
    expect(pictureFaults(looks(ben.colour, 7, 12, 30), adaLooks)).toEqual([])
    expect(pictureFaults(looks(ben.colour, 65_530, 3), adaLooks)).toEqual([])
  })

  test.each([
    ['a frozen picture', looks(ben.colour, 7, 7, 7), ['frozen']],
    ['a picture that stops', looks(ben.colour, 7, 12, 12), ['frozen']],
    ['one’s own picture', looks(ada.colour, 7, 12, 30), ['own picture']],
    ['a black picture', looks([0, 0, 0], 0, 0), ['black', 'frozen']],
    [
      'no picture',
      [readPicture(new Uint8Array(width * height * 4)), readPicture(new Uint8Array(width * height * 4))],
      ['black', 'frozen'],
    ],
    ['somebody else’s picture', looks([40, 200, 40], 7, 12), ['foreign colour']],
    ['a picture that is played backwards', looks(ben.colour, 12, 7), ['runs backwards']],
    [
      'a picture without the bars',
      [readPicture(plain(ben.colour)), readPicture(plain(ben.colour))],
      ['no code', 'frozen'],
    ],
    ['a single look', looks(ben.colour, 7), ['too few looks']],
  ])('refuses %s', (_what, seen, faults) => {
    expect(pictureFaults(seen, adaLooks)).toEqual(faults)
  })
})

function plain(colour: readonly number[]): Uint8Array {
  return new Uint8Array(Array.from({ length: width * height }, () => [...colour, 255]).flat())
}

describe('the check of the other’s sound', () => {
  test('is content with the other’s tone', () => {
    expect(soundFaults({ hertz: 1_003, level: 0.5 }, adaLooks)).toEqual([])
  })

  test.each([
    ['silence', { hertz: 1_000, level: 0.0005 }, ['silent']],
    ['one’s own tone', { hertz: 441, level: 0.5 }, ['own sound']],
    ['another tone', { hertz: 2_500.4, level: 0.5 }, ['a tone of 2500 Hz']],
  ])('refuses %s', (_what, sound, faults) => {
    expect(soundFaults(sound, adaLooks)).toEqual(faults)
  })
})
