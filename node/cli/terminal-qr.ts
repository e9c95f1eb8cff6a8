import { encode, renderUnicodeCompact } from 'uqr'

/** A link as a QR code below it, if this is a terminal wide enough for it; else nothing. */
export function terminalQr(link: string): string {
  if (process.stdout.isTTY !== true || link.length > 2_900) return ''
  const border = 2
  const { size } = encode(link, { border })
  if (size > process.stdout.columns) return ''
  return `\n\n${renderUnicodeCompact(link, { border })}`
}
