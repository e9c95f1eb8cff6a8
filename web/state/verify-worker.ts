import { noblePrimitives, verifyFile } from '../../protocol/verification/index.ts'
import type { Report, VerifyAnswer, VerifyRequest } from './report.ts'

/** So many messages of a file are shown; all of them are checked. */
const mostShown = 500

addEventListener('message', ({ data }: MessageEvent<VerifyRequest>) => {
  say(answer(data))
})

function answer({ bytes, expect, confirmed }: VerifyRequest): VerifyAnswer {
  try {
    return { report: verify({ bytes, expect, confirmed }) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

function verify({ bytes, expect, confirmed }: VerifyRequest): Report {
  const onProgress = (done: number, of: number) => say({ progress: { done, of } })
  const { report, messages } = verifyFile(bytes, { primitives: noblePrimitives, expect, confirmed, onProgress })
  return { ...report, said: messages.slice(0, mostShown) }
}

const say = (words: VerifyAnswer): void => postMessage(words)
