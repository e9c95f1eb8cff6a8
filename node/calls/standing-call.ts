import type { CallPeer } from '../../protocol/call/call.ts'

/** What the log of a room says about one call, entry by entry, in everybody's order. */
export interface CallLine extends CallPeer {
  readonly type: 'call-started' | 'call-offer' | 'call-answer' | 'call-ended' | 'call-joined' | 'call-left'
  /** To whom: an identity in a start, a device in an offer and an answer. In an end, why. In a coming, the call key. */
  readonly text: string
}

/** A call with one person that was answered and that neither side has ended, as far as the log says. */
export interface StandingCall {
  readonly direction: 'outgoing' | 'incoming'
  readonly peer: CallPeer
}

/**
 * The call that this device is in with that one, or null if the log does not say that there is one: what memory has lost is not believed
 * of a page alone.
 */
export function standingCall(lines: readonly CallLine[], self: CallPeer, device: string): StandingCall | null {
  const isOver = lines.some(
    (line) => line.type === 'call-ended' && (line.device === self.device || line.device === device),
  )
  const isOpen = lines.some((line) => line.type === 'call-joined' && line.device === self.device)
  if (isOver || isOpen) return null
  const says = (type: CallLine['type'], from: string, to: string) =>
    lines.find((line) => line.type === type && line.device === from && line.text === to)
  const answered = says('call-offer', self.device, device) && says('call-answer', device, self.device)
  if (answered) {
    const { identity } = answered
    const isCalled = lines.some(
      (line) => line.type === 'call-started' && line.device === self.device && line.text === identity,
    )
    return isCalled ? { direction: 'outgoing', peer: { identity, device } } : null
  }
  const offered = says('call-offer', device, self.device)
  return offered && says('call-answer', self.device, device)
    ? { direction: 'incoming', peer: { identity: offered.identity, device } }
    : null
}

/** The devices that this one has called, or answered: one of them may be in the call. */
export function devicesIn(lines: readonly CallLine[], self: CallPeer): readonly string[] {
  const own = lines.filter(
    ({ type, device }) => device === self.device && (type === 'call-offer' || type === 'call-answer'),
  )
  return own.map(({ text }) => text)
}
