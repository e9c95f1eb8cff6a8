import type { RoomFold } from '../projection/room-fold.ts'
import type { WaitingMessage } from '../storage/key-vault.ts'
import type { ViewStore } from '../storage/view-store.ts'

/** What else may have been appended between a message and the note in the vault that it was. */
const mostBehind = 1_024

/** Whether a message that still waits in the vault is in a log of ours already: the process ended before it could say so there. */
export function isWritten({ time, text }: WaitingMessage, fold: RoomFold, view: ViewStore): boolean {
  const own = [...fold.logs.values()].filter(({ isOwn }) => isOwn)
  return own.some(({ row, length }) => {
    for (let index = length - 1; index >= Math.max(0, length - mostBehind); index--) {
      const entry = view.entry(row, index)
      if (entry?.type === 'message-sent' && entry.stamp === time && entry.text === text) return true
    }
    return false
  })
}
