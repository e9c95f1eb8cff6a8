import { nameSkeleton } from './name-skeleton.ts'

/** Somebody by the name that is shown of them. */
export interface NamedPerson {
  readonly identity: string
  readonly name: string
}

/** Whom somebody could be taken for. `here`: that one is in the same room. */
export interface Lookalike {
  readonly name: string
  readonly here: boolean
}

/**
 * By identity, those of a room whose name is that of somebody else, or could be taken for it: of another one in the room, or of
 * whom one has named oneself. Whom one has named is not warned of for the sake of somebody elsewhere.
 */
export function lookalikesIn(
  room: readonly NamedPerson[],
  named: readonly NamedPerson[],
): ReadonlyMap<string, Lookalike> {
  const here = bySkeleton(room)
  const elsewhere = bySkeleton(named)
  const own = new Set(named.map(({ identity }) => identity))
  const found = new Map<string, Lookalike>()
  for (const { identity, name } of room) {
    const skeleton = nameSkeleton(name)
    const isOther = (person: NamedPerson) => person.identity !== identity
    const near = here.get(skeleton)?.find(isOther)
    const far = own.has(identity) ? undefined : elsewhere.get(skeleton)?.find(isOther)
    if (near) found.set(identity, { name: near.name, here: true })
    else if (far) found.set(identity, { name: far.name, here: false })
  }
  return found
}

function bySkeleton(people: readonly NamedPerson[]): Map<string, NamedPerson[]> {
  const groups = new Map<string, NamedPerson[]>()
  for (const person of people) {
    const skeleton = nameSkeleton(person.name)
    const group = groups.get(skeleton)
    if (group) group.push(person)
    else groups.set(skeleton, [person])
  }
  return groups
}
