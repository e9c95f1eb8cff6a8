import type { Row } from './benchmark.ts'

/** Rows as a Markdown table that reads as well in a terminal. */
export function tableOf(rows: readonly Row[]): string {
  const head = ['benchmark', 'what', 'n', 'value', 'floor', 'unit', 'ratio']
  const lines = rows.map(({ name, metric, n, value, floor, unit, ratio }) => [
    name,
    metric,
    n.toLocaleString('en'),
    figure(value),
    floor === null ? '' : figure(floor),
    unit,
    ratio === null ? '' : `${figure(ratio)} ×`,
  ])
  const isNumber = [false, false, true, true, true, false, true]
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]!.length)))
  const draw = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (isNumber[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`
  return [draw(head), rule, ...lines.map(draw)].join('\n')
}

/** Three significant digits; whole numbers from a hundred on. */
function figure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
