import { type Catalogue, en } from './en.ts'

type Arguments<K extends keyof Catalogue> = Catalogue[K] extends (...args: infer A) => string ? A : []

const catalogue: Catalogue = en

/** A sentence of the page, by its key, with what belongs into it. */
export function t<K extends keyof Catalogue>(key: K, ...args: Arguments<K>): string {
  const sentence = catalogue[key] as string | ((...args: unknown[]) => string)
  return typeof sentence === 'string' ? sentence : sentence(...args)
}
