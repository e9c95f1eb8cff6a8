import { describe, expect, test } from 'vitest'
import { Watchers } from '../../../node/projection/watchers.ts'
import { until } from '../../support/until.ts'

/** A value, and those who watch it. */
function watched(first: string) {
  let value = first
  const troubles: unknown[] = []
  const watchers = new Watchers(
    0,
    () => {
      if (value === 'broken') throw new Error('cannot be computed')
      return value
    },
    (error) => troubles.push(error),
  )
  return {
    watchers,
    troubles,
    become(next: string) {
      value = next
      watchers.changed()
    },
    watch() {
      const got: string[] = []
      return { got, leave: watchers.watch((each) => got.push(each)) }
    },
  }
}

describe('who watches a value', () => {
  test('gets it at once, then only what is new', async () => {
    const { watch, become, watchers } = watched('one')
    const { got } = watch()
    expect(got).toEqual(['one'])
    become('two')
    become('three')
    await until(() => got.includes('three'))
    watchers.changed()
    become('four')
    await until(() => got.includes('four'))
    expect(got).toEqual(['one', 'three', 'four'])
  })

  test('gets a change back to what another one saw last', async () => {
    const { watch, become } = watched('quiet')
    const first = watch()
    become('busy')
    await until(() => first.got.includes('busy'))
    first.leave()
    become('quiet')
    const second = watch()
    become('busy')
    await until(() => second.got.includes('busy'))
    expect(second.got).toEqual(['quiet', 'busy'])
  })

  test('gets the next value when one could not be computed, and the trouble is told', async () => {
    const { watch, become, troubles } = watched('one')
    const { got } = watch()
    become('broken')
    await until(() => troubles.length === 1)
    become('two')
    await until(() => got.includes('two'))
    expect(got).toEqual(['one', 'two'])
  })

  test('gets nothing once it has left', async () => {
    const { watch, become } = watched('one')
    const gone = watch()
    const here = watch()
    gone.leave()
    become('two')
    await until(() => here.got.includes('two'))
    expect(gone.got).toEqual(['one'])
  })
})
