import { fromHex, toHex } from '../../protocol/bytes.ts'
import { safetyNumber } from '../../protocol/identity/safety-number.ts'
import { Problem } from '../api/problems.ts'
import type { CommandParts } from './run-command.ts'

type Parts = Pick<CommandParts, 'contacts' | 'person' | 'primitives' | 'now' | 'renamed'>

/** The digits to compare with somebody. Throws the problem `own-identity`. */
export function readSafetyNumber({ person, primitives }: Parts, identity: string): string {
  requireOther(person, identity)
  return safetyNumber(person.identity, fromHex(identity), primitives)
}

export async function confirmPerson(parts: Parts, identity: string, confirmed: boolean): Promise<void> {
  requireOther(parts.person, identity)
  await parts.contacts.confirm(identity, confirmed ? parts.now() : null)
  parts.renamed()
}

export async function namePerson(parts: Parts, identity: string, name: string | null): Promise<void> {
  requireOther(parts.person, identity)
  await parts.contacts.name(identity, name)
  parts.renamed()
}

export async function setDirectPath(parts: Parts, identity: string, direct: boolean): Promise<void> {
  requireOther(parts.person, identity)
  await parts.contacts.setDirect(identity, direct)
  parts.renamed()
}

function requireOther(person: Parts['person'], identity: string): void {
  if (toHex(person.identity) === identity) throw new Problem('own-identity')
}
