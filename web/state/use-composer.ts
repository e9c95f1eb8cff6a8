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
  /** Send what is written, after what is still on its way. What the node does not take comes back into the field. */
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
  let outbox: readonly string[] = []
  let draining = false

  function keep(): void {
    const draft = whole()
    if (draft) storage.setItem(draftKey(room), draft)
    else storage.removeItem(draftKey(room))
  }

  function whole(): string {
    return [...outbox, text.value].filter((part) => part.trim() !== '').join('\n\n')
  }

  watch(text, keep, { flush: 'sync' })

  async function drain(): Promise<void> {
    if (draining) return
    draining = true
    try {
      for (let next = outbox[0]; next !== undefined; next = outbox[0]) {
        await sendMessage(next)
        outbox = outbox.slice(1)
        failure.value = null
        keep()
      }
    } catch (error) {
      const unsent = whole()
      outbox = []
      text.value = unsent
      failure.value = sentenceOf(error)
    } finally {
      draining = false
    }
  }

  async function send(): Promise<void> {
    if (!sendable.value) return
    outbox = [...outbox, text.value.trim()]
    text.value = ''
    await drain()
  }

  return { text, left, sendable, failure, send }
}
