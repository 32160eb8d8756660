import { setTimeout as wait } from 'node:timers/promises'
import { byBytes } from '../../domain/bytes.ts'
import { stateAt } from '../../domain/sla/clock.ts'
import { HttpProblem } from '../../http/problem.ts'
import { StoreError } from '../../store/port.ts'
import { instantOf } from '../answer.ts'
import type { AnswerReader } from '../as-of.ts'
import { clocksIn, type SlaBook, type SlaBooks } from '../sla/book.ts'
import { holderAt, isOpen } from '../sla/clocks.ts'

/** Clocks that still ask for something, at one instant. */
export type Counts = { readonly running: number; readonly due_within_hour: number; readonly overdue: number }
export const NO_CLOCKS: Counts = { running: 0, due_within_hour: 0, overdue: 0 }

/** What listeners are told. `owners`: the same by who has the lead, to pick one’s own from; `over`: nothing more will be told. */
export type LiveState =
  | { readonly kind: 'freshness'; readonly watermark: string; readonly changed_at: string | null; readonly lag_seconds: number }
  | { readonly kind: 'clocks'; readonly as_of: string; readonly all: Counts; readonly owners: ReadonlyMap<string, Counts> }
  | { readonly kind: 'away'; readonly away: boolean }
  | { readonly kind: 'over' }

export type Listener = (state: LiveState) => void
export type LiveFeed = {
  /** Tells at once what is known of the tenant, then whatever changes, until it is called off. */
  readonly listen: (tenant: string, listener: Listener) => () => void
  readonly close: () => void
}

export type LiveFeedOptions = {
  readonly reader: AnswerReader
  readonly books: SlaBooks
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** How often a tenant that somebody listens to is looked at; 2 s. */
  readonly pollMs?: number
  /** While nothing happens freshness is told this often; 10 s. */
  readonly quietMs?: number
}

const HOUR_MICROS = 3_600_000_000

const countsAt = (book: SlaBook, at: number): { readonly all: Counts; readonly owners: ReadonlyMap<string, Counts> } => {
  const owners = new Map<string, { running: number; due_within_hour: number; overdue: number }>()
  const all = { ...NO_CLOCKS }
  for (const clock of clocksIn(book)) {
    if (clock.startAt > at) continue
    const state = stateAt(clock, at, book.excused)
    if (!isOpen(clock, state, at)) continue
    const { owner } = holderAt(clock, state, at)
    const own = owners.get(owner) ?? { ...NO_CLOCKS }
    owners.set(owner, own)
    for (const counts of [all, own]) {
      if (state !== 'running') counts.overdue += 1
      else {
        counts.running += 1
        if (clock.dueAt - at <= HOUR_MICROS) counts.due_within_hour += 1
      }
    }
  }
  return { all, owners }
}

const textOf = ({ all, owners }: Extract<LiveState, { kind: 'clocks' }>): string =>
  JSON.stringify([all, [...owners].toSorted(([a], [b]) => byBytes(a, b))])

type Watched = {
  readonly listeners: Set<Listener>
  readonly ending: AbortController
  readonly last: Map<LiveState['kind'], LiveState>
  toldAt: number
}

/** One look at the store for all who listen to a tenant; nobody listens, nobody looks. */
export const createLiveFeed = ({ reader, books, now, pollMs = 2_000, quietMs = 10_000 }: LiveFeedOptions): LiveFeed => {
  const watched = new Map<string, Watched>()

  const tell = (of: Watched, state: LiveState): void => {
    of.last.set(state.kind, state)
    for (const listener of of.listeners) listener(state)
  }
  const isSame = (a: LiveState | undefined, b: LiveState): boolean => a?.kind === 'clocks' && b.kind === 'clocks' && textOf(a) === textOf(b)

  const look = async (tenant: string, of: Watched): Promise<void> => {
    const seen = await reader.read(tenant, {}, async context => ({
      watermark: context.watermark,
      changedAt: context.keptSince,
      counts: countsAt(await books.of(context), context.observedTo * 1_000),
    }))
    if (of.last.has('away')) {
      of.last.delete('away')
      for (const listener of of.listeners) listener({ kind: 'away', away: false })
    }
    const at = now()
    const before = of.last.get('freshness')
    const changed_at = seen.changedAt === null ? null : instantOf(seen.changedAt)
    const hasChanged = before?.kind !== 'freshness' || before.changed_at !== changed_at
    if (hasChanged || at - of.toldAt >= quietMs) {
      of.toldAt = at
      tell(of, {
        kind: 'freshness',
        watermark: instantOf(seen.watermark),
        changed_at,
        lag_seconds: Math.max(0, at - seen.watermark) / 1_000,
      })
    }
    const clocks: LiveState = { kind: 'clocks', as_of: instantOf(seen.watermark), ...seen.counts }
    if (!isSame(of.last.get('clocks'), clocks)) tell(of, clocks)
  }

  const watch = async (tenant: string, of: Watched): Promise<void> => {
    const { signal } = of.ending
    while (!signal.aborted) {
      try {
        await look(tenant, of)
      } catch (error) {
        // the store is away, or nothing is projected yet: it comes back, and listeners stay
        if (!(error instanceof StoreError || error instanceof HttpProblem)) throw error
        if (!of.last.has('away')) tell(of, { kind: 'away', away: true })
      }
      await wait(pollMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  const forget = (tenant: string, of: Watched): void => {
    if (watched.get(tenant) === of) watched.delete(tenant)
  }

  return {
    listen: (tenant, listener) => {
      const known = watched.get(tenant)
      const of: Watched = known ?? { listeners: new Set(), ending: new AbortController(), last: new Map(), toldAt: 0 }
      of.listeners.add(listener)
      if (known === undefined) {
        watched.set(tenant, of)
        // what no listener can help ends them: their pages come back and ask again
        watch(tenant, of).catch(() => {
          forget(tenant, of)
          for (const each of of.listeners) each({ kind: 'over' })
        })
      } else for (const state of of.last.values()) listener(state)
      return () => {
        of.listeners.delete(listener)
        if (of.listeners.size > 0) return
        of.ending.abort()
        forget(tenant, of)
      }
    },
    close: () => {
      for (const { ending } of watched.values()) ending.abort()
      watched.clear()
    },
  }
}
