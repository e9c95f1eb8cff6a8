/// <reference types="vite/types/importMeta.d.ts" />
import { noblePrimitives } from '../../../protocol/crypto/noble.ts'
import type * as onDisk from '../../support/vector-files.ts'

const folder = '../../../specs/vectors/'
const texts = import.meta.glob<string>('../../../specs/vectors/**/*.json', {
  query: '?raw',
  import: 'default',
  eager: true,
})

export const everyPrimitives: typeof onDisk.everyPrimitives = [['noble', noblePrimitives]]

export const readVectorText: typeof onDisk.readVectorText = (name) => {
  const text = texts[`${folder}${name}`]
  if (text === undefined) throw new Error(`there is no ${name}`)
  return text
}
