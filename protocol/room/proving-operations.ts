import { Dag } from '../authority/dag.ts'
import type { Operation } from './operation.ts'

/**
 * The operations that say what these people are to a room, and where they could write. `people`: identity ids, hex.
 *
 * Left out is only how others came and went, as far as nothing depends on it. Spec: specs/excerpt.md#producing.
 */
export function provingOperations(all: readonly Operation[], people: ReadonlySet<string>): Operation[] {
  const dag = new Dag(all)
  const limited = invitesOf(
    all.filter(({ act }) => act.type === 'invite-created' && act.uses !== null),
    () => true,
  )
  const theirs = invitesOf(all, ({ act, author }) => act.type === 'joined' && people.has(author))
  const isWanted = ({ author, act }: Operation): boolean => {
    if (act.type !== 'joined' && act.type !== 'left') return true
    // Who else came by an invite that lets in so many may have taken their place.
    const isRival = act.type === 'joined' && limited.has(act.invite) && theirs.has(act.invite)
    return people.has(author) || isRival
  }
  const wanted = new Set(dag.nodes.flatMap((operation, number) => (isWanted(operation) ? [number] : [])))
  const isFollowed = (number: number) => [...wanted].some((each) => dag.follows(each, number))
  return dag.nodes.filter((_, number) => wanted.has(number) || isFollowed(number))
}

function invitesOf(operations: readonly Operation[], isMeant: (operation: Operation) => boolean): Set<string> {
  return new Set(operations.filter(isMeant).flatMap(({ act }) => ('invite' in act ? act.invite : [])))
}
