import { count, type Findings, unknownText } from './findings.ts'
import type { Heard } from './heard.ts'
import { entriesIn, isSealed, type WalkedLog } from './walked-log.ts'

/** What is withheld, or was never the exporter's to give, is neither right nor wrong: the checks that would need it wait. */
export function sayWithheld(heard: Heard, logs: readonly WalkedLog[], findings: Findings): void {
  saySealed(logs.filter(isSealed), findings)
  const { read, withheldAuthority, unknown } = heard
  if (read.header > 0) {
    const headers = `${count(read.header, 'entry', 'entries')} open as far as the header, and what they say is not disclosed`
    findings.wait('entries', `${headers}${unknownText(unknown)}`)
  }
  if (withheldAuthority > 0) {
    const authority = count(withheldAuthority, 'entry', 'entries')
    findings.wait('membership', `what ${authority} say about who is in the room is not disclosed`)
  }
  sayLocked(read.locked, findings)
}

function saySealed(sealed: readonly WalkedLog[], findings: Findings): void {
  if (sealed.length === 0) return
  const them = `${count(entriesIn(sealed), 'entry', 'entries')} of ${count(sealed.length, 'log')}`
  findings.wait('entries', `${them} sealed: their keys are not disclosed`)
  findings.wait('membership', `what lets ${count(sealed.length, 'log')} in is not disclosed`)
  findings.wait('causality', `what ${them} cite is not disclosed`)
  findings.wait('completeness', `what ${them} cite is not disclosed`)
  if (findings.has('epochs')) findings.wait('epochs', `what ${them} say of epochs is not disclosed`)
}

/** How many entries have no key in the file. */
export function sayLocked(locked: number, findings: Findings): void {
  if (locked === 0) return
  const them = count(locked, 'entry', 'entries')
  findings.wait(
    'entries',
    `${them} not checked: no key. Only ${locked === 1 ? 'its' : 'their'} place, size, epoch and step are known`,
  )
  findings.wait('causality', `what ${them} without a key cite is not known`)
  findings.wait('completeness', `what ${them} without a key cite is not known`)
}
