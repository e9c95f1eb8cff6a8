import type { Person } from '../api/people.ts'
import { exitCodes, Failure, usage } from './failure.ts'
import type { NodeViews } from './node-views.ts'
import { shownLine } from './terminal-text.ts'

/** Whom somebody means by an id, the start of it, or a name. Throws `Failure` if nobody or several. */
export async function findPerson(views: NodeViews, reference: string): Promise<Person> {
  const { people } = await views.read({ type: 'people' })
  const isMeant = ({ identity, name, chosenName }: Person) =>
    identity.startsWith(reference.toLowerCase()) || name === reference || chosenName === reference
  const [person, ...others] = people.filter(isMeant)
  if (reference === '' || !person) {
    throw new Failure(
      'no-such-person',
      `You share no room with “${shownLine(reference)}”. See: parley person list`,
      exitCodes.usage,
    )
  }
  if (others.length === 0) return person
  const names = [person, ...others].map(({ identity, name }) => `${identity.slice(0, 12)} (${shownLine(name)})`)
  throw usage(`“${shownLine(reference)}” could be ${names.join(' or ')}. Say more of the id.`)
}
