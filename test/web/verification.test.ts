import { describe, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { openVerifier } from '../../web/state/open-verifier.ts'
import type { VerifyAnswer } from '../../web/state/report.ts'
import { useVerification } from '../../web/state/use-verification.ts'

/** A worker that answers when it is told to. */
function open() {
  const workers: { answer(data: VerifyAnswer): void; fail(): void; asked: number }[] = []
  const verifier = openVerifier(() => {
    const worker = {
      asked: 0,
      onmessage: (_event: { data: VerifyAnswer }) => {},
      onerror: (_event: { message: string }) => {},
      postMessage: () => {
        worker.asked++
      },
      terminate: () => {},
      answer: (data: VerifyAnswer) => worker.onmessage({ data }),
      fail: () => worker.onerror({ message: '' }),
    }
    workers.push(worker)
    return worker as unknown as Worker
  })
  const use = effectScope().run(() => useVerification(verifier))!
  return { ...use, workers }
}

const read = async () => new Uint8Array(3)

const nobody = { expect: [], confirmed: [] }

describe('a verification', () => {
  test('shows how far it is, and then what it found', async () => {
    const { verification, verify, workers } = open()
    void verify('kitchen.parley', read, nobody)
    await vi.waitFor(() => expect(workers[0]!.asked).toBe(1))
    expect(verification.value).toMatchObject({ type: 'working', step: 'checking', progress: null })
    workers[0]!.answer({ progress: { done: 1_000, of: 3_000 } })
    expect(verification.value).toMatchObject({ type: 'working', progress: { done: 1_000, of: 3_000 } })
    workers[0]!.answer({ problem: 'not a bundle' })
    await vi.waitFor(() => expect(verification.value).toMatchObject({ type: 'failed' }))
  })

  test('says when its program could not be loaded, and loads it anew for the next file', async () => {
    const { verification, verify, workers } = open()
    void verify('one.parley', read, nobody)
    await vi.waitFor(() => expect(workers[0]!.asked).toBe(1))
    workers[0]!.fail()
    await vi.waitFor(() => expect(verification.value).toMatchObject({ type: 'failed' }))
    void verify('two.parley', read, nobody)
    await vi.waitFor(() => expect(workers[1]!.asked).toBe(1))
  })
})
