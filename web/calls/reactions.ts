import { reactionPictures } from '../../protocol/call/note.ts'
import { t } from '../locales/t.ts'

/** All that one can throw into a call, in the order of their numbers, each with its word. */
export const callReactions: readonly { readonly picture: string; readonly word: string }[] = reactionPictures.map(
  (picture, i) => ({ picture, word: t('call.reaction', i) }),
)
