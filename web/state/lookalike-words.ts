import type { Member } from '../../node/api/people.ts'
import { t } from '../locales/t.ts'

/** For whom somebody could be taken, as a sentence; empty for whom nobody could. */
export function lookalikeWords(lookalike: Member['lookalike']): string {
  if (!lookalike) return ''
  return lookalike.here ? t('person.alikeHere', lookalike.name) : t('person.alikeElsewhere', lookalike.name)
}
