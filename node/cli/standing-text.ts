import type { Standing } from '../api/commands.ts'
import type { RoomRow } from '../api/views.ts'

const texts: Readonly<Record<Standing, string>> = {
  owner: 'owner',
  admin: 'admin',
  member: 'member',
  reader: 'reader',
  waiting: 'waits to be let in',
  none: 'was never let in',
  left: 'has left',
  removed: 'was removed',
  banned: 'is banned',
}

/** What somebody is to a room. */
export function standingText(standing: Standing): string {
  return texts[standing]
}

/** What is said on a device that was revoked. */
export const revokedText =
  'This device was revoked by another one of yours, or with your words. It shows what it has, and writes nothing any more.'

/** What keeps one out of a room, by what its nodes say or what has arrived here; null if nothing does. */
export function outsideText({ standing, told }: Pick<RoomRow, 'standing' | 'told'>): string | null {
  // Whoever has not heard of the invite that they came by is nobody to the room yet, by what they have.
  const own = standing === 'none' ? null : standing
  switch (told ?? own) {
    case 'waiting':
      return 'you wait to be let in'
    case 'none':
      return 'not let in: the link was revoked, is used up or has expired'
    case 'left':
      return 'you have left'
    case 'removed':
      return 'you were removed'
    case 'banned':
      return 'you are banned'
    default:
      return null
  }
}
