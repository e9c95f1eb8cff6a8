import { readFile } from 'node:fs/promises'
import sodium from 'sodium-universal'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import { decodeBundle, noblePrimitives, sodiumPrimitives, verifyBundle } from '../support/built.ts'
import { sharedMs, timed, usage } from '../support/clock.ts'
import { playRole } from '../support/role.ts'

type Kind = 'sodium' | 'noble'

interface Given {
  readonly file: string
  readonly kind: Kind
}

const primitivesOf = (kind: Kind): Primitives => (kind === 'sodium' ? sodiumPrimitives : noblePrimitives)

const handlers = {
  /** Verify a bundle, every check. */
  async verify({ file, kind }: Given) {
    const bytes = await readFile(file)
    const began = sharedMs()
    const before = usage()
    const { report } = verifyBundle(bytes, { primitives: primitivesOf(kind) })
    return { ms: sharedMs() - began, cpuMs: usage().cpuMs - before.cpuMs, ok: report.ok, messages: report.messages }
  },

  /** The floor: hash the same blocks into Hypercore's tree, and check one signature. Nothing is opened, nothing is read. */
  async hash({ file, kind }: Given) {
    const { logs } = decodeBundle(await readFile(file), sodiumPrimitives)
    const blake2b = kind === 'sodium' ? sodiumBlake2b : noblePrimitives.blake2b256
    const { verify } = primitivesOf(kind)
    const before = usage()
    const ms = await timed(() => {
      for (const { blocks, signature, device } of logs) verify(signature, rootOf(blocks, blake2b), device)
    })
    return { ms, cpuMs: usage().cpuMs - before.cpuMs }
  },
}

function sodiumBlake2b(data: Uint8Array): Uint8Array {
  const hash = Buffer.allocUnsafe(32)
  sodium.crypto_generichash(hash, data)
  return hash
}

/** Leaves and parents, as plainly as can be: two hashes a block. */
function rootOf(blocks: readonly Uint8Array[], blake2b: (data: Uint8Array) => Uint8Array): Uint8Array {
  const scratch = Buffer.alloc(2 ** 19)
  const parent = Buffer.alloc(1 + 8 + 64)
  parent[0] = 1
  const peaks: { readonly size: number; readonly hash: Uint8Array }[] = []
  blocks.forEach((block, i) => {
    scratch.writeUInt32LE(block.length, 1)
    scratch.set(block, 9)
    let peak = { size: block.length, hash: blake2b(scratch.subarray(0, 9 + block.length)) }
    for (let rest = i + 1; rest % 2 === 0; rest /= 2) {
      const left = peaks.pop()!
      parent.writeUInt32LE(left.size + peak.size, 1)
      parent.set(left.hash, 9)
      parent.set(peak.hash, 41)
      peak = { size: left.size + peak.size, hash: blake2b(parent) }
    }
    peaks.push(peak)
  })
  return blake2b(Buffer.concat(peaks.map(({ hash }) => hash)))
}

export type VerifierRole = typeof handlers

playRole(handlers, () => {})
