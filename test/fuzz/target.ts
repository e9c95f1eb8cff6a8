import fc from 'fast-check'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import { hostileBytes } from './hostile-bytes.ts'

/** Something that reads what comes from outside. */
export interface Target {
  readonly name: string
  /** What it takes when nothing is wrong. */
  readonly goods: readonly Uint8Array[]
  /** What it refuses, though next to it there is much to read. */
  readonly near?: readonly Uint8Array[]
  /**
   * Read. Answers the same value written again, where there is one way to write it.
   *
   * May throw what the reader promises to throw: ProtocolError, Problem and HomeError.
   */
  read(bytes: Uint8Array): Readback | Promise<Readback>
}

type Readback = Uint8Array | undefined

const refusals = ['ProtocolError', 'Problem', 'HomeError']

/** Whether the target took the bytes. Throws if it fails in another way than it promises, or writes other bytes than it took. */
export async function hear({ read }: Target, bytes: Uint8Array): Promise<boolean> {
  let again: Readback
  try {
    again = await read(bytes)
  } catch (error) {
    if (error instanceof Error && refusals.includes(error.name)) return false
    throw error
  }
  if (again && !equalBytes(again, bytes)) throw new Error(`taken, and written again as ${toHex(again)}`)
  return true
}

/** The law of every target, over bytes that a stranger may send. `around` sees each of them before it is read. */
export function lawOf(target: Target, around: (bytes: Uint8Array) => void = () => undefined) {
  return fc.asyncProperty(hostileBytes([...target.goods, ...(target.near ?? [])]), async (bytes) => {
    around(bytes)
    await hear(target, bytes)
  })
}
