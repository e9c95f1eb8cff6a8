import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sodiumPrimitives } from '../../node/sodium-primitives.ts'
import { noblePrimitives } from '../../protocol/crypto/noble.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'

export const specs = fileURLToPath(new URL('../../specs/', import.meta.url))

/** Every maker of the primitives answers alike, so every vector is tried with each. In a browser there is one. */
export const everyPrimitives: readonly (readonly [string, Primitives])[] = [
  ['noble', noblePrimitives],
  ['sodium', sodiumPrimitives],
]

/** The files of a folder of specs/vectors/, as `readVectors` takes them: ours, or those that are imported. */
export function vectorFiles(folder: '' | 'imported/' = ''): readonly string[] {
  return readdirSync(`${specs}vectors/${folder}`)
    .filter((name) => name.endsWith('.json'))
    .map((name) => `${folder}${name}`)
}

export function readVectorText(name: string): string {
  return readFileSync(`${specs}vectors/${name}`, 'utf8')
}
