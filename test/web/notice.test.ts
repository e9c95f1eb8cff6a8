import { describe, expect, test } from 'vitest'
import { createApp } from 'vue'
import type { NoticeItem } from '../../node/api/views.ts'
import NoticeRow from '../../web/components/message/NoticeRow.vue'

function sentenceOf(said: Pick<NoticeItem, 'notice'> & Partial<NoticeItem>): string {
  const item: NoticeItem = {
    type: 'notice',
    id: 'a/1',
    order: '1',
    author: 'a',
    name: 'Ada',
    self: false,
    time: 0,
    index: 1,
    late: false,
    flaw: null,
    about: null,
    text: '',
    ...said,
  }
  const holder = document.createElement('div')
  const app = createApp(NoticeRow, { item, member: undefined })
  app.mount(holder)
  const sentence = holder.querySelector('bdi')!.textContent!
  app.unmount()
  return sentence
}

const dee = { identity: 'd'.repeat(64), name: 'Dee', self: false }

describe('a notice', () => {
  test.each<readonly [Pick<NoticeItem, 'notice'> & Partial<NoticeItem>, string]>([
    [{ notice: 'invite-created' }, 'Ada made a link'],
    [{ notice: 'invite-revoked' }, 'Ada revoked a link'],
    [{ notice: 'admitted', about: dee, text: 'reader' }, 'Ada let Dee in, as reader'],
    [{ notice: 'role-changed', about: dee, text: 'admin' }, 'Ada made Dee admin'],
    [{ notice: 'role-changed', about: { ...dee, name: '' }, text: 'admin' }, 'Ada made dddddddddddd admin'],
    [{ notice: 'member-removed', about: dee, text: 'removed' }, 'Ada removed Dee'],
    [{ notice: 'member-removed', about: dee, text: 'banned' }, 'Ada banned Dee'],
    [{ notice: 'left' }, 'Ada left'],
    [{ notice: 'hidden', text: 'removed' }, 'Ada wrote something without the right to: it is not shown'],
    [{ notice: 'hidden', text: 'revoked' }, 'Written with a revoked device of Ada: it is not shown'],
    [{ notice: 'identity-updated', about: { ...dee, identity: 'a' } }, 'Ada changed which devices speak for them'],
    [{ notice: 'identity-updated', about: dee }, 'Ada brought word that the devices of Dee have changed'],
    [{ notice: 'unknown', text: 'poll-opened' }, 'Ada sent something that this version does not know (poll-opened)'],
  ])('%o says %s', (said, sentence) => {
    expect(sentenceOf(said)).toBe(sentence)
  })
})
