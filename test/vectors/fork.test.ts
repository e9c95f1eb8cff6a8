import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { decodeForkProof, encodeForkProof, forkLength, verifyForkProof } from '../../protocol/log/fork.ts'
import { casesOf, codeOf, everyPrimitives } from '../support/vectors.ts'

interface Given {
  readonly room: string
  readonly identity: string
  readonly device: string
  readonly generation: number
  readonly proof: string
}

const cases = ['verifying', 'format'].flatMap((section) => casesOf<Given, { length: number }>('fork', section))

describe.each(everyPrimitives)('a proof of a fork, with %s', (_, primitives) => {
  for (const { id, title, input, expect: wanted, error } of cases) {
    test(`${id}: ${title}`, () => {
      const { room, identity, device, generation } = input
      const owner = { room: fromHex(room), identity: fromHex(identity), device: fromHex(device), generation }
      const run = () => verifyForkProof(owner, decodeForkProof(fromHex(input.proof)), primitives)
      expect(codeOf(run)).toBe(error)
      if (error) return
      const proof = decodeForkProof(fromHex(input.proof))
      expect(toHex(encodeForkProof(proof))).toBe(input.proof)
      expect(forkLength(proof)).toBe(wanted.length)
    })
  }
})
