import { beforeEach, describe, expect, test } from 'vitest'
import { createApp, h, nextTick } from 'vue'
import { unreachable } from '../../web/bridge/bridge-problem.ts'
import MessageComposer from '../../web/components/message/MessageComposer.vue'
import { useComposer } from '../../web/state/use-composer.ts'

beforeEach(() => localStorage.clear())

/** A way to the node that takes as long as one wants. */
function road(): { readonly taken: Promise<void>; arrive(): void } {
  let arrive = () => {}
  const taken = new Promise<void>((resolve) => {
    arrive = resolve
  })
  return { taken, arrive: () => arrive() }
}

describe('a message being written', () => {
  const open = (sendMessage: (text: string) => Promise<void>) =>
    useComposer({ room: 'garden', storage: localStorage, sendMessage })

  test('leaves the field when the node has it', async () => {
    const sent: string[] = []
    const composer = open(async (text) => void sent.push(text))
    composer.text.value = ' hello '
    await composer.send()
    expect(sent).toEqual(['hello'])
    expect(composer.text.value).toBe('')
  })

  test('is not lost when sending fails, and the reason is told', async () => {
    const composer = open(() => Promise.reject(unreachable()))
    composer.text.value = 'hello'
    await composer.send()
    expect(composer.text.value).toBe('hello')
    expect(composer.failure.value).toBe(unreachable().message)
    expect(open(async () => {}).text.value).toBe('hello')
  })

  test('comes back after a reload, in its own room only', () => {
    open(async () => {}).text.value = 'half a thought'
    expect(open(async () => {}).text.value).toBe('half a thought')
    expect(useComposer({ room: 'choir', storage: localStorage, sendMessage: async () => {} }).text.value).toBe('')
  })

  test('leaves room for the next while it is on its way, and comes back before it on failure', async () => {
    const way = road()
    const composer = open(async () => {
      await way.taken
      throw unreachable()
    })
    composer.text.value = 'one'
    const sending = composer.send()
    expect(composer.text.value).toBe('')
    composer.text.value = 'two'
    expect(open(async () => {}).text.value).toBe('one\n\ntwo')
    way.arrive()
    await sending
    expect(composer.text.value).toBe('one\n\ntwo')
  })

  test('is sent after the one before it, and each only once', async () => {
    const sent: string[] = []
    const way = road()
    const composer = open(async (text) => {
      sent.push(text)
      await way.taken
    })
    composer.text.value = 'one'
    const sending = composer.send()
    composer.text.value = 'two'
    await composer.send()
    way.arrive()
    await sending
    expect(sent).toEqual(['one', 'two'])
  })

  test('is not sent when it is empty or too long', async () => {
    const composer = open(() => Promise.reject(new Error('was sent')))
    composer.text.value = ' \n '
    expect(composer.sendable.value).toBe(false)
    composer.text.value = 'a'.repeat(8_001)
    expect(composer.sendable.value).toBe(false)
    expect(composer.left.value).toBe(-1)
    await composer.send()
    expect(composer.failure.value).toBeNull()
  })
})

describe('the field for a message', () => {
  function draw(): { field: HTMLTextAreaElement; sent: string[] } {
    const sent: string[] = []
    const holder = document.createElement('div')
    document.body.replaceChildren(holder)
    const sendMessage = async (text: string) => void sent.push(text)
    createApp({ render: () => h(MessageComposer, { room: 'garden', roomName: 'Garden', sendMessage }) }).mount(holder)
    return { field: holder.querySelector('textarea')!, sent }
  }

  async function type(field: HTMLTextAreaElement, text: string, key: KeyboardEventInit): Promise<KeyboardEvent> {
    field.value = text
    field.dispatchEvent(new Event('input'))
    const event = new KeyboardEvent('keydown', { key: 'Enter', cancelable: true, bubbles: true, ...key })
    field.dispatchEvent(event)
    await nextTick()
    await nextTick()
    return event
  }

  test('sends at Enter', async () => {
    const { field, sent } = draw()
    const event = await type(field, 'hello', {})
    expect(event.defaultPrevented).toBe(true)
    expect(sent).toEqual(['hello'])
  })

  test('breaks the line at Shift and Enter', async () => {
    const { field, sent } = draw()
    const event = await type(field, 'hello', { shiftKey: true })
    expect(event.defaultPrevented).toBe(false)
    expect(sent).toEqual([])
  })

  test.each([{ isComposing: true }, { keyCode: 229 }])(
    'leaves Enter to an input method that composes (%o)',
    async (key) => {
      const { field, sent } = draw()
      await type(field, 'にほn', key)
      expect(sent).toEqual([])
    },
  )
})
