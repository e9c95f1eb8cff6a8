import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import { decodeLink, encodeLink } from '../../protocol/room/link.ts'
import { openNodeTargets } from '../fuzz/node-targets.ts'
import { protocolTargets } from '../fuzz/protocol-targets.ts'
import { hear, lawOf } from '../fuzz/target.ts'
import { smallConversation } from '../support/conversation.ts'

const { conversation, people } = smallConversation()
const { genesis, secret, inviteSeed } = conversation
const { targets: nodeTargets, close } = await openNodeTargets()
afterAll(close)

// The same bytes in every run. `npm run fuzz` goes on from here, with others.
const bounded = { seed: 1, numRuns: 300 }

describe.each([...protocolTargets, ...nodeTargets])('$name from a stranger', (target) => {
  test('is read as it was written, or refused as promised, and never anything else', async () => {
    for (const good of target.goods) expect(await hear(target, good)).toBe(true)
    await fc.assert(lawOf(target), bounded)
  })
})

describe('a link', () => {
  const anyHint = fc.record({
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    host: fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((host) => !host.includes('.')),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
  })

  test('comes back with every address that it can carry', () => {
    fc.assert(
      fc.property(fc.array(anyHint, { maxLength: 8 }), (carried) => {
        const content = { genesis, secret, inviteSeed, expires: null, name: 'Kitchen', inviter: 'Ada', hints: carried }
        expect(decodeLink(encodeLink(content, primitives), primitives).hints).toEqual(carried)
      }),
    )
  })

  test('never leads to a name that would be looked up', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.stringMatching(/^[0-9a-f:.%-]{1,20}$/)), (host) => {
        const hint = { key: people.ada.device, host, port: 1 }
        const content = { genesis, secret, inviteSeed, expires: null, name: 'Kitchen', inviter: 'Ada', hints: [hint] }
        let read = ''
        try {
          read = decodeLink(encodeLink(content, primitives), primitives).hints[0]!.host
        } catch {
          return
        }
        expect(read).toMatch(/^\d+\.\d+\.\d+\.\d+$|:.*:/)
        expect(URL.canParse(`http://${read.includes(':') ? `[${read}]` : read}/`)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})
