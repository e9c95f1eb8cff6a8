import type { Logger } from 'pino'
import type { ToldNote } from '../../protocol/call/note.ts'
import type { Primitives } from '../../protocol/crypto/primitives.ts'
import type { IdentityStatement } from '../../protocol/identity/statement.ts'
import type { ProjectedEntry } from '../projection/room-fold.ts'
import type { Peers } from '../replication/peers.ts'
import type { RoomChannel } from '../replication/room-channel.ts'
import type { CheckpointStore } from '../storage/checkpoint-store.ts'
import type { FreeSpace } from '../storage/free-space.ts'
import type { KeyStore } from '../storage/key-store.ts'
import type { LogStore } from '../storage/log-store.ts'
import type { ViewStore } from '../storage/view-store.ts'
import type { Contacts } from './contacts.ts'
import type { Forks } from './forks.ts'
import type { KeptRoom } from './own-log.ts'
import type { Person } from './person.ts'
import type { Room } from './room.ts'
import type { RoomLogs } from './room-logs.ts'

/** What a room is made of and lives from. */
export interface RoomOptions {
  readonly genesis: Uint8Array
  readonly secret: Uint8Array
  /** Of the invite that one came by; null for the owner of a room that had none. */
  readonly inviteSeed: Uint8Array | null
  /** What the link called it, until its own log says. */
  readonly label: string
  readonly kept: KeptRoom
  /** Of a room that is one person's alone: nobody else is let in. */
  readonly isOwn: boolean
  readonly person: Person
  readonly contacts: Contacts
  readonly store: LogStore
  readonly keyStore: KeyStore
  readonly checkpoints: CheckpointStore
  readonly space: FreeSpace
  readonly roomLogs: RoomLogs
  readonly forks: Forks
  readonly view: ViewStore
  readonly peers: Peers
  readonly port: number
  readonly primitives: Primitives
  readonly log: Logger
  readonly now: () => number
  /** What we are called, now. */
  readonly ownName: () => string
  readonly onChange: (change: RoomChange) => void
}

/** What may interest whoever shows rooms or carries calls. */
export type RoomChange =
  | { readonly type: 'entries'; readonly room: Room; readonly entries: readonly ProjectedEntry[] }
  | { readonly type: 'peer'; readonly room: Room; readonly channel: RoomChannel; readonly gone: boolean }
  | { readonly type: 'presence'; readonly room: Room; readonly channel: RoomChannel }
  /** What whoever is at the other end tells of themself in a call. */
  | { readonly type: 'note'; readonly room: Room; readonly channel: RoomChannel; readonly told: ToldNote }
  /** Somebody has shown what is said of an identity: why they do not let this device in. */
  | { readonly type: 'statements'; readonly room: Room; readonly statements: readonly IdentityStatement[] }
  | { readonly type: 'trouble'; readonly room: Room; readonly error: unknown }
  | { readonly type: 'recovered'; readonly room: Room }
  /** Who may what has changed, and with it perhaps what is shown. */
  | { readonly type: 'authority'; readonly room: Room }
  /** Keys have come for what was there before. */
  | { readonly type: 'reopened'; readonly room: Room }
  | { readonly type: 'changed'; readonly room: Room }
