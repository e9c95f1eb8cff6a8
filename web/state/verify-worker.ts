import type { Report, VerifyAnswer, VerifyRequest } from './report.ts'

type Verify = (bytes: Uint8Array, options: { readonly expect?: readonly string[] }) => Report

const verify: Verify = () => {
  throw new Error('The verifier is not part of this build.')
}

addEventListener('message', ({ data }: MessageEvent<VerifyRequest>) => {
  postMessage(answer(data))
})

function answer({ bytes, expect }: VerifyRequest): VerifyAnswer {
  try {
    return { report: verify(bytes, { expect }) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}
