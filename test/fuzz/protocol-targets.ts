import { sodiumPrimitives as primitives } from '../../node/sodium-primitives.ts'
import {
  type AnchorProof,
  decodeAnchorProof,
  encodeAnchorProof,
  verifyAnchor,
} from '../../protocol/anchor/anchor-proof.ts'
import { decodeEvmHeader } from '../../protocol/anchor/evm/evm-header.ts'
import { attestedMessages, decodeOts, encodeOts, type OtsFile } from '../../protocol/anchor/ots/timestamp.ts'
import { concat, fromText, toBase64Url, uint64 } from '../../protocol/bytes.ts'
import { decodeDescription, encodeDescription } from '../../protocol/call/description.ts'
import { decodeFanOut, encodeFanOut, type FanOutMessage } from '../../protocol/call/fan-out.ts'
import { answerPage, describePage } from '../../protocol/call/fan-out-sdp.ts'
import { decodeCallNote, encodeCallNote } from '../../protocol/call/note.ts'
import { describe } from '../../protocol/call/sdp.ts'
import { decodeFrameHeader, encodeFrameHeader } from '../../protocol/call/sframe.ts'
import { decodeAnswer, decodeOffer, encodeAnswer, encodeOffer } from '../../protocol/call/signal.ts'
import {
  decodeCheckpoint,
  encodeCheckpoint,
  signCheckpoint,
  withCosignature,
} from '../../protocol/checkpoint/checkpoint.ts'
import { contradictionOf, decodeContradiction, encodeContradiction } from '../../protocol/checkpoint/contradiction.ts'
import { decodeNote, encodeNote } from '../../protocol/checkpoint/note.ts'
import { inDomain } from '../../protocol/crypto/domains.ts'
import { decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { startChain } from '../../protocol/epoch/chain.ts'
import { decodeEpochKeys, type EpochKeys, encodeEpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import { boxBytes, decodeEpochEvent, type EpochEvent, encodeEpochEvent } from '../../protocol/epoch/event.ts'
import { openInRoom, sealInRoom } from '../../protocol/epoch/room-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { foldIdentity } from '../../protocol/identity/identity.ts'
import { areRecoveryWords } from '../../protocol/identity/recovery.ts'
import { identityFromCbor, identityToCbor } from '../../protocol/identity/statement.ts'
import { frameBytes, openEntry, readFrame } from '../../protocol/log/entry.ts'
import { decodePairingMessage, encodePairingMessage, type PairingMessage } from '../../protocol/pairing/message.ts'
import { decodePairingLink, encodePairingLink } from '../../protocol/pairing/pairing-link.ts'
import { admissionFromCbor, admissionToCbor, admit } from '../../protocol/room/admission.ts'
import { classOf, decodeEvent, encodeEvent, type RoomEvent } from '../../protocol/room/event.ts'
import { decodeGenesis, encodeGenesis } from '../../protocol/room/genesis.ts'
import { decodeLink, encodeLink } from '../../protocol/room/link.ts'
import { decodeBundle, encodeBundle } from '../../protocol/verification/bundle.ts'
import type { FileKind } from '../../protocol/verification/envelope.ts'
import { decodeExcerpt, encodeExcerpt } from '../../protocol/verification/excerpt.ts'
import { verifyFile } from '../../protocol/verification/verify-file.ts'
import { chromiumAnswer, chromiumFanOutOffer, chromiumOffer } from '../protocol/call/chromium.ts'
import { seedOf, smallConversation } from '../support/conversation.ts'
import { epochConversation } from '../support/epoch-conversation.ts'
import { ofAnvil, ofLitecoind } from '../support/real-anchors.ts'
import type { Target } from './target.ts'

const { conversation, people, bo } = smallConversation()
const { genesis, room, secret, inviteSeed } = conversation
const hints = [{ key: people.ada.device, host: '192.0.2.1', port: 49_737 }]
const link = encodeLink(
  { genesis, secret, inviteSeed, expires: null, name: 'Kitchen', inviter: 'Ada', hints },
  primitives,
)
const address = { host: '192.0.2.1', port: 49_737 }
const pairingLink = encodePairingLink(
  { key: secret, secret, expires: 1_700_000_000_000, addresses: [address] },
  primitives,
)
const pairingMessages: readonly PairingMessage[] = [
  { type: 'hello', proof: secret, commitment: secret },
  { type: 'answer', proof: secret, nonce: secret, identity: people.ada.identity, name: 'Ada' },
  { type: 'reveal', device: people.bo.device, nonce: secret, label: 'Phone' },
  { type: 'offer', statements: people.ada.statements },
  { type: 'accept', signature: new Uint8Array(64) },
  { type: 'welcome', ownRoom: { genesis, secret, inviteSeed } },
]
const bundle = encodeBundle(conversation.bundle(people.ada), people.ada.deviceSeed, primitives)
const chosen = conversation.excerpt(people.ada, new Map([[bo, [1]]]))
const excerpt = encodeExcerpt(chosen, people.ada.deviceSeed, primitives)
const checkpoints = [conversation.checkpoint(people.ada, [people.bo, people.cy])]
const witnessedBundle = encodeBundle(
  { ...conversation.bundle(people.ada), checkpoints },
  people.ada.deviceSeed,
  primitives,
)
const witnessedExcerpt = encodeExcerpt({ ...chosen, checkpoints }, people.ada.deviceSeed, primitives)

/** The same of a room of suite 1. */
const cellar = await epochConversation()
const cellarBundle = encodeBundle(cellar.conversation.bundle(cellar.people.ada), people.ada.deviceSeed, primitives)
const shown = cellar.conversation.excerpt(cellar.people.ada, new Map([[cellar.ada.writer, [2, 4]]]))
const cellarExcerpt = encodeExcerpt(shown, people.ada.deviceSeed, primitives)
const place = { room, log: bo.key, index: 0 }
const [block, keys] = [bo.blocks[0]!, bo.keys[0]!]
const cbor = (bytes: Uint8Array) => decodeCbor(bytes, { bytes: 65_536 })
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

const call = seedOf('call').subarray(0, 16)
const between = { call, caller: people.ada, callee: people.bo }
const [offered, answered] = [describe(chromiumOffer), describe(chromiumAnswer)]
const sealed = new Uint8Array(40)
const fannedOut: readonly FanOutMessage[] = [
  { type: 'media', layer: 'small', marker: true, sequence: 7, timestamp: 9_000, payload: sealed },
  { type: 'announcement', session: call, layers: new Set(['audio', 'large']) },
  { type: 'wish', picture: 'medium' },
  { type: 'missing', layer: 'audio', sequences: [1, 2, 3] },
  { type: 'key-frame', layer: 'large' },
  { type: 'clock', layer: 'audio', time: 2n ** 63n, timestamp: 1 },
]
const nodeEnd = {
  ufrag: 'node',
  pwd: 'a password of the node 24',
  fingerprint: secret,
  candidate: { address: '192.0.2.1', port: 49_737 },
}
const device = people.bo.device

const checkpoint = signCheckpoint(
  { room, device, generation: 0, size: 3, root: secret },
  people.bo.deviceSeed,
  primitives,
)
const cosignature = { device: people.ada.device, time: 1_700_000_000, signature: checkpoint.signature }
const witnessed = encodeCheckpoint(withCosignature(checkpoint, cosignature), primitives)

const stamped: OtsFile = {
  digest: secret,
  timestamp: [
    { type: 'attestation', attestation: { type: 'pending', uri: 'https://calendar.example' } },
    {
      type: 'operation',
      operation: { type: 'append', bytes: device },
      next: [{ type: 'attestation', attestation: { type: 'block', chain: 'bitcoin', height: 300 } }],
    },
  ],
}
const anchored: AnchorProof = {
  salt: secret,
  path: { index: 1, size: 3, hashes: [device, secret] },
  evidence: { type: 'ots', file: stamped, runs: [{ chain: 'bitcoin', height: 300, bytes: new Uint8Array(160) }] },
}

const real = [ofLitecoind, ...ofAnvil].map((each) => decodeAnchorProof(each.proof))

const evmHeaders = real.flatMap(({ evidence }) => ('header' in evidence ? [evidence.header] : []))

const of = { identity: people.bo.identity, marks: [bo.head()] }
const operations: readonly RoomEvent[] = [
  { type: 'invite-created', heads: [], invite: device, role: 'reader', uses: 3, expires: 1_700_000_000_000 },
  { type: 'invite-revoked', heads: [device], invite: device },
  { type: 'admitted', heads: [], role: 'member', ...of },
  { type: 'role-changed', heads: [device], role: 'admin', ...of },
  { type: 'member-removed', heads: [], ban: true, ...of },
  { type: 'left', heads: [device] },
]

const events: readonly RoomEvent[] = [
  { type: 'room-created', genesis, name: 'Kitchen', admission: bo.admission(true), as: 'Ada' },
  { type: 'joined', heads: [], admission: bo.admission(true), as: 'Bo' },
  ...operations,
  { type: 'name-changed', as: 'Bó' },
  { type: 'message-sent', text: 'Good morning ☕' },
  { type: 'call-started', call, to: people.bo.identity },
  { type: 'call-started', call, to: null },
  { type: 'call-joined', call, callKey: device },
  { type: 'call-left', call },
  { type: 'call-offer', call, to: device, presence: call, sealed },
  { type: 'call-answer', call, to: device, offer: device, sealed },
  { type: 'call-ended', call, reason: 'hung-up' },
]

const ofEvents = events.map(
  (event): Target => ({
    name: `event ${event.type}`,
    goods: [encodeEvent(event)],
    read: (bytes) => encodeEvent(decodeEvent(event.type, classOf(event.type), bytes) as RoomEvent),
  }),
)

const box = { device, generation: 3, sealed: new Uint8Array(boxBytes) }
const secrets = { header: device, history: seedOf('history'), ephemeral: seedOf('ephemeral') }

const epochEvents: readonly EpochEvent[] = [
  { type: 'prekey-announced', generation: 1, key: people.ada.device.map((byte, i) => (i === 31 ? byte & 63 : byte)) },
  { type: 'epoch-started', number: 1, reason: 'begun', shareable: true, commitments: secrets, boxes: [box] },
  { type: 'epoch-shared', number: 1, history: 9, ephemeral: 2, boxes: [box] },
  { type: 'history-granted', ...box },
]

const ofEpochEvents = epochEvents.map(
  (event): Target => ({
    name: `event ${event.type}`,
    goods: [encodeEpochEvent(event)],
    read: (bytes) => encodeEpochEvent(decodeEpochEvent(event.type, 'epoch', bytes)),
  }),
)

const epoch: EpochKeys = {
  log: bo.key,
  number: 1,
  shareable: true,
  learned: 1_700_000_000_000,
  header: secrets.header,
  history: startChain({ step: 0, key: secrets.history }, true),
  ephemeral: { ...startChain({ step: 2, key: secrets.ephemeral }, false), secrets: new Map([[1, device]]) },
}
const placeInEpoch = { ...place, suite: 1 } as const
const roomKeys = { classKey: () => secret, epoch: () => epoch }
const said = { class: 'message', header: { kind: 'message-sent', time: 0, depth: 1, heads: [] }, body: secret } as const
const own = { roomKeys, position: { number: 1, history: 2, ephemeral: 2 }, salt: call }
const inEpoch = sealInRoom(placeInEpoch, said, own, primitives)!.block

/** The readers of protocol/, each with a way to write again what has one form only. */
export const protocolTargets: readonly Target[] = [
  { name: 'cbor', goods: events.map(encodeEvent), read: (bytes) => encodeCbor(cbor(bytes)) },
  { name: 'frame', goods: [block], read: (bytes) => void readFrame(bytes) },
  { name: 'entry', goods: [block], read: (bytes) => void openEntry(bytes, place, keys, primitives) },
  {
    name: 'header',
    goods: [headerOf()],
    read: (bytes) => headerOf(openEntry(blockWith(bytes), place, keys, primitives)),
  },
  {
    name: 'genesis',
    goods: [genesis, cellar.conversation.genesis],
    read: (bytes) => encodeGenesis(decodeGenesis(bytes)),
  },
  {
    name: 'link code',
    goods: [Buffer.from(link, 'base64url').subarray(0, -4)],
    read: (bytes) => void decodeLink(codeWith(bytes), primitives),
  },
  {
    name: 'pairing link',
    goods: [fromText(pairingLink), fromText(`parley:pair/${pairingLink}`)],
    read: (bytes) => void decodePairingLink(latin1(bytes), primitives),
  },
  {
    name: 'message of pairing',
    goods: pairingMessages.map(encodePairingMessage),
    read: (bytes) => encodePairingMessage(decodePairingMessage(bytes)),
  },
  { name: 'link', goods: [fromText(link), fromText(`parley:join/${link}`)], read: readLink },
  {
    name: 'identity',
    goods: [encodeCbor(identityToCbor(people.bo.statements))],
    read(bytes) {
      const statements = identityFromCbor(cbor(bytes))
      foldIdentity(statements, primitives)
      return encodeCbor(identityToCbor(statements))
    },
  },
  {
    name: 'admission',
    goods: [encodeCbor(admissionToCbor(bo.admission(true)))],
    read(bytes) {
      const admission = admissionFromCbor(cbor(bytes))
      admit(genesis, admission, primitives)
      return encodeCbor(admissionToCbor(admission))
    },
  },
  ...ofEvents,
  ...ofEpochEvents,
  {
    name: 'row of a key store',
    goods: [encodeEpochKeys(epoch)],
    read: (bytes) => encodeEpochKeys(decodeEpochKeys(bytes)),
  },
  {
    name: 'entry of suite 1',
    goods: [inEpoch],
    read: (bytes) => void openInRoom(bytes, placeInEpoch, roomKeys, primitives),
  },
  {
    name: 'bundle',
    goods: [bundle, witnessedBundle, cellarBundle],
    read: (bytes) => void decodeBundle(bytes, primitives),
  },
  { name: 'excerpt', goods: [excerpt], read: (bytes) => void decodeExcerpt(bytes, primitives) },
  {
    name: 'bundle content',
    goods: [contentOf(bundle), contentOf(witnessedBundle), contentOf(cellarBundle)],
    read: (bytes) => void verifyFile(signedAs('bundle', bytes), { primitives }),
  },
  {
    name: 'excerpt content',
    goods: [contentOf(excerpt), contentOf(witnessedExcerpt), contentOf(cellarExcerpt)],
    read: (bytes) => void verifyFile(signedAs('excerpt', bytes), { primitives }),
  },
  {
    name: 'checkpoint',
    goods: [witnessed],
    read: (bytes) => encodeCheckpoint(decodeCheckpoint(bytes, primitives), primitives),
  },
  { name: 'note', goods: [witnessed], read: (bytes) => encodeNote(decodeNote(bytes)) },
  {
    name: 'contradiction',
    goods: [encodeContradiction(contradictionOf(checkpoint, checkpoint, [secret, device]), primitives)],
    read: (bytes) => encodeContradiction(decodeContradiction(bytes, primitives), primitives),
  },
  { name: 'header of Ethereum’s form', goods: evmHeaders, read: (bytes) => void decodeEvmHeader(bytes) },
  { name: 'OpenTimestamps file', goods: [encodeOts(stamped)], read: readOts },
  { name: 'anchor proof', goods: [anchored, ...real].map(encodeAnchorProof), read: readAnchorProof },
  {
    name: 'sdp',
    goods: [fromText(chromiumOffer), fromText(chromiumAnswer)],
    read: (bytes) => void encodeDescription(describe(latin1(bytes))),
  },
  {
    name: 'page offer',
    goods: [fromText(chromiumFanOutOffer)],
    read: (bytes) => void answerPage(describePage(latin1(bytes)), nodeEnd),
  },
  {
    name: 'fan-out',
    goods: fannedOut.map((message) => encodeFanOut(call, message)),
    read: (bytes) => encodeFanOut(call, decodeFanOut(call, bytes)),
  },
  {
    name: 'sframe header',
    goods: [encodeFrameHeader({ key: 3n, counter: 70_000n }), encodeFrameHeader({ key: 2n ** 40n, counter: 1n })],
    read: (bytes) => {
      const header = decodeFrameHeader(bytes)
      return concat(encodeFrameHeader(header), bytes.subarray(header.length))
    },
  },
  {
    name: 'description',
    goods: [encodeDescription(offered), encodeDescription(answered)],
    read: (bytes) => encodeDescription(decodeDescription(bytes)),
  },
  {
    name: 'offer',
    goods: [encodeOffer({ ...between, description: offered })],
    read: (bytes) => encodeOffer(decodeOffer(bytes)),
  },
  {
    name: 'note of a call',
    goods: [
      encodeCallNote({
        call,
        note: { type: 'status', status: { muted: true, cameraOff: false, sharing: true, hand: 2 } },
      }),
      encodeCallNote({ call, note: { type: 'reaction', emoji: 7 } }),
    ],
    read: (bytes) => encodeCallNote(decodeCallNote(bytes)),
  },
  {
    name: 'answer',
    goods: [encodeAnswer({ ...between, description: answered, offer: device })],
    read: (bytes) => encodeAnswer(decodeAnswer(bytes)),
  },
  {
    name: 'recovery words',
    goods: [fromText(`${'abandon '.repeat(23)}art`)],
    read: (bytes) => void areRecoveryWords(Buffer.from(bytes).toString()),
  },
]

function headerOf(opened = openEntry(block, place, keys, primitives)): Uint8Array {
  const { kind, time, depth, heads } = opened.header
  return encodeCbor([kind, time, depth, heads.map(({ log, length, treeHash }) => [log, length, treeHash])])
}

/** What an author can make: a block in its place that opens, around any bytes as its header. */
function blockWith(header: Uint8Array): Uint8Array {
  const frame = block.slice(0, frameBytes)
  new DataView(frame.buffer).setUint32(frameBytes - 4, header.length + 16)
  const about = (part: number) => inDomain('entry', room, bo.key, uint64(0), Uint8Array.of(part), frame)
  const body = primitives.seal(keys.body, encodeEvent(events[1]!), about(1))
  return concat(frame, primitives.seal(keys.header, header, about(0)), body)
}

/** A code as a link carries it, with a checksum that is right. */
function codeWith(payload: Uint8Array): string {
  const checksum = primitives.sha256(inDomain('link', payload)).subarray(0, 4)
  return toBase64Url(Uint8Array.of(...payload, ...checksum))
}

function readLink(bytes: Uint8Array): undefined {
  const read = decodeLink(latin1(bytes), primitives)
  const again = encodeLink(decodeLink(encodeLink(read, primitives), primitives), primitives)
  if (again !== encodeLink(read, primitives)) throw new Error('a link that comes back as another one')
}

function contentOf(file: Uint8Array): Uint8Array {
  const [, , content] = decodeCbor(file, { bytes: 65_536 }) as [string, number, Uint8Array]
  return content
}

/** What an exporter can make: any content, and a signature over it that is right. */
function signedAs(kind: FileKind, content: Uint8Array): Uint8Array {
  const signature = primitives.sign(inDomain(kind, primitives.sha256(content)), people.ada.deviceSeed)
  return encodeCbor([`parley-${kind}`, 1, content, signature])
}

function readOts(bytes: Uint8Array): Uint8Array {
  const file = decodeOts(bytes)
  try {
    attestedMessages(file.digest, file.timestamp, primitives)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
  return encodeOts(file)
}

function readAnchorProof(bytes: Uint8Array): Uint8Array {
  const proof = decodeAnchorProof(bytes)
  try {
    verifyAnchor(secret, proof, { known: [], leastWork: { bitcoin: 0n, litecoin: 0n } }, primitives)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
  return encodeAnchorProof(proof)
}
