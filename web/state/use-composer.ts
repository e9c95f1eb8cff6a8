import { computed, type Ref, ref, type ShallowRef, shallowRef, watch } from 'vue'
import { limits } from '../../node/api/commands.ts'
import { sentenceOf } from '../bridge/bridge-problem.ts'

const draftKey = (room: string) => `parley.draft.${room}`

export interface UseComposer {
  readonly text: Ref<string>
  /** Characters left; below zero the text is too long. */
  readonly left: Readonly<ShallowRef<number>>
  readonly sendable: Readonly<ShallowRef<boolean>>
  /** Why the last attempt failed, in words. */
  readonly failure: Readonly<ShallowRef<string | null>>
  /** Send what is written. The text leaves the field only when the node has it. */
  send(): Promise<void>
}

interface Surroundings {
  readonly room: string
  readonly storage: Storage
  readonly sendMessage: (text: string) => Promise<void>
}

/** A message being written: kept over reloads, and never lost by a failed send. */
export function useComposer({ room, storage, sendMessage }: Surroundings): UseComposer {
  const text = ref(storage.getItem(draftKey(room)) ?? '')
  const failure = shallowRef<string | null>(null)
  const left = computed(() => limits.textLength - text.value.length)
  const sendable = computed(() => text.value.trim() !== '' && left.value >= 0)
  let sending = false
  let again = false

  watch(
    text,
    (draft) => {
      if (draft) storage.setItem(draftKey(room), draft)
      else storage.removeItem(draftKey(room))
    },
    { flush: 'sync' },
  )

  async function send(): Promise<void> {
    if (sending) {
      again = true
      return
    }
    if (!sendable.value) return
    const sent = text.value
    sending = true
    try {
      await sendMessage(sent.trim())
      // What was typed meanwhile stays.
      text.value = text.value.startsWith(sent) ? text.value.slice(sent.length) : text.value
      failure.value = null
    } catch (error) {
      failure.value = sentenceOf(error)
      again = false
    } finally {
      sending = false
    }
    if (again) {
      again = false
      await send()
    }
  }

  return { text, left, sendable, failure, send }
}
