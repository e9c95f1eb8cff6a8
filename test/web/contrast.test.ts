import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

type Scheme = 0 | 1
const schemes: readonly [string, Scheme][] = [
  ['light', 0],
  ['dark', 1],
]
const tokens = readFileSync(join(import.meta.dirname, '../../web/style/tokens.css'), 'utf8')

/** The relative luminance of an opaque OKLCH colour of a token (WCAG 2.2; Oklab to linear sRGB by Ottosson). */
function luminance(token: string, scheme: Scheme): number {
  const line = new RegExp(`--${token}: light-dark\\((oklch\\([^)]*\\)), (oklch\\([^)]*\\))\\)`).exec(tokens)
  const [l, chroma, hue] = (line?.[scheme + 1] ?? '').match(/[\d.]+/g)!.map(Number) as [number, number, number]
  const a = chroma * Math.cos((hue * Math.PI) / 180)
  const b = chroma * Math.sin((hue * Math.PI) / 180)
  const [x, y, z] = [
    l / 100 + 0.3963377774 * a + 0.2158037573 * b,
    l / 100 - 0.1055613458 * a - 0.0638541728 * b,
    l / 100 - 0.0894841775 * a - 1.291485548 * b,
  ].map((root) => root ** 3) as [number, number, number]
  const red = 4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z
  const green = -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z
  const blue = -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z
  const [r, g, bl] = [red, green, blue].map((part) => Math.min(1, Math.max(0, part))) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * bl
}

function contrast(a: string, b: string, scheme: Scheme): number {
  const [dark, light] = [luminance(a, scheme), luminance(b, scheme)].sort((x, y) => x - y) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

describe.each(schemes)('in the %s theme', (_name, scheme) => {
  const grounds = ['bg', 'panel', 'sunken']
  const authors = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `author-${n}`)

  test.each(grounds)('text is easy to read on %s', (ground) => {
    expect(contrast('ink', ground, scheme)).toBeGreaterThanOrEqual(7)
    for (const tone of ['muted', 'accent', 'ok', 'bad', 'warn', ...authors])
      expect(contrast(tone, ground, scheme), tone).toBeGreaterThanOrEqual(4.5)
  })

  test.each(grounds)('controls have an edge that can be seen on %s', (ground) => {
    expect(contrast('line-strong', ground, scheme)).toBeGreaterThanOrEqual(3)
  })

  test('words on filled buttons can be read', () => {
    expect(contrast('on-accent', 'accent', scheme)).toBeGreaterThanOrEqual(4.5)
    expect(contrast('on-bad', 'bad', scheme)).toBeGreaterThanOrEqual(4.5)
  })
})
