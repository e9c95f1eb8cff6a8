/**
 * What can go wrong between a person and their node: a code for programs, an HTTP status, and a sentence for people.
 *
 * Travels as `application/problem+json` (RFC 9457): `{type: code, status, title, detail?}`.
 */
export const problems = {
  'bad-request': [400, 'The request is not of the form that this node understands.'],
  'not-let-in': [401, 'This browser has not been let in yet. Run `parley open` on this computer.'],
  'code-used': [401, 'This login code has been used or is too old. Run `parley open` for a new one.'],
  'foreign-origin': [403, 'The request came from another site.'],
  'foreign-host': [421, 'The request was meant for another host.'],
  'too-many-requests': [429, 'Too many requests. Try again in a minute.'],
  'too-large': [413, 'The request is too large.'],
  'not-found': [404, 'There is nothing at this address.'],
  'no-such-room': [404, 'This node is not in that room.'],
  'no-such-message': [404, 'There is no such message in this room.'],
  'no-such-call': [404, 'That call is over.'],
  'call-lost': [410, 'The call is over: it could not be gone on with after your node was started anew.'],
  'no-such-session': [404, 'There is no such browser.'],
  'no-name': [409, 'Say first how you want to be called.'],
  'link-malformed': [400, 'This is not a Parley link, or a part of it is missing.'],
  'link-newer': [400, 'This link was made by a newer Parley. Update this one to use it.'],
  'link-expired': [410, 'This link has expired. Ask for a new one.'],
  'device-revoked': [
    403,
    'This device was revoked by another one of yours. It shows what it has, and writes nothing any more.',
  ],
  'own-device': [400, 'This is the device that you are using. Revoke it from another one of yours.'],
  'no-such-device': [404, 'You have no such device, or it was revoked already.'],
  'may-not-write': [403, 'You may not write in this room.'],
  'not-allowed': [403, 'You may not do this in this room.'],
  'no-such-person': [404, 'There is nobody like that in this room.'],
  'no-such-invite': [404, 'There is no such link, or it is not yours to show.'],
  'no-invite': [409, 'The link by which you came admits nobody any more. Ask somebody who may invite.'],
  'text-too-long': [413, 'The message is too long.'],
  'text-empty': [400, 'The message is empty.'],
  'name-invalid': [400, 'A name needs at least one visible character.'],
  'words-gone': [410, 'The recovery words are not on this computer any more. Only whoever wrote them down has them.'],
  'words-wrong': [400, 'These are not 24 recovery words: one is missing, misspelt, or stands in another place.'],
  'not-fresh': [
    409,
    'This node is somebody’s already. It can become another person’s, or another device of yours, only where Parley has not been used yet.',
  ],
  'pairing-expired': [410, 'This link for a new device has expired. Make another one on your other device.'],
  'pairing-code-wrong': [
    400,
    'This is not the code of the device that is connected. If you typed what yours shows, stop: somebody else has the link.',
  ],
  'no-pairing': [409, 'No other device is waiting to be taken in.'],
  'own-identity': [400, 'This is you.'],
  'peer-offline': [409, 'This person is not online now.'],
  'call-busy': [409, 'You are in a call already.'],
  'call-full': [409, 'This call is full: as many are in it as can be.'],
  'no-such-link': [404, 'This participant has left the call, or is being reached anew.'],
  'call-refused': [409, 'The call could not be set up safely and was refused.'],
  'chain-address': [
    400,
    'The address of a chain’s node begins with http:// or https://, with user and password in it.',
  ],
  'no-such-chain': [404, 'No chain of this name is set up.'],
  'too-many-chains': [409, 'Sixteen chains are set up already.'],
  'disk-full': [507, 'The disk is full. Nothing was lost; free some space and try again.'],
  'storage-failing': [500, 'The disk cannot be written. Nothing more is accepted until this is solved.'],
  internal: [500, 'Something went wrong in the node. Its log says more.'],
} as const satisfies Record<string, readonly [number, string]>

export type ProblemCode = keyof typeof problems

/** A problem that may be told to whoever sent the request. `detail` must not carry a secret or a path. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly detail: string | undefined

  constructor(code: ProblemCode, detail?: string) {
    super(detail ? `${problems[code][1]} ${detail}` : problems[code][1])
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return problems[this.code][0]
  }
}

/** A problem on the wire. */
export interface ProblemBody {
  readonly type: ProblemCode
  readonly status: number
  readonly title: string
  readonly detail?: string
}
