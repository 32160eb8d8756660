import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const KEY = 'accord-theme'
const listeners = new Set<() => void>()

const read = (): Theme => {
  const kept = localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

/** Before the first paint, so that a dark room stays dark. */
export const applyTheme = (): void => {
  const theme = read()
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  // on paper it is day
  const media = ['(prefers-color-scheme: dark)', 'print'].map(query => matchMedia(query))
  for (const each of media) each.addEventListener('change', listener)
  return () => {
    listeners.delete(listener)
    for (const each of media) each.removeEventListener('change', listener)
  }
}

export const useTheme = (): readonly [Theme, (theme: Theme) => void] => [
  useSyncExternalStore(subscribe, read),
  theme => {
    localStorage.setItem(KEY, theme)
    applyTheme()
    for (const listener of listeners) listener()
  },
]

/** Changes whenever the colours on the page do. */
export const useLight = (): string =>
  useSyncExternalStore(subscribe, () => `${read()} ${matchMedia('(prefers-color-scheme: dark)').matches} ${matchMedia('print').matches}`)

export const nextTheme = (theme: Theme): Theme => (theme === 'system' ? 'dark' : theme === 'dark' ? 'light' : 'system')
