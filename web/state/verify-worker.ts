import { noblePrimitives, verifyBundle } from '../../protocol/verification/index.ts'
import type { Report, VerifyAnswer, VerifyRequest } from './report.ts'

addEventListener('message', ({ data }: MessageEvent<VerifyRequest>) => {
  postMessage(answer(data))
})

function answer({ bytes, expect, confirmed }: VerifyRequest): VerifyAnswer {
  try {
    return { report: verify({ bytes, expect, confirmed }) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

function verify({ bytes, expect, confirmed }: VerifyRequest): Report {
  return verifyBundle(bytes, { primitives: noblePrimitives, expect, confirmed }).report
}
