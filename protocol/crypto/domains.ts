import { concat, fromText } from '../bytes.ts'

/**
 * Every label that separates one use of a key or hash from another. None is a prefix of another once its zero byte is added.
 *
 * Spec: specs/encoding.md#domains.
 */
export const domains = {
  identity: 'parley/identity/v1',
  identityStatement: 'parley/identity-statement/v1',
  deviceAccepts: 'parley/device-accepts/v1',
  recoveryKey: 'parley/recovery-key/v1',
  ownRoom: 'parley/own-room/v1',
  pairingLink: 'parley/pairing-link/v1',
  pairingProof: 'parley/pairing-proof/v1',
  pairingCommitment: 'parley/pairing-commitment/v1',
  pairingCode: 'parley/pairing-code/v1',
  safetyNumber: 'parley/safety-number/v1',
  room: 'parley/room/v1',
  roomSecret: 'parley/room-secret/v1',
  invite: 'parley/invite/v1',
  nextLog: 'parley/next-log/v1',
  link: 'parley/link/v1',
  operation: 'parley/operation/v1',
  log: 'parley/log/v1',
  entry: 'parley/entry/v1',
  entryKey: 'parley/entry-key/v1',
  entryCommitment: 'parley/entry-commitment/v1',
  stepSecret: 'parley/step-secret/v1',
  chainKey: 'parley/chain-key/v1',
  epochCommitment: 'parley/epoch-commitment/v1',
  epochBox: 'parley/epoch-box/v1',
  historyGrant: 'parley/history-grant/v1',
  topic: 'parley/topic/v1',
  channel: 'parley/channel/v1',
  admission: 'parley/admission/v1',
  handshake: 'parley/handshake/v1',
  bundle: 'parley/bundle/v1',
  excerpt: 'parley/excerpt/v1',
  loggedHead: 'parley/logged-head/v1',
  anchoredCheckpoint: 'parley/anchored-checkpoint/v1',
  batchLeaf: 'parley/batch-leaf/v1',
  anchor: 'parley/anchor/v1',
  callOffer: 'parley/call-offer/v1',
  callAnswer: 'parley/call-answer/v1',
  callEmoji: 'parley/call-emoji/v1',
  mediaKey: 'parley/media-key/v1',
} as const

export type Domain = keyof typeof domains

const prefixes = new Map<Domain, Uint8Array>()

/** The label in UTF-8, a zero byte, then the parts: what is signed, hashed or derived from. */
export function inDomain(domain: Domain, ...parts: Uint8Array[]): Uint8Array {
  let prefix = prefixes.get(domain)
  if (!prefix) {
    prefix = fromText(`${domains[domain]}\0`)
    prefixes.set(domain, prefix)
  }
  return concat(prefix, ...parts)
}
