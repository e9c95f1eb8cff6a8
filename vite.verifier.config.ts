import { createHash } from 'node:crypto'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

/** The verifier, as one file that needs no other: it is opened from a disk, and can reach nothing. */
export default defineConfig({
  root: 'web',
  base: './',
  publicDir: false,
  plugins: [vue(), intoOneFile()],
  worker: { format: 'iife' },
  build: {
    outDir: '../dist/web',
    emptyOutDir: false,
    target: 'es2023',
    cssCodeSplit: false,
    modulePreload: false,
    rolldownOptions: { input: 'web/parley-verifier.html' },
  },
})

/** Put the one script and the one style into the page, and allow these two by their hashes and nothing else. */
function intoOneFile(): Plugin {
  return {
    name: 'into-one-file',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const files = Object.values(bundle)
      const page = files.find(({ fileName }) => fileName.endsWith('.html'))
      const style = files.find(({ fileName }) => fileName.endsWith('.css'))
      const script = files.find(({ type }) => type === 'chunk')
      if (page?.type !== 'asset' || style?.type !== 'asset' || script?.type !== 'chunk' || files.length !== 3) {
        throw new Error(`a page, a script and a style expected, not ${files.map(({ fileName }) => fileName)}`)
      }
      const code = script.code.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')
      const css = String(style.source).trim()
      const policy = [
        "default-src 'none'",
        `script-src ${hashOf(code)}`,
        `style-src ${hashOf(css)}`,
        'worker-src blob:',
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
      ].join('; ')
      const head = `<meta http-equiv="content-security-policy" content="${policy}" />\n    <style>${css}</style>`
      page.source = String(page.source)
        .replace(/<script[^>]*src=[^>]*><\/script>/, '')
        .replace(/<link[^>]*rel="stylesheet"[^>]*>/, '')
        .replace('<meta charset="utf-8" />', () => `<meta charset="utf-8" />\n    ${head}`)
        .replace('</body>', () => `  <script type="module">${code}</script>\n  </body>`)
      for (const { fileName } of [script, style]) delete bundle[fileName]
    },
  }
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
