import { expect, test } from 'vitest'
import { makeSelection } from '../../web/state/use-selection.ts'

test('a message is chosen once, and let go by choosing it again', () => {
  const { ids, count, start, toggle } = makeSelection()
  start()
  for (const id of ['a/1', 'b/2', 'a/1', 'c/3']) toggle(id)
  expect([...ids.value]).toEqual(['b/2', 'c/3'])
  expect(count.value).toBe(2)
})

test('who ends choosing, begins again with nothing', () => {
  const selection = makeSelection()
  selection.start()
  selection.toggle('a/1')
  selection.stop()
  expect(selection.active.value).toBe(false)
  selection.start()
  expect(selection.count.value).toBe(0)
})
