import type { OwnGroupCall } from '../../node/api/calls.ts'
import { chromiumAnswer, chromiumOffer } from '../protocol/call/chromium.ts'

/** What a page tells its node about the links of a group call. */
export interface LinkCommands {
  offerLink(call: string, device: string, sdp: string): Promise<unknown>
  answerLink(call: string, device: string, link: string, sdp: string): Promise<unknown>
}

let made = 0

/** Real Chromium's SDP, under credentials that no other has. */
const anew = (sdp: string, ufrag: string) => sdp.replaceAll(ufrag, `${ufrag}${(++made).toString(36)}`)

/** Do once what a page with a browser's media would do for the group call that its node shows. */
export async function playLinks(call: OwnGroupCall | null, commands: LinkCommands): Promise<void> {
  for (const { device, turn, link, remote } of call?.participants ?? []) {
    if (turn === 'offer') await commands.offerLink(call!.id, device, anew(chromiumOffer, 'R/A7'))
    if (turn === 'answer' && remote) await commands.answerLink(call!.id, device, link!, anew(chromiumAnswer, 'gIkq'))
  }
}
