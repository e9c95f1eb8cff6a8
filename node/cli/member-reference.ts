import type { Member } from '../api/people.ts'
import type { RoomView } from '../api/views.ts'
import { exitCodes, Failure, usage } from './failure.ts'
import { shownLine } from './terminal-text.ts'

/** Whom of a room somebody means by an id, the start of it, or a name; who is out is among them. Throws `Failure` if nobody or several. */
export function findMember({ name: room, members, others }: RoomView, reference: string): Member {
  const isMeant = ({ identity, name, chosenName }: Member) =>
    identity.startsWith(reference.toLowerCase()) || name === reference || chosenName === reference
  const [member, ...more] = [...members, ...others].filter(isMeant)
  if (reference === '' || !member) {
    throw new Failure(
      'no-such-person',
      `“${shownLine(room)}” has nobody like “${shownLine(reference)}”. See: parley member list ROOM`,
      exitCodes.usage,
    )
  }
  if (more.length === 0) return member
  const names = [member, ...more].map(({ identity, name }) => `${identity.slice(0, 12)} (${shownLine(name)})`)
  throw usage(`“${shownLine(reference)}” could be ${names.join(' or ')}. Say more of the id.`)
}
