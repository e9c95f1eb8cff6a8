import { fromHex, toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { AnchorQueue } from '../anchors/anchor-queue.ts'
import type { Chains } from '../anchors/chains.ts'
import type { Command, CommandInput, CommandResult, CommandType } from '../api/commands.ts'
import { Problem } from '../api/problems.ts'
import type { Calls } from '../calls/calls.ts'
import type { OwnDevices } from '../devices/own-devices.ts'
import type { Pairing } from '../devices/pairing.ts'
import { isDiskFull } from '../home-error.ts'
import { checkpointView } from '../projection/checkpoint-view.ts'
import type { Contacts } from '../rooms/contacts.ts'
import type { OwnIdentity } from '../rooms/own-identity.ts'
import { type Person, restoreIdentity } from '../rooms/person.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { AnchorStore } from '../storage/anchor-store.ts'
import type { KeyVault } from '../storage/key-vault.ts'
import type { ViewStore } from '../storage/view-store.ts'
import { admit, changeRole, removeMember } from './change-members.ts'
import { confirmPerson, namePerson, readSafetyNumber, setDirectPath } from './people.ts'
import { forgetRecoveryWords, readRecoveryWords, showRecoveryWords } from './recovery-words.ts'
import { sendMessage } from './send-message.ts'

/** What the commands act on. */
export interface CommandParts {
  readonly rooms: Rooms
  readonly devices: OwnDevices
  readonly pairing: Pairing
  readonly calls: Calls
  readonly vault: KeyVault
  readonly contacts: Contacts
  readonly person: Person
  readonly own: OwnIdentity
  readonly primitives: Primitives
  readonly view: ViewStore
  readonly chains: Chains
  readonly anchors: AnchorStore
  readonly queue: AnchorQueue
  readonly now: () => number
  changed(): void
  anchorsChanged(): void
  /** Names that were shown are others now. */
  renamed(): void
}

/** Blocks that make one final: as long as nobody has ever seen Bitcoin take back. */
const usualDepth = 6

/** The commands that are not the bridge's own. */
export type NodeCommandType = Exclude<CommandType, 'create-login-code' | 'list-sessions' | 'revoke-session'>

type Runners = {
  readonly [T in NodeCommandType]: (parts: CommandParts, input: CommandInput<T>) => Promise<CommandResult<T>>
}

const runners: Runners = {
  async 'set-name'({ rooms, devices, changed }, { name }) {
    await rooms.rename(name)
    await devices.tellName()
    changed()
    return {}
  },
  async 'show-recovery-words'({ vault }) {
    return { words: showRecoveryWords(vault) }
  },
  async 'forget-recovery-words'({ vault, changed }) {
    await forgetRecoveryWords(vault)
    changed()
    return {}
  },
  async 'read-recovery-words'({ primitives }, { words }) {
    return { identity: readRecoveryWords(words, primitives) }
  },
  async 'restore-identity'({ vault, person, primitives, changed }, { words }) {
    await restoreIdentity(vault, words, primitives)
    changed()
    return { identity: toHex(person.identity) }
  },
  async 'offer-pairing'({ pairing }) {
    return pairing.offer()
  },
  async 'join-pairing'({ pairing }, { link, label }) {
    await pairing.join(link, label)
    return {}
  },
  async 'confirm-pairing'({ pairing }, { code }) {
    pairing.confirm(code)
    return {}
  },
  async 'cancel-pairing'({ pairing }) {
    await pairing.close()
    return {}
  },
  async 'revoke-device'({ own }, { device, words }) {
    return { rooms: await own.revoke(fromHex(device), words ?? null) }
  },
  async 'read-safety-number'(parts, { identity }) {
    return { digits: readSafetyNumber(parts, identity) }
  },
  async 'confirm-person'(parts, { identity, confirmed }) {
    await confirmPerson(parts, identity, confirmed)
    return {}
  },
  async 'name-person'(parts, { identity, name }) {
    await namePerson(parts, identity, name)
    return {}
  },
  async 'set-direct-path'(parts, { identity, direct }) {
    await setDirectPath(parts, identity, direct)
    return {}
  },
  async 'create-room'({ rooms, devices }, { name, policy, history, expires }) {
    const ways = { admission: policy ?? 'open-link', history: history ?? 'all' } as const
    const room = await rooms.create(name, ways, expires ?? null)
    devices.changed()
    return { room: room.key, link: rooms.link(room, await rooms.invites.usual(room)) }
  },
  async 'read-link'({ rooms }, { link }) {
    return rooms.readLink(link)
  },
  async 'join-room'({ rooms, devices }, { link }) {
    const { key } = await rooms.join(link)
    devices.changed()
    return { room: key }
  },
  async 'share-room'({ rooms }, { room: key, invite }) {
    const room = rooms.get(key)
    const held = invite === undefined ? await rooms.invites.usual(room) : rooms.invites.find(room, invite)
    return { link: rooms.link(room, held), expires: held.expires }
  },
  async 'create-invite'({ rooms }, { room: key, role, uses, expires }) {
    const room = rooms.get(key)
    const terms = { role: role ?? 'member', uses: uses ?? null, expires: expires ?? null }
    const held = await rooms.invites.make(room, terms)
    return { invite: held.key, link: rooms.link(room, held) }
  },
  async 'revoke-invite'({ rooms }, { room: key, invite }) {
    const room = rooms.get(key)
    if (!room.fold.authority.invites.has(invite)) throw new Problem('no-such-invite')
    await room.act({ type: 'invite-revoked', invite: fromHex(invite) })
    return {}
  },
  async 'admit-person'({ rooms }, { room, person, role }) {
    await admit(rooms.get(room), person, role ?? 'member')
    return {}
  },
  async 'change-role'({ rooms }, { room, person, role }) {
    await changeRole(rooms.get(room), person, role)
    return {}
  },
  async 'remove-member'({ rooms }, { room, person, ban }) {
    await removeMember(rooms.get(room), person, ban ?? false)
    return {}
  },
  async 'leave-room'({ rooms }, { room }) {
    await rooms.get(room).act({ type: 'left' })
    return {}
  },
  async 'send-message'({ rooms }, { room, text }) {
    return { id: await sendMessage(rooms.get(room), text) }
  },
  async 'make-checkpoint'({ rooms, anchors }, { room: key }) {
    const room = rooms.get(key)
    await room.checkpoints.make()
    await room.checkpoints.witnessed()
    return { checkpoint: checkpointView(room, anchors) }
  },
  async 'set-chain'({ chains, queue, anchorsChanged }, { depth = usualDepth, ...chain }) {
    await chains.set({ ...chain, depth })
    anchorsChanged()
    await queue.now()
    return {}
  },
  async 'remove-chain'({ chains, anchorsChanged }, { name }) {
    await chains.remove(name)
    anchorsChanged()
    return {}
  },
  async 'anchor-now'({ rooms, queue }) {
    for (const { checkpoints } of rooms.all()) await checkpoints.make()
    await queue.now()
    return {}
  },
  async 'advance-anchors'({ queue }) {
    await queue.advance()
    return {}
  },
  async 'mark-read'({ rooms, devices, view, changed }, { room }) {
    const { fold, id } = rooms.get(room)
    view.setReadMark(fold.number, view.endOf(fold.number))
    await devices.tellRead(id, view.endOf(fold.number))
    changed()
    return {}
  },
  async 'start-call'({ rooms, calls }, { room, to, sdp }) {
    return { call: await calls.start(rooms.get(room).key, to, sdp) }
  },
  async 'accept-call'({ calls }, { call, sdp }) {
    await calls.accept(call, sdp)
    return {}
  },
  async 'resume-call'({ calls }, { call, ...shown }) {
    await calls.resume(call, shown)
    return {}
  },
  async 'end-call'({ calls }, { call, reason, found }) {
    await calls.end(call, reason, found)
    return {}
  },
  async 'start-group-call'({ rooms, calls }, { room }) {
    return { call: await calls.group.start(rooms.get(room).key) }
  },
  async 'join-call'({ calls }, { call }) {
    await calls.group.join(call)
    return {}
  },
  async 'leave-call'({ calls }, { call }) {
    await calls.group.leave(call)
    return {}
  },
  async 'offer-link'({ calls }, { call, device, sdp }) {
    return { link: await calls.group.offerLink(call, device, sdp) }
  },
  async 'answer-link'({ calls }, { call, device, link, sdp }) {
    await calls.group.answerLink(call, device, link, sdp)
    return {}
  },
  async 'connect-fan-out'({ calls }, { call, sdp }) {
    return { sdp: await calls.group.connectFanOut(call, sdp) }
  },
  async 'set-tiles'({ calls }, { call, tiles }) {
    calls.group.setTiles(call, tiles)
    return {}
  },
  async 'set-call-status'({ calls }, { call, ...status }) {
    calls.setStatus(call, status)
    return {}
  },
  async 'offer-direct-path'({ calls }, { call, device, candidates }) {
    calls.offerDirectPath(call, device, candidates)
    return {}
  },
  async 'react-in-call'({ calls }, { call, emoji }) {
    calls.react(call, emoji)
    return {}
  },
}

/** Run one command. Throws `Problem` for what may be told. */
export async function runCommand<T extends CommandType>(
  parts: CommandParts,
  command: Extract<Command, { type: T }>,
): Promise<CommandResult<T>> {
  const { type, ...input } = command
  const run = Object.hasOwn(runners, type) ? runners[type as NodeCommandType] : null
  if (!run) throw new Problem('bad-request')
  try {
    return (await run(parts, input as never)) as CommandResult<T>
  } catch (error) {
    throw isDiskFull(error) ? new Problem('disk-full') : error
  }
}
