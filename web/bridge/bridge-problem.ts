import { type ProblemBody, type ProblemCode, problems } from '../../node/api/problems.ts'

/** What a request can fail with: a code of the node's table, or `unreachable` when there was no answer at all. */
export type BridgeProblemCode = ProblemCode | 'unreachable'

/** A problem as the page meets it. `message` is a sentence for people. */
export class BridgeProblem extends Error {
  override readonly name = 'BridgeProblem'
  readonly code: BridgeProblemCode

  constructor(code: BridgeProblemCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Read `application/problem+json`; an answer of another form becomes `internal`. */
export async function problemFromResponse(response: Response): Promise<BridgeProblem> {
  const body: Partial<ProblemBody> | null = await response.json().catch(() => null)
  const code = body?.type !== undefined && isProblemCode(body.type) ? body.type : codeOfStatus(response.status)
  const title = body?.title ?? problems[code][1]
  return new BridgeProblem(code, body?.detail ? `${title} ${body.detail}` : title)
}

/** Read the problem out of a socket frame. */
export function problemFromFrame(code: string, text: string): BridgeProblem {
  return new BridgeProblem(isProblemCode(code) ? code : 'internal', text)
}

/** There was no answer: the node is not running, or the way to it is cut. */
export function unreachable(): BridgeProblem {
  return new BridgeProblem('unreachable', 'The node on this computer does not answer.')
}

/** A sentence for people, whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code)
}

function codeOfStatus(status: number): ProblemCode {
  if (status === 401) return 'not-let-in'
  if (status === 404) return 'not-found'
  if (status === 413) return 'too-large'
  if (status === 429) return 'too-many-requests'
  return 'internal'
}
