import { toHex } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { readVectorText } from './vector-files.ts'

export { everyPrimitives } from './vector-files.ts'

export interface VectorCase<Input = unknown, Expect = unknown, Steps = unknown> {
  readonly id: string
  readonly title: string
  readonly section: string
  readonly input: Input
  readonly steps: Steps
  readonly expect: Expect
  readonly error?: string
}

interface VectorFile {
  readonly spec: string
  /** Only of those that are imported. */
  readonly source?: string
  readonly licence?: string
  readonly cases: readonly VectorCase[]
}

export function readVectors(name: string): VectorFile {
  return JSON.parse(readVectorText(name)) as VectorFile
}

/** The cases of one section, in the shape that the section's test says they have. */
export function casesOf<Input, Expect, Steps = unknown>(
  name: string,
  section: string,
): readonly VectorCase<Input, Expect, Steps>[] {
  const cases = readVectors(`${name}.json`).cases.filter((each) => each.section === section)
  if (cases.length === 0) throw new Error(`${name} has no cases of ${section}`)
  return cases as readonly VectorCase<Input, Expect, Steps>[]
}

/** The code of the error that `run` throws, or undefined. Anything but a ProtocolError is thrown on. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

/** The value with all its bytes in hex, as they stand in a vector file. */
export function inHex(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(inHex)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inHex(each)]))
}
