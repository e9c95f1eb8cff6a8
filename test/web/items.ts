import type { MessageItem } from '../../node/api/views.ts'

const ada = 'ad'.repeat(32)
const noon = new Date(2026, 0, 15, 12).getTime()

/** A message by Ada at noon plus some minutes, unless told otherwise. */
export function messageAt(order: number, rest: Partial<MessageItem> & { minutes?: number } = {}): MessageItem {
  const { minutes = 0, ...fields } = rest
  return {
    type: 'message',
    id: `${ada}/${order}`,
    order: String(order).padStart(6, '0'),
    author: ada,
    name: 'Ada',
    self: false,
    time: noon + minutes * 60_000,
    index: order,
    late: false,
    flaw: null,
    text: `message ${order}`,
    ...fields,
  }
}
