/** One thing that was checked, and how it went. */
export interface Check {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'found' | 'waiting'
  readonly code?: string
  readonly where?: string
  readonly text: string
}

/** An author as the file names them. `confirmed`: the reader knows this very id. */
export interface ReportAuthor {
  readonly identity: string
  readonly name: string
  readonly messages: number
  readonly confirmed: boolean
}

/**
 * A message as the file has it. `text`: null where it is not disclosed. `placed`: its place in the order was checked.
 * `witnessed`: how many people have signed that it was there, and since when, by their clocks (Unix ms).
 */
export interface SaidMessage {
  readonly id: string
  readonly author: string
  readonly name: string
  readonly text: string | null
  readonly time: number
  readonly placed: boolean
  readonly witnessed: { readonly people: number; readonly since: number } | null
}

/** What came out of verifying a file. */
export interface Report {
  readonly kind: 'bundle' | 'excerpt'
  readonly ok: boolean
  readonly messages: number
  readonly withheld: number
  /** The first of the messages, in display order. */
  readonly said: readonly SaidMessage[]
  readonly room: { readonly id: string; readonly name: string } | null
  readonly authors: readonly ReportAuthor[]
  readonly checks: readonly Check[]
  readonly notProven: readonly string[]
}

/** Entries checked so far, and in all. */
export interface Progress {
  readonly done: number
  readonly of: number
}

/** What the page asks its verifying worker, and what it answers. */
export interface VerifyRequest {
  readonly bytes: Uint8Array
  readonly expect: readonly string[]
  /** Those whom the reader has confirmed before. */
  readonly confirmed: readonly string[]
}
export type VerifyAnswer = { readonly progress: Progress } | { readonly report: Report } | { readonly problem: string }
