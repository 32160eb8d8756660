import type { QueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { Refusal, send } from '../api/ask.ts'

type Counts = { readonly running: number; readonly due_within_hour: number; readonly overdue: number }
/** What the API tells by itself: how far figures have come, and how many clocks ask for something. */
type Live = {
  readonly state: 'off' | 'live' | 'away'
  readonly watermark: string | null
  readonly changedAt: string | null
  readonly clocks: (Counts & { readonly mine: Counts | null }) | null
}

const OFF: Live = { state: 'off', watermark: null, changedAt: null, clocks: null }
let now: Live = OFF
const listeners = new Set<() => void>()
const tell = (changes: Partial<Live>): void => {
  now = { ...now, ...changes }
  for (const listener of listeners) listener()
}
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
export const useLive = (): Live => useSyncExternalStore(subscribe, () => now)

/** One event of a stream: `event: name`, `data: json`; comments say nothing. */
const eventOf = (block: string): readonly [name: string, data: unknown] | null => {
  const lines = block.split('\n')
  const of = (field: string): string =>
    lines
      .filter(line => line.startsWith(`${field}:`))
      .map(line => line.slice(field.length + 1).trim())
      .join('\n')
  const data = of('data')
  if (data === '') return null
  try {
    return [of('event'), JSON.parse(data)]
  } catch {
    return null
  }
}

/** Reads a stream to its end, event by event. */
const read = async (body: ReadableStream<Uint8Array>, said: (name: string, data: unknown) => void): Promise<void> => {
  const reader = body.pipeThrough<string>(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (rest + value).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = eventOf(block)
      if (event !== null) said(...event)
    }
  }
}

const AGAIN_MS = 3_000
/** Figures of an open page are asked again this often while events keep coming; clocks sooner. */
const FIGURES_MS = 20_000
const CLOCKS_MS = 2_000
const CLOCK_ROUTES = new Set(['GET /v1/sla/clocks', 'GET /v1/leads', 'GET /v1/sla/excuses'])
/** Is not answered otherwise because something happened, or asks by itself. */
const CALM_ROUTES = new Set(['GET /v1/freshness', 'GET /v1/session', 'GET /v1/members', 'proof'])

const routeOf = (key: readonly unknown[]): string => (typeof key[0] === 'string' ? key[0] : '')
/** As of an instant nothing moves any more. */
const isOfThePast = (key: readonly unknown[]): boolean => JSON.stringify(key).includes('"as_of":"')

/** At most once in a while, and once more at its end. */
const seldom = (ms: number, act: () => void): (() => void) => {
  let waiting: ReturnType<typeof setTimeout> | undefined
  let last = 0
  return () => {
    if (waiting !== undefined) return
    waiting = setTimeout(
      () => {
        waiting = undefined
        last = Date.now()
        act()
      },
      Math.max(0, last + ms - Date.now()),
    )
  }
}

/** Listens while the page is open and seen; what is on it is asked again when something has happened. */
export const useListening = (client: QueryClient, enabled: boolean): void =>
  useEffect(() => {
    if (!enabled) return
    const stop = new AbortController()
    const renew = (wanted: (route: string) => boolean): void => {
      if (document.hidden) return
      void client.invalidateQueries({
        predicate: ({ queryKey }) => wanted(routeOf(queryKey)) && !CALM_ROUTES.has(routeOf(queryKey)) && !isOfThePast(queryKey),
      })
    }
    const figures = seldom(FIGURES_MS, () => renew(route => !CLOCK_ROUTES.has(route)))
    const clocks = seldom(CLOCKS_MS, () => renew(route => CLOCK_ROUTES.has(route)))
    const hear = (name: string, data: unknown): void => {
      if (name === 'freshness') {
        const { watermark, changed_at: changedAt } = data as { readonly watermark: string; readonly changed_at: string | null }
        const moved = now.watermark !== null && changedAt !== now.changedAt
        tell({ state: 'live', watermark, changedAt })
        if (!moved) return
        clocks()
        figures()
      } else if (name === 'clocks') {
        const before = now.clocks
        tell({ state: 'live', clocks: data as Live['clocks'] })
        if (before !== null) clocks()
      } else if (name === 'state') tell({ state: (data as { readonly state: Live['state'] }).state })
    }
    const listen = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        try {
          const { body } = await send('/v1/live', { signal: stop.signal, headers: { accept: 'text/event-stream' } })
          if (body !== null) await read(body, hear)
        } catch (error) {
          // too many listen already, or this service has no such line: pages ask by themselves
          if (error instanceof Refusal && error.status < 500) return
          if (!stop.signal.aborted) tell({ state: 'away' })
        }
        await new Promise(done => setTimeout(done, AGAIN_MS))
      }
    }
    void listen()
    return () => {
      stop.abort()
      tell(OFF)
    }
  }, [client, enabled])
