import { fromText, toHex } from '../../protocol/bytes.ts'
import { mostTextBytes } from '../../protocol/room/text.ts'
import { Problem } from '../api/problems.ts'
import type { Room } from '../rooms/room.ts'

/** Write a message into the own log of a room; answers its entry id once it is there, safe on disk. */
export async function sendMessage(room: Room, text: string): Promise<string> {
  const whole = text.toWellFormed()
  if (whole.trim() === '') throw new Problem('text-empty')
  if (fromText(whole).length > mostTextBytes) throw new Problem('text-too-long')
  const { log, index } = await room.say(whole)
  return `${toHex(log)}/${index}`
}
