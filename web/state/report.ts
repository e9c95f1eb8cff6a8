/** One thing that was checked, and how it went. */
export interface Check {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'found' | 'waiting'
  readonly code?: string
  readonly where?: string
  readonly text: string
}

/** An author as the file names them. `confirmed`: the reader expected this very id. */
export interface ReportAuthor {
  readonly identity: string
  readonly name: string
  readonly messages: number
  readonly confirmed: boolean
}

/** What came out of verifying a bundle. */
export interface Report {
  readonly ok: boolean
  readonly messages: number
  readonly room: { readonly id: string; readonly name: string } | null
  readonly authors: readonly ReportAuthor[]
  readonly checks: readonly Check[]
  readonly notProven: readonly string[]
}

/** What the page asks its verifying worker, and what it answers. */
export interface VerifyRequest {
  readonly bytes: Uint8Array
  readonly expect: readonly string[]
}
export type VerifyAnswer = { readonly report: Report } | { readonly problem: string }
