/** The number nearest to this one that is written so in 16 bits, where they wrap around (RFC 3550, 5.1). */
export function unwrap(near: number, sequence: number): number {
  return near + ((((sequence - near) & 0xffff) ^ 0x8000) - 0x8000)
}
