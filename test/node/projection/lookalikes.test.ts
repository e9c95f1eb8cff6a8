import { describe, expect, test } from 'vitest'
import { lookalikesIn } from '../../../node/projection/lookalikes.ts'
import { nameSkeleton } from '../../../node/projection/name-skeleton.ts'

const [ada, other, third] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string]

describe('a name can be taken for another', () => {
  test.for([
    ['the same', 'Ada', 'Ada'],
    ['in capitals', 'Ada', 'ADA'],
    ['with an accent', 'Zoé', 'Zoe'],
    ['with other spaces', 'Ada L.', 'AdaL'],
    ['in full width', 'Ada', 'Ａｄａ'],
    ['with Cyrillic letters', 'Ada', 'Аdа'],
    ['with Greek capitals', 'BEATE', 'ΒΕΑΤΕ'],
    ['with a digit', 'Olli', '0lli'],
    ['with I for l', 'Alan', 'AIan'],
    ['with rn for m', 'Emma', 'Ernma'],
  ])('%s', ([, one, two]) => {
    expect(nameSkeleton(one!)).toBe(nameSkeleton(two!))
  })

  test.for([
    ['Ada', 'Ida'],
    ['Ben', 'Bea'],
    ['Ольга', 'Олега'],
    ['小林', '小森'],
    ['!', '?'],
  ])('but %s not for %s', ([one, two]) => {
    expect(nameSkeleton(one!)).not.toBe(nameSkeleton(two!))
  })
})

describe('lookalikes', () => {
  test('in one room are both marked, and nobody else', () => {
    const found = lookalikesIn(
      [
        { identity: ada, name: 'Ada' },
        { identity: other, name: 'Аda' },
        { identity: third, name: 'Ben' },
      ],
      [],
    )
    expect([...found]).toEqual([
      [ada, { name: 'Аda', here: true }],
      [other, { name: 'Ada', here: true }],
    ])
  })

  test('of somebody whom one has named are marked, but not the one whom one has named', () => {
    const named = [{ identity: ada, name: 'Ada' }]
    expect(lookalikesIn([{ identity: other, name: 'ada' }], named).get(other)).toEqual({ name: 'Ada', here: false })
    expect(lookalikesIn([{ identity: ada, name: 'Ada' }], named).size).toBe(0)
    const twice = [...named, { identity: third, name: 'Ada' }]
    expect(lookalikesIn([{ identity: ada, name: 'Ada' }], twice).size).toBe(0)
  })
})
