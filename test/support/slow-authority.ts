import type { Operation, RoomBeginning } from '../../protocol/room/operation.ts'
import type { Role, RoomAct, Standing } from '../../protocol/room/rights.ts'

/** What specs/authority.md says, word by word: sets of operations, and everything looked for among all of them, again and again. */
export interface SlowRoom {
  readonly fallen: ReadonlyMap<string, string>
  standingOf(identity: string): Standing
  isHidden(identity: string, log: string, index: number, needsWriting: boolean): boolean
}

type Act<T extends RoomAct['type']> = Extract<RoomAct, { readonly type: T }>
type Set_ = readonly Operation[]

const order: readonly Standing[] = [
  'banned',
  'removed',
  'left',
  'none',
  'waiting',
  'reader',
  'member',
  'admin',
  'owner',
]
const rank = (standing: Standing) => order.indexOf(standing)
const least = (standings: readonly Standing[]) => [...standings].sort((a, b) => rank(a) - rank(b))[0]
const isOn = (operation: Operation, identity: string) =>
  'identity' in operation.act
    ? operation.act.identity === identity
    : operation.act.type === 'left' && operation.author === identity
const isJoin = ({ act }: Operation) => act.type === 'joined'
const takes = ({ act }: Operation): boolean =>
  act.type === 'member-removed' || (act.type === 'role-changed' && rank(act.role) < rank('admin'))

function said({ act }: Operation): Standing {
  if (act.type === 'member-removed') return act.ban ? 'banned' : 'removed'
  return act.type === 'left' ? 'left' : (act as Act<'admitted'>).role
}

/** `revoked`: ids of operations behind the cap of a revoked device. */
export function slowRoom(
  beginning: RoomBeginning,
  operations: Set_,
  revoked: ReadonlySet<string> = new Set(),
): SlowRoom {
  const byId = new Map(operations.map((operation) => [operation.id, operation]))
  const pasts = new Map<string, Set<string>>()
  const past = (operation: Operation): Set<string> => {
    const known = pasts.get(operation.id)
    if (known) return known
    const before = operations.filter(({ log, index }) => log === operation.log && index < operation.index)
    const named = operation.heads.flatMap((head) => byId.get(head) ?? [])
    const all = new Set([...before, ...named].flatMap((each) => [each.id, ...past(each)]))
    pasts.set(operation.id, all)
    return all
  }
  const follows = (a: Operation, b: Operation) => past(a).has(b.id)
  const depth = (operation: Operation): number =>
    1 + Math.max(0, ...[...past(operation)].map((id) => depth(byId.get(id)!)))
  const isBefore = (a: Operation, b: Operation) => depth(a) - depth(b) || (a.id < b.id ? -1 : 1)
  const rooms = new Map<string, SlowResolution>()
  const known = (operation: Operation): SlowResolution => {
    let room = rooms.get(operation.id)
    if (!room) {
      room = resolve(operations.filter((each) => past(operation).has(each.id)))
      rooms.set(operation.id, room)
    }
    return room
  }

  interface SlowResolution {
    readonly standing: Set_
    readonly joins: Set_
    readonly fallen: Map<string, string>
    standingOf(identity: string): Standing
    decisionsOn(identity: string): Set_
    inviteRole(key: string): Role
    places(join: Operation): Set_
  }

  function permitted(operation: Operation): boolean {
    const { author, act } = operation
    const { standingOf } = known(operation)
    const own = standingOf(author)
    const manages = own === 'admin' || own === 'owner'
    switch (act.type) {
      case 'joined':
        return true
      case 'left':
        return ['waiting', 'reader', 'member', 'admin', 'owner'].includes(own)
      case 'invite-created':
      case 'invite-revoked':
        return manages
      case 'member-removed':
        return manages && act.identity !== author && rank(standingOf(act.identity)) <= rank(own)
      case 'admitted':
      case 'role-changed': {
        const theirs = standingOf(act.identity)
        const isIn = ['reader', 'member', 'admin', 'owner'].includes(theirs)
        const mayGive = own === 'owner' || (own === 'admin' && (act.role === 'member' || act.role === 'reader'))
        return mayGive && isIn === (act.type === 'role-changed') && rank(theirs) < rank(own)
      }
    }
  }

  function overrules(removal: Operation, operation: Operation): boolean {
    if (!takes(removal) || operation.act.type === 'left' || isJoin(operation)) return false
    if (!isOn(removal, operation.author) || removal.id === operation.id) return false
    if (follows(removal, operation) || follows(operation, removal)) return false
    const room = known(removal)
    const areEqual = room.standingOf(removal.author) === room.standingOf(operation.author)
    return !(areEqual && operation.act.type === 'member-removed' && isOn(operation, removal.author))
  }

  function resolve(whole: Set_): SlowResolution {
    const fallen = new Map<string, string>()
    for (const { id } of whole) if (revoked.has(id)) fallen.set(id, 'authority/revoked')
    const set = whole.filter(({ id }) => !revoked.has(id))
    const acts = set.filter((each) => !isJoin(each))
    for (const act of acts) if (!permitted(act)) fallen.set(act.id, 'authority/denied')
    const claims = acts.filter(({ id }) => !fallen.has(id))
    for (;;) {
      const standing = stands(claims.filter(({ id }) => !fallen.has(id)))
      const dropped = claims.filter((each) => !standing.includes(each) && !fallen.has(each.id))
      const whole = new Map(fallen)
      for (const each of dropped) {
        const isOverruled = standing.some((other) => overrules(other, each))
        whole.set(each.id, isOverruled ? 'authority/overruled' : 'authority/depends')
      }
      const ousters = standing.filter(
        (each) => each.act.type === 'member-removed' && known(each).standingOf(each.act.identity) === 'owner',
      )
      const people = [beginning.owner, ...standing.flatMap(({ act }) => ('identity' in act ? [act.identity] : []))]
      const staying = standing.filter(({ act }) => act.type !== 'left')
      const hasOwner = people.some((identity) => decided(identity, staying) === 'owner')
      if (hasOwner || ousters.length === 0) return settled(set, standing, whole)
      fallen.set([...ousters].sort(isBefore).at(-1)!.id, 'authority/last-owner')
    }
  }

  /** Two sets that grow, each from the other, until neither does. */
  function stands(claims: Set_): Set_ {
    const supportsOf = (claim: Operation) => (claim.act.type === 'left' ? [] : known(claim).decisionsOn(claim.author))
    const attackersOf = (claim: Operation) => claims.filter((each) => overrules(each, claim))
    let up: Set_ = []
    let down: Set_ = []
    for (;;) {
      const has = (set: Set_, each: Operation) => set.some(({ id }) => id === each.id)
      const isDown = (each: Operation) => has(down, each) || !has(claims, each)
      const nextUp = claims.filter(
        (claim) =>
          has(up, claim) ||
          (!has(down, claim) &&
            attackersOf(claim).every(isDown) &&
            (supportsOf(claim).length === 0 || supportsOf(claim).some((each) => has(up, each)))),
      )
      const nextDown = claims.filter(
        (claim) =>
          has(down, claim) ||
          (!has(up, claim) &&
            (attackersOf(claim).some((each) => has(up, each)) ||
              (supportsOf(claim).length > 0 && supportsOf(claim).every(isDown)))),
      )
      const isSame = nextUp.length === up.length && nextDown.length === down.length
      up = nextUp
      down = nextDown
      if (!isSame) continue
      const open = claims.filter((each) => !has(up, each) && !has(down, each))
      if (open.length === 0) return up
      const ring = open.filter(takes)
      const founded = ring.filter(
        (each) => supportsOf(each).length === 0 || supportsOf(each).some((other) => has(up, other)),
      )
      up = [...up, ...(founded.length > 0 ? founded : ring)]
    }
  }

  function lastOf(decisions: Set_): Set_ {
    return decisions.filter((each) => !decisions.some((later) => follows(later, each)))
  }

  function decided(identity: string, standing: Set_): Standing | undefined {
    const decisions = lastOf(standing.filter((each) => isOn(each, identity)))
    return least(decisions.map(said)) ?? (identity === beginning.owner ? 'owner' : undefined)
  }

  function settled(set: Set_, standing: Set_, fallen: Map<string, string>): SlowResolution {
    const joins = set.filter(isJoin)
    const keyOf = ({ act }: Operation) => (act as Act<'joined'>).invite
    const creations = (key: string) =>
      key === beginning.invite?.key
        ? []
        : standing.filter(({ act }) => act.type === 'invite-created' && act.invite === key)
    const isKnown = (key: string) => key === beginning.invite?.key || creations(key).length > 0
    const ends = (key: string) =>
      standing.filter(
        (each) =>
          (each.act.type === 'invite-revoked' && each.act.invite === key) ||
          (each.act.type === 'member-removed' &&
            joins.some((join) => isOn(each, join.author) && keyOf(join) === key && follows(each, join))),
      )
    for (const join of joins) {
      const key = keyOf(join)
      const isMade = key === beginning.invite?.key || creations(key).some((each) => !follows(each, join))
      if (!isKnown(key) || !isMade || ends(key).some((end) => !follows(end, join)))
        fallen.set(join.id, 'authority/invite')
    }
    for (const key of new Set(joins.map(keyOf))) {
      const uses = Math.min(
        ...creations(key).map(({ act }) => (act as Act<'invite-created'>).uses ?? Number.POSITIVE_INFINITY),
      )
      const came = joins.filter((join) => keyOf(join) === key && !fallen.has(join.id)).sort(isBefore)
      const isSeen = (join: Operation) => standing.some((act) => act.act.type !== 'left' && follows(act, join))
      const inOrder = [...came.filter(isSeen), ...came.filter((join) => !isSeen(join))]
      const people = [...new Set(inOrder.map(({ author }) => author))].slice(0, uses)
      for (const join of came) if (!people.includes(join.author)) fallen.set(join.id, 'authority/uses')
    }
    const good = joins.filter(({ id }) => !fallen.has(id))
    const inviteRole = (key: string): Role =>
      creations(key).some(({ act }) => (act as Act<'invite-created'>).role === 'reader') ? 'reader' : 'member'
    const places = (join: Operation) => [join, ...creations(keyOf(join))]
    const decisionsOn = (identity: string) => lastOf(standing.filter((each) => isOn(each, identity)))
    return {
      standing,
      joins: good,
      fallen,
      decisionsOn,
      inviteRole,
      places,
      standingOf(identity) {
        const now = decided(identity, standing)
        if (now && now !== 'removed' && now !== 'left') return now
        const came = good.filter(
          (join) =>
            join.author === identity &&
            decisionsOn(identity).every((decision) => places(join).some((place) => follows(place, decision))),
        )
        if (came.length === 0) return now ?? 'none'
        if (beginning.admission === 'lobby') return 'waiting'
        return came.some((join) => inviteRole(keyOf(join)) === 'member') ? 'member' : 'reader'
      },
    }
  }

  const whole = resolve(operations)
  return {
    fallen: whole.fallen,
    standingOf: whole.standingOf,
    isHidden(identity, log, index, needsWriting) {
      const decisions = whole.standing.filter((each) => isOn(each, identity))
      const joins = whole.joins.filter((join) => join.author === identity)
      const markOf = ({ act }: Operation) =>
        'marks' in act ? (act.marks.find((mark) => mark.log === log)?.length ?? 0) : Number.POSITIVE_INFINITY
      const startOf = (each: Operation) => {
        if (each.act.type !== 'left') return markOf(each)
        return each.log === log ? each.index + 1 : Number.POSITIVE_INFINITY
      }
      const gives = (each: Operation, isWhole: boolean) => rank(said(each)) >= rank(isWhole ? 'reader' : 'member')
      const came = joins.map((join) =>
        beginning.admission === 'lobby' ? 'waiting' : whole.inviteRole((join.act as Act<'joined'>).invite),
      )
      if (identity !== beginning.owner && !came.includes('member')) {
        const isWhole = came.length === 0
        const isLifted = decisions.some((each) => gives(each, isWhole) && index >= markOf(each))
        if ((isWhole || needsWriting) && !isLifted) return true
      }
      return decisions.some((taking) => {
        if (rank(said(taking)) >= rank('member') || index < startOf(taking)) return false
        const isWhole = said(taking) !== 'reader'
        if (!isWhole && !needsWriting) return false
        const isGivenBack = decisions.some(
          (each) => follows(each, taking) && gives(each, isWhole) && index >= markOf(each),
        )
        const cameAgain =
          said(taking) !== 'banned' &&
          joins.some((join) => join.log === log && whole.places(join).some((place) => follows(place, taking)))
        return !isGivenBack && !cameAgain
      })
    },
  }
}
