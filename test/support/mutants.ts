import { concat, toHex } from '../../protocol/bytes.ts'
import { type CborValue, encodeCbor } from '../../protocol/encoding.ts'

export type Path = readonly number[]

/** A value with one thing changed somewhere in it. */
export interface Mutant {
  readonly path: Path
  readonly how: string
  readonly value: CborValue
}

type Edit = (list: readonly CborValue[], at: number) => CborValue[]
type Change = Omit<Mutant, 'value'> & { readonly edit: Edit }

const isList = (value: CborValue): value is readonly CborValue[] => Array.isArray(value)
const textOf = (value: CborValue) => toHex(encodeCbor(value))

export const isSame = (a: CborValue, b: CborValue): boolean => textOf(a) === textOf(b)

/** Every field at every depth changed in several ways, dropped, repeated, swapped with the next one. None is the value itself. */
export function mutantsOf(value: CborValue): Mutant[] {
  const same = textOf(value)
  return [...changesOf(value)].map((change) => changed(value, change)).filter((mutant) => textOf(mutant.value) !== same)
}

/** One of all mutants, by any number; perhaps one that is the value itself. */
export function mutantOf(value: CborValue, pick: number): Mutant {
  const changes = [...changesOf(value)]
  return changed(value, changes[pick % changes.length]!)
}

function changed(value: CborValue, { path, how, edit }: Change): Mutant {
  return { path, how, value: edited(value, path, edit) }
}

function* changesOf(whole: CborValue): Generator<Change> {
  for (const [path, value] of fieldsOf(whole)) {
    if (path.length === 0) continue
    for (const [how, other] of otherValues(value)) {
      yield { path, how, edit: (list, at) => list.map((each, i) => (i === at ? other : each)) }
    }
    yield { path, how: 'dropped', edit: (list, at) => list.filter((_, i) => i !== at) }
    yield {
      path,
      how: 'repeated',
      edit: (list, at) => list.flatMap((each, i) => (i === at ? [each, each] : [each])),
    }
    yield { path, how: 'swapped with the next', edit: swapped }
  }
}

/** Every value in the tree, with the way to it. */
function* fieldsOf(value: CborValue, path: Path = []): Generator<readonly [Path, CborValue]> {
  yield [path, value]
  if (isList(value)) for (const [i, each] of value.entries()) yield* fieldsOf(each, [...path, i])
}

function edited(value: CborValue, path: Path, edit: Edit): CborValue {
  const [at, ...rest] = path
  const list = value as readonly CborValue[]
  return rest.length === 0 ? edit(list, at!) : list.map((each, i) => (i === at ? edited(each, rest, edit) : each))
}

function swapped(list: readonly CborValue[], at: number): CborValue[] {
  const other = (at + 1) % list.length
  return list.map((each, i) => (i === at ? list[other]! : i === other ? list[at]! : each))
}

function* otherValues(value: CborValue): Generator<readonly [string, CborValue]> {
  if (value instanceof Uint8Array) {
    for (const at of [0, value.length >> 1, value.length - 1]) {
      if (value.length > 0) yield [`bit of byte ${at}`, value.map((byte, i) => (i === at ? byte ^ 1 : byte))]
    }
    yield ['one byte less', value.subarray(0, -1)]
    yield ['one byte more', concat(value, Uint8Array.of(0))]
    yield ['zeros', new Uint8Array(value.length)]
    yield ['nothing', null]
  } else if (typeof value === 'number') {
    yield ['one more', value + 1]
    yield ['very many', 2 ** 32 - 1]
    yield ['text', String(value)]
  } else {
    yield ['empty', []]
  }
}
