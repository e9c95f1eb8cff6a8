import type { Person } from '../api/people.ts'
import type { PeopleView } from '../api/views.ts'
import type { Contacts } from '../rooms/contacts.ts'
import type { Room } from '../rooms/room.ts'

/** Everybody whom one shares a room with or has noted something of, but oneself. */
export function peopleView(rooms: readonly Room[], contacts: Contacts): PeopleView {
  const noted = [...contacts.all().map(({ identity }) => identity), ...contacts.direct()]
  const people = new Map(noted.map((identity) => [identity, personOf(identity, '', contacts)]))
  for (const room of rooms) {
    for (const [identity, name] of room.people.others()) {
      const known = people.get(identity) ?? personOf(identity, name, contacts)
      const chosenName = name || known.chosenName
      people.set(identity, {
        ...known,
        name: known.petname ?? chosenName,
        chosenName,
        rooms: [...known.rooms, room.key],
      })
    }
  }
  return {
    people: [...people.values()].sort((a, b) => a.name.localeCompare(b.name) || (a.identity < b.identity ? -1 : 1)),
  }
}

function personOf(identity: string, chosenName: string, contacts: Contacts): Person {
  const { petname, confirmed } = contacts.of(identity)
  return {
    identity,
    name: petname ?? chosenName,
    chosenName,
    petname,
    confirmed,
    direct: contacts.isDirect(identity),
    rooms: [],
  }
}
