import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/** The page. Nothing is inlined, because the shipped content security policy allows no inline script, style or data font. */
export default defineConfig({
  root: 'web',
  base: '/',
  plugins: [vue()],
  worker: { format: 'es' },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        // They change less often than the page, and a browser keeps them.
        manualChunks: (id) => (id.includes('node_modules') ? 'libraries' : undefined),
      },
    },
  },
})
