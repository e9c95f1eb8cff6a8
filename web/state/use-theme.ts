import { type Ref, ref, watchEffect } from 'vue'

export type Theme = 'system' | 'light' | 'dark'
export const themes: readonly Theme[] = ['system', 'light', 'dark']

const themeKey = 'parley.theme'

/** The page's theme, kept over reloads and written to the root element, where the tokens look for it. */
export function useTheme(storage: Storage = localStorage): Ref<Theme> {
  const kept = storage.getItem(themeKey)
  const theme = ref<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system')
  watchEffect(() => {
    if (theme.value === 'system') {
      storage.removeItem(themeKey)
      delete document.documentElement.dataset['theme']
    } else {
      storage.setItem(themeKey, theme.value)
      document.documentElement.dataset['theme'] = theme.value
    }
  })
  return theme
}
