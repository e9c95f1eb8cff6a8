import { noblePrimitives, verifyFile } from '../../protocol/verification/index.ts'
import type { Report, VerifyAnswer, VerifyRequest } from './report.ts'

addEventListener('message', ({ data }: MessageEvent<VerifyRequest>) => {
  postMessage(answer(data))
})

function answer({ bytes, expect }: VerifyRequest): VerifyAnswer {
  try {
    return { report: verify(bytes, expect) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

function verify(bytes: Uint8Array, expect: readonly string[]): Report {
  return verifyFile(bytes, { primitives: noblePrimitives, expect }).report
}
