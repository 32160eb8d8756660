import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'

/** What a link carries: every choice that changes what a page shows, as text. */
export type Search = Readonly<Record<string, string>>

/** Choices that stay when one goes to another page. */
const GLOBAL = ['period', 'as_of', 'currency', 'team', 'segment'] as const

export const parseSearch = (text: string): Search => Object.fromEntries(new URLSearchParams(text))
export const searchText = (search: Readonly<Record<string, unknown>>): string => {
  const kept = Object.entries(search).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept.map(([name, value]) => [name, String(value)]))}`
}
export const keptAcross = (search: Search): Search =>
  Object.fromEntries(GLOBAL.flatMap(name => (search[name] === undefined ? [] : [[name, search[name]]])))

export type View = {
  readonly search: Search
  /** One choice, or what stands for it when there is none. */
  readonly get: (name: string, otherwise?: string) => string
  /** Changes some choices and keeps the rest; empty text takes one away. */
  readonly patch: (changes: Readonly<Record<string, string | undefined>>) => void
  /** Other choices in place of all of them. */
  readonly replaceAll: (search: Search) => void
}

export const useView = (): View => {
  const search: Search = useSearch({ strict: false })
  const navigate = useNavigate()
  const patch = useCallback<View['patch']>(
    changes => {
      void navigate({
        to: '.',
        search: ((before: Search) => ({ ...before, ...changes })) as never,
        replace: !('proof' in changes),
        resetScroll: false,
      })
    },
    [navigate],
  )
  const replaceAll = useCallback((all: Search): void => void navigate({ to: '.', search: all as never }), [navigate])
  return useMemo(
    () => ({ search, patch, replaceAll, get: (name, otherwise = '') => search[name] ?? otherwise }),
    [search, patch, replaceAll],
  )
}
