import { describe, expect, test } from 'vitest'
import { messageHtml, tame } from '../../web/components/message/markdown.ts'

function elementOf(text: string): HTMLElement {
  const holder = document.createElement('div')
  holder.innerHTML = messageHtml(text)
  return holder
}

describe('the text of a message', () => {
  test('may be bold, slanted, code, a quote, a list', () => {
    const drawn = elementOf('**a** *b* `c`\n\n> d\n\n- e\n\n```\nf\n```')
    for (const tag of ['strong', 'em', 'code', 'blockquote', 'ul', 'li', 'pre'])
      expect(drawn.querySelector(tag)).not.toBeNull()
  })

  test('keeps its line breaks', () => {
    expect(elementOf('a\nb').querySelectorAll('br')).toHaveLength(1)
  })

  test.each([
    '<img src=x onerror=alert(1)>',
    '<script>alert(1)</script>',
    '<svg onload=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<style>body{display:none}</style>',
  ])('shows %s as it was typed', (html) => {
    const drawn = elementOf(html)
    expect(drawn.querySelector('img, script, svg, a, iframe, style')).toBeNull()
    expect(drawn.textContent).toContain(html)
  })

  test('never loads an image', () => {
    expect(elementOf('![look](https://example.org/pixel.png)').querySelector('img')).toBeNull()
  })

  test.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](java\tscript:alert(1))',
    '[x](data:text/html;base64,PHNjcmlwdD4=)',
    '[x](vbscript:msgbox)',
    '[x](file:///etc/passwd)',
    '[x](//evil.example)',
    '[x](/api/commands)',
    '[x]: javascript:alert(1)\n\n[x]',
    '<javascript:alert(1)>',
  ])('makes no link of %s', (link) => {
    expect(elementOf(link).querySelector('a[href]')).toBeNull()
  })

  test('opens links elsewhere, and tells the other side nothing', () => {
    const link = elementOf('see https://example.org/a?b=1').querySelector('a')
    expect(link?.getAttribute('href')).toBe('https://example.org/a?b=1')
    expect(link?.getAttribute('target')).toBe('_blank')
    expect(link?.getAttribute('rel')).toBe('noopener noreferrer')
  })

  test('says where a link leads, whatever its words are', () => {
    expect(elementOf('[https://bank.example](https://evil.example)').querySelector('a')?.title).toContain(
      'https://evil.example',
    )
  })

  test('cannot be turned around by a direction override', () => {
    expect(elementOf('photo\u202Egnp.exe').textContent).not.toContain('\u202E')
  })

  test('cannot pile marks over its neighbours', () => {
    const zalgo = `h${'\u0336\u0315\u0321'.repeat(40)}i`
    expect([...tame(zalgo)].length).toBeLessThanOrEqual(6)
    expect(tame('Việt Nam, עִבְרִית, नमस्ते')).toBe('Việt Nam, עִבְרִית, नमस्ते')
  })

  test('survives markers without an end', () => {
    expect(() => messageHtml(`${'*_`['.repeat(2000)}`)).not.toThrow()
  })
})
