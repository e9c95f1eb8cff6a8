/** Every way in which bytes can be wrong. The code names the document in specs/ that says the rule. */
export const protocolErrors = {
  'encoding/too-large': 'more bytes than allowed',
  'encoding/too-deep': 'nested deeper than allowed',
  'encoding/malformed': 'not well-formed CBOR',
  'encoding/not-canonical': 'not the one encoding of its value',
  'encoding/unexpected-type': 'a field has another type than its place asks for',

  'identity/malformed': 'an identity statement is not of the known form',
  'identity/signature': 'an identity statement is not signed by the key it needs',
  'identity/key': 'a key is not a valid Ed25519 point',
  'identity/device-unknown': 'the device does not belong to the identity',
  'identity/cap': 'a revocation names a head that the log never had',

  'pairing/proof': 'the other device does not have the pairing link',
  'pairing/commitment': 'the new device is not the one that it said at first it would be',
  'pairing/message': 'what a device said in pairing is not of its form',

  'merkle/bounds': 'an index or a size is not one of its tree',
  'merkle/length': 'a path has more or fewer hashes than its tree needs',
  'merkle/root': 'a path does not lead to the root it is said to lead to',

  'log/signature': 'a head is not signed by the device of its log',
  'log/inclusion': 'a block does not stand in its log where it is said to stand',

  'fork/form': 'a proof of a fork is not of its form',
  'fork/signature': 'a head in a proof of a fork is not signed by the device of its log',
  'fork/tree': 'the nodes in a proof of a fork do not lead to its longer head',
  'fork/none': 'what was given as a proof of a fork shows one history',

  'entry/frame': 'a block does not start with a frame',
  'entry/version': 'an entry was written by a newer version',
  'entry/suite': 'an entry is of another suite than its class has in the room',
  'entry/commitment': 'the keys given for an entry are not those its author committed to',
  'entry/sealed': 'an entry does not open at this place: it was changed, moved or copied',
  'entry/padding': 'a part of an entry is not padded to its size',
  'entry/header': 'an entry has a malformed header',
  'entry/body': 'an entry has a malformed body',

  'epoch/number': 'an entry is of another epoch than the one that its log is in',
  'epoch/step': 'an entry does not have the next step of its epoch',
  'epoch/prekey': 'a prekey is not the next one of its device, or nothing can be sealed to it',
  'epoch/box': 'a box does not open with the prekey that it names',
  'epoch/commitment': 'the secrets of an epoch are not those that its author committed to',
  'epoch/recipients': 'an epoch is sealed to other devices than those of the room',
  'epoch/not-shareable': 'an epoch was given away that was never meant to be',

  'room/genesis': 'the first entry of a room is not of the known form',
  'room/not-admitted': 'a log does not start with a valid admission to the room',
  'room/owner': 'the room was not made by the owner that its genesis names',
  'room/admission-repeated': 'a log admits its author twice',
  'room/text': 'a text or name is longer than allowed, or empty',

  'authority/denied': 'its author had no right to do this',
  'authority/overruled': 'its author was removed, or lost the right to it, at the same time',
  'authority/depends': 'what gave its author the right to it does not count',
  'authority/last-owner': 'it would leave the room without an owner',
  'authority/invite': 'it came by an invite that is unknown or was revoked',
  'authority/uses': 'more people came by an invite than it lets in',
  'authority/revoked': 'its device was revoked, and this is not among what still counts of it',
  'authority/mark': 'it names a head that the log never had',

  'ordering/depth': 'an entry claims another depth than one more than what it cites',
  'ordering/citation': 'an entry cites a head that the cited log never had',
  'ordering/citation-self': 'an entry cites its own log',
  'ordering/citation-order': 'the citations of an entry are not in order, or one goes back',

  'link/malformed': 'not a Parley link',
  'link/newer': 'the link was made by a newer version',

  'handshake/proof': 'a peer did not prove that it knows the room',
  'handshake/device': 'a peer did not prove that it holds the key of its device',

  'call/too-large': 'the description of a call is larger than allowed',
  'call/sdp': 'an SDP has not the form of a call',
  'call/sdp-refused': 'an SDP asks for something that could weaken the call',
  'call/fingerprint': 'a call needs exactly one SHA-256 fingerprint',
  'call/field': 'a field of a call is malformed or out of bounds',
  'call/role': 'the DTLS role does not fit an offer, or an answer',
  'call/signal': 'an offer or answer is not for this call, or not between these two',
  'call/sealed': 'an offer or answer does not open with the key of this start',

  'fan-out/form': 'a datagram of fan-out is not of its form, or of another call',

  'media-frame/header': 'a frame does not begin with a header in its one form',
  'media-frame/key': 'a frame is sealed by a key that is not here, or not any more',
  'media-frame/sealed': 'a frame does not open: it was changed, or is of something else',
  'media-frame/replayed': 'a frame came a second time, or far too late',
  'media-frame/too-large': 'a frame is larger than allowed',
  'media-frame/too-short': 'a picture is too short to be one',

  'checkpoint/form': 'a checkpoint, or a contradiction of two, is not of its form',
  'checkpoint/origin': 'a checkpoint is of another device or room',
  'checkpoint/signature': 'a checkpoint is not signed by the device that it names',
  'checkpoint/cosignature': 'a checkpoint is not signed by a witness that it names',
  'checkpoint/tree': 'the nodes of a contradiction do not lead to its larger checkpoint',
  'checkpoint/agree': 'what was given as a contradiction shows one history',
  'checkpoint/head': 'a log had another history when it was logged than it has here',

  'witness/own': 'a device is no witness of itself, nor of another room',
  'witness/older': 'a witness has signed a larger checkpoint of this device already',
  'witness/contradiction': 'a checkpoint contradicts what its witness has signed before',
  'witness/proof': 'nothing shows that a checkpoint grew from what its witness has signed before',
  'witness/policy': 'more witnesses are asked for than there are',
  'witness/quorum': 'fewer witnesses have signed than are asked for',

  'anchor/ots': 'an OpenTimestamps proof is not of its form',
  'anchor/digest': 'a proof of an anchor is about something else',
  'anchor/header': 'block headers are not of their form, or do not follow each other',
  'anchor/work': 'the work that a block header claims was not done',
  'anchor/merkle-root': 'a proof does not lead to the block that it names',
  'anchor/rlp': 'what a chain of Ethereum’s form has written down is not of its form',
  'anchor/trie': 'nodes of a trie do not lead to the value that they are said to lead to',
  'anchor/receipt': 'a transaction has failed, or has not anchored the message',
  'anchor/sequence': 'a message does not stand where it is said to stand in the sequence of its sender',

  'bundle/format': 'neither a Parley bundle nor an excerpt of one',
  'bundle/version': 'the file was made by a newer version',
  'bundle/order': 'the logs or checkpoints of a file, or what it has of them, are not in order, or one is there twice',
  'bundle/export-signature': 'the file is not as the device that exported it signed it',
  'bundle/exporter': 'the file was exported by a device that is not in it',
  'bundle/disclosure': 'a file withholds what it must show, or shows what it must withhold',
  'bundle/expected': 'an identity that was expected is not among the authors',
} as const

export type ProtocolErrorCode = keyof typeof protocolErrors

/** Something from outside broke a rule of specs/. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ProtocolErrorCode

  constructor(code: ProtocolErrorCode, detail?: string) {
    super(detail ? `${protocolErrors[code]}: ${detail}` : protocolErrors[code])
    this.code = code
  }
}
