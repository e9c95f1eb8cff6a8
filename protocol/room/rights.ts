/** What a member may be, from most to least. */
export const roles = ['owner', 'admin', 'member', 'reader'] as const
export type Role = (typeof roles)[number]

/** What an invite makes of whoever comes by it. */
export const invitedRoles = ['member', 'reader'] as const
export type InvitedRole = (typeof invitedRoles)[number]

/** What somebody is to a room, from least to most. `waiting`: came by the link of a lobby. `none`: nothing has let them in. */
export const standings = ['banned', 'removed', 'left', 'none', 'waiting', 'reader', 'member', 'admin', 'owner'] as const
export type Standing = (typeof standings)[number]

/** A head of somebody's log: where a right to write ends or begins. Hex. */
export interface Mark {
  readonly log: string
  readonly length: number
  readonly treeHash: string
}

/** What an operation does. Identities and invite keys are hex. */
export type RoomAct =
  | { readonly type: 'joined'; readonly invite: string }
  | {
      readonly type: 'invite-created'
      readonly invite: string
      readonly role: InvitedRole
      /** How many people it lets in; null: any number. */
      readonly uses: number | null
      /** Unix ms after which members admit nobody by it; null: never. */
      readonly expires: number | null
    }
  | { readonly type: 'invite-revoked'; readonly invite: string }
  | { readonly type: 'admitted'; readonly identity: string; readonly role: Role; readonly marks: readonly Mark[] }
  | { readonly type: 'role-changed'; readonly identity: string; readonly role: Role; readonly marks: readonly Mark[] }
  | {
      readonly type: 'member-removed'
      readonly identity: string
      readonly ban: boolean
      readonly marks: readonly Mark[]
    }
  | { readonly type: 'left' }

/** A number that is greater for who may more. */
export function levelOf(standing: Standing): number {
  return standings.indexOf(standing)
}

export function isRole(standing: Standing): standing is Role {
  return levelOf(standing) >= levelOf('reader')
}

export function mayWrite(standing: Standing): boolean {
  return levelOf(standing) >= levelOf('member')
}

/** Whether somebody may invite, let in, remove, and change roles. */
export function mayManage(standing: Standing): boolean {
  return levelOf(standing) >= levelOf('admin')
}

/** What is asked about those whom an act concerns. */
export interface Standings {
  standingOf(identity: string): Standing
}

/**
 * Whether the author of an act may do it, where people stand as they do.
 *
 * Says nothing about invites: whether one lets in is for the room to say. Spec: specs/authority.md#rights.
 */
export function mayAct(author: string, act: RoomAct, room: Standings): boolean {
  const own = room.standingOf(author)
  if (act.type === 'joined') return true
  if (act.type === 'left') return isRole(own) || own === 'waiting'
  if (!mayManage(own)) return false
  if (act.type === 'invite-created' || act.type === 'invite-revoked') return true
  const theirs = room.standingOf(act.identity)
  if (act.type === 'member-removed') {
    // Equals can remove each other: somebody must be able to stop a stolen device while those above are away.
    return levelOf(theirs) <= levelOf(own) && act.identity !== author
  }
  const isBelow = levelOf(theirs) < levelOf(own) && isRole(theirs) === (act.type === 'role-changed')
  return isBelow && mayGive(own, act.role)
}

/** Only owners make owners and admins. */
function mayGive(own: Standing, role: Role): boolean {
  return own === 'owner' || levelOf(role) < levelOf(own)
}

/** Whether an act takes so much away that what its target did at the same time falls. */
export function isRemoval(act: RoomAct): act is Extract<RoomAct, { readonly identity: string }> {
  return act.type === 'member-removed' || (act.type === 'role-changed' && !mayManage(act.role))
}
