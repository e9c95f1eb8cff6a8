import { renderSVG } from 'uqr'

/** A QR code of a text as the address of an image. Black on white in every theme, because scanners want that. */
export function qrImage(text: string): string {
  return `data:image/svg+xml,${encodeURIComponent(renderSVG(text, { border: 2, ecc: 'L' }))}`
}
