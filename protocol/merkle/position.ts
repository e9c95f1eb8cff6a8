/** Beyond any real tree; every index can still be counted exactly. */
export const mostTreeSize = 2 ** 48

// Not the operators of bits: those cut a number off at 2^32.

export const isRight = (node: number): boolean => node % 2 === 1

export const parent = (node: number): number => Math.floor(node / 2)

/** The greatest power of two below `size`, which is at least 2: so many leaves stand on the left of a root. */
export function leftWidth(size: number): number {
  let width = 1
  while (width * 2 < size) width *= 2
  return width
}

export function isPowerOfTwo(size: number): boolean {
  return size === 1 || (size > 1 && leftWidth(size) * 2 === size)
}
