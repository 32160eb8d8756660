import type { Days } from './days.ts'
import { type DealHistory } from './history.ts'
import { type Known, type KnownDeal, knownAtInstant, type Terms } from './known.ts'
import { isCalled } from './methods.ts'
import type { PeriodDays } from './periods-of.ts'

/** What one deal adds to a figure; of a ratio `base` is its part of the denominator. */
export type DealPart = { readonly deal: KnownDeal; readonly value: number; readonly base?: number; readonly note?: string }

const worthOf = ({ worth }: KnownDeal): number => worth ?? 0
const dueIn =
  ({ from, to }: PeriodDays) =>
  ({ closeDay }: KnownDeal): boolean =>
    closeDay !== null && closeDay >= from && closeDay < to

/** M78: open with close date in the period, at or above the floor. */
export const openPipeline = ({ open }: Known, period: PeriodDays, floor: number): readonly DealPart[] =>
  open.filter(deal => deal.rank >= floor && dueIn(period)(deal)).map(deal => ({ deal, value: worthOf(deal) }))

/** Beside M78: open at or above the floor with a close date before the period begins. */
export const overdue = ({ open }: Known, period: PeriodDays, floor: number): readonly DealPart[] =>
  open
    .filter(({ rank, closeDay }) => rank >= floor && closeDay !== null && closeDay < period.from)
    .map(deal => ({ deal, value: worthOf(deal) }))

export const wonIn = ({ won }: Known, period: PeriodDays): readonly DealPart[] =>
  won.filter(dueIn(period)).map(deal => ({ deal, value: worthOf(deal) }))

export const ROLL_UPS = ['closed', 'commit', 'best-case', 'pipeline'] as const
export type RollUp = (typeof ROLL_UPS)[number]

/** M80: each level has the ones before it in it. Deals that are omitted from the forecast are in none. */
export const rollUp = (known: Known, period: PeriodDays, level: RollUp): readonly DealPart[] => {
  const closed = wonIn(known, period)
  if (level === 'closed') return closed
  const due = known.open.filter(dueIn(period)).filter(({ state }) => state.category.toLowerCase() !== 'omitted')
  const open = due.filter(
    ({ state: { category } }) => level === 'pipeline' || isCalled(category, level === 'commit' ? 'category-commit' : 'category-best-case'),
  )
  return [...closed, ...open.map(deal => ({ deal, value: worthOf(deal) }))]
}

/** M89: later close dates so far, of open deals that are due in the period. */
export const pushes = ({ open }: Known, period: PeriodDays, floor: number): readonly DealPart[] =>
  open.filter(deal => deal.rank >= floor && dueIn(period)(deal) && deal.state.pushes > 0).map(deal => ({ deal, value: deal.state.pushes }))

/** M90: open deals without a move or a touch of the kind that counts for `days` days; `touchedAt` is in µs, 0 where there was none. */
export const isStale = ({ state }: KnownDeal, touchedAt: number, now: number, days: number): boolean =>
  now * 1000 - Math.max(state.movedAt, state.createdAt, touchedAt) >= days * 86_400_000_000

/**
 * M88: of what was due in the period when it began (as known then) the value that was still open at its end, whatever its date says then; at the value that was due.
 * Null before the period has begun. Until its end what is open now.
 */
export const slippage = (
  history: DealHistory,
  terms: Terms,
  period: PeriodDays,
  floor: number,
  known: Known,
): readonly DealPart[] | null => {
  const start = terms.days.start(period.from)
  const end = Math.min(known.asOf, terms.days.start(period.to) - 1)
  if (start > known.asOf) return null
  const due = openPipeline(knownAtInstant(history, terms, start), period, floor)
  const later = new Map(statesAt(history, terms, end, known).open.map(deal => [deal.place, deal]))
  return due.map(({ deal, value }) => ({
    deal,
    value: later.has(deal.place) ? value : 0,
    base: value,
    note: later.has(deal.place) ? 'open' : 'closed',
  }))
}

const statesAt = (history: DealHistory, terms: Terms, at: number, known: Known): Known =>
  at >= known.asOf ? known : knownAtInstant(history, terms, at)

/** The instant at which commit is taken by its word: the middle of the period. */
const middleOf = (period: PeriodDays, days: Days): number => days.start(Math.floor((period.from + period.to) / 2))

/** M95: of the value that was called commit in the middle of the period, due in it, what was won in it; null before then. */
export const commitAccuracy = (history: DealHistory, terms: Terms, period: PeriodDays, known: Known): readonly DealPart[] | null => {
  const middle = middleOf(period, terms.days)
  if (middle > known.asOf) return null
  const won = new Set(wonIn(known, period).map(({ deal }) => deal.place))
  return knownAtInstant(history, terms, middle)
    .open.filter(deal => dueIn(period)(deal) && isCalled(deal.state.category, 'category-commit'))
    .map(deal => ({
      deal,
      value: won.has(deal.place) ? worthOf(deal) : 0,
      base: worthOf(deal),
      note: won.has(deal.place) ? 'won' : deal.state.status,
    }))
}

/**
 * Of M86: deals created after this point of earlier periods (`base`: what they are worth), and what of it was won in the same period.
 */
export const createdLate = (
  { open, won, lost }: Known,
  earlier: readonly { readonly period: PeriodDays; readonly after: number }[],
): readonly DealPart[] =>
  earlier.flatMap(({ period, after }) =>
    [...open, ...won, ...lost]
      .filter(deal => deal.createdDay >= after && deal.createdDay < period.to)
      .map(deal => ({ deal, value: deal.state.status === 'won' && dueIn(period)(deal) ? worthOf(deal) : 0, base: worthOf(deal) })),
  )

export const sumOf = (parts: readonly DealPart[]): number => parts.reduce((sum, { value }) => sum + value, 0)
export const baseOf = (parts: readonly DealPart[]): number => parts.reduce((sum, { base = 0 }) => sum + base, 0)
