/** Light, dark, or as the system has it; remembered where the browser allows a file to remember. */

export type Theme = 'system' | 'light' | 'dark'

const key = 'assay-theme'
const themes: readonly string[] = ['system', 'light', 'dark']

export const readTheme = (): Theme => {
  try {
    const stored = window.localStorage.getItem(key) ?? ''
    return themes.includes(stored) ? (stored as Theme) : 'system'
  } catch {
    return 'system'
  }
}

export const applyTheme = (theme: Theme): void => {
  if (theme === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.setAttribute('data-theme', theme)
}

export const keepTheme = (theme: Theme): void => {
  applyTheme(theme)
  try {
    window.localStorage.setItem(key, theme)
  } catch {
    // Not allowed here: it lasts as long as the page.
  }
}
