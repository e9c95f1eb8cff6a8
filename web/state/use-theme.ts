import { type InjectionKey, inject, type Ref, ref, watchEffect } from 'vue'

export type Theme = 'system' | 'light' | 'dark'
export const themes: readonly Theme[] = ['system', 'light', 'dark']

export const themeKey: InjectionKey<Ref<Theme>> = Symbol('theme')

const storageKey = 'parley.theme'

/** The page's theme, kept over reloads and written to the root element, where the tokens look for it. */
export function useTheme(storage: Storage = localStorage): Ref<Theme> {
  const kept = storage.getItem(storageKey)
  const theme = ref<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system')
  watchEffect(() => {
    if (theme.value === 'system') {
      storage.removeItem(storageKey)
      delete document.documentElement.dataset.theme
    } else {
      storage.setItem(storageKey, theme.value)
      document.documentElement.dataset.theme = theme.value
    }
  })
  return theme
}

/** The theme, where a component wants to change it. */
export function useThemeChoice(): Ref<Theme> {
  const theme = inject(themeKey)
  if (!theme) throw new Error('no theme was provided')
  return theme
}
