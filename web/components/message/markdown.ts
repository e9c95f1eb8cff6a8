import DOMPurify from 'dompurify'
import MarkdownIt from 'markdown-it'
import { t } from '../../locales/t.ts'

const remembered = 2_000
const cache = new Map<string, string>()

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true, typographer: false })
markdown.disable(['image', 'table', 'heading', 'lheading', 'hr', 'reference'])
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
markdown.validateLink = (url) => /^(https?:|mailto:)/i.test(url.trim())

markdown.renderer.rules.link_open = (tokens, i, options, _env, renderer) => {
  const link = tokens[i]!
  link.attrSet('target', '_blank')
  link.attrSet('rel', 'noopener noreferrer')
  // The words of a link can say anything; this says where it leads.
  link.attrSet('title', `${link.attrGet('href')} ${t('app.newWindow')}`)
  return renderer.renderToken(tokens, i, options)
}

const allowed = {
  ALLOWED_TAGS: ['p', 'br', 'strong', 'em', 's', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'a'],
  ALLOWED_ATTR: ['href', 'target', 'rel', 'title', 'start'],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
}

/**
 * The HTML of a message. Two walls: the writer of Markdown lets no HTML, image or foreign scheme through, and the
 * purifier knows only a dozen harmless elements. Nothing in it is fetched before somebody clicks.
 */
export function messageHtml(text: string): string {
  const known = cache.get(text)
  if (known !== undefined) return known
  const html = DOMPurify.sanitize(markdown.render(tame(text)), allowed)
  cache.set(text, html)
  if (cache.size > remembered) cache.delete(cache.keys().next().value ?? '')
  return html
}

/**
 * Take away what lets a text reach out of its own line: direction overrides, which make it read otherwise than it
 * is, and heaps of combining marks, which draw over the neighbours.
 */
export function tame(text: string): string {
  return text.replace(/[\u202A-\u202E]/g, '').replace(/(\p{M}{4})\p{M}+/gu, '$1')
}
