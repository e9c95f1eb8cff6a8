import { stripVTControlCharacters } from 'node:util'

// A text of a stranger must not move the cursor, change colours, or turn the direction of what stands beside it.
const controls = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\ufeff]/gu

/** A text of somebody else as a terminal may show it; lines stay lines. */
export function shownText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(controls, '\ufffd')
}

/** The same on one line, for names and titles. */
export function shownLine(text: string): string {
  return shownText(text).replace(/[\n\t]+/g, ' ')
}

/** A table whose columns stand under each other, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, columnsOf(cell))
  }
  const pad = (cell: string, width: number) => cell + ' '.repeat(width - columnsOf(cell))
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const segmenter = new Intl.Segmenter()
const wide =
  /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u

/** How many cells of a terminal a text takes. */
function columnsOf(text: string): number {
  let columns = 0
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text))) columns += wide.test(segment) ? 2 : 1
  return columns
}

/** A moment in local time, to the minute. */
export function shownTime(time: number): string {
  const at = new Date(time)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`
}
