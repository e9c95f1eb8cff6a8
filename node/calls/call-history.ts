import type { RosterEntry } from '../../protocol/call/roster.ts'
import type { CallLine } from './standing-call.ts'

/** What the logs have about calls. */
export interface CallHistory {
  rooms(): readonly string[]
  linesOf(room: string, call: string): readonly CallLine[]
  /** Calls with one person that this device has begun or answered, and not ended. */
  unended(): readonly { readonly room: string; readonly call: string }[]
  /** The last entry of each log about coming to group calls and leaving them. */
  comings(room: string): readonly RosterEntry[]
  /** When a call was first written of, by its author's clock, Unix ms; null if it never was. */
  beginOf(room: string, call: string): number | null
}
