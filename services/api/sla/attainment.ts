import { z } from 'zod'
import { slaKind } from '../../domain/definitions/sla-policy.ts'
import { inForceAt } from '../../domain/definitions/history.ts'
import { percentileOf, survivalMedian } from '../../domain/figures/rates.ts'
import {
  type Entry,
  type Left,
  SLA_DIMENSIONS,
  SLA_METRICS,
  type SlaDimension,
  type SlaMetric,
  slaEntries,
} from '../../domain/sla/entries.ts'
import { bind, type Sql, sql } from '../../domain/sql.ts'
import { assertNotTooMany, type FigureRow, flagsOf, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain, ExplainableFigure } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { clocksIn, type SlaBook, type SlaBooks } from './book.ts'
import { byBytes } from '../../domain/bytes.ts'

const NONE = '(none)'
const STATISTICS = { median: 0.5, p75: 0.75, p90: 0.9 } as const

const Question = z.strictObject({
  by: z.array(z.enum(SLA_DIMENSIONS)),
  filters: z.partialRecord(z.enum(SLA_DIMENSIONS), z.array(z.string())),
  metrics: z.array(z.enum(SLA_METRICS)),
  /** Milliseconds; null is unbounded. */
  from: z.number().nullable(),
  to: z.number().nullable(),
  /** Of one number alone: which of a metric's. */
  measure: z.string().optional(),
})
export type SlaQuestion = z.output<typeof Question>

const valueOf = (dims: Entry['dims'], name: SlaDimension): string => (dims[name] === '' ? NONE : dims[name])

/** Of hand-overs these are of marketing → SDR unless a question names hand-offs: speeds and decisions of different hand-offs make no sum. */
const OF_ONE_HANDOFF: ReadonlySet<string> = new Set(['M25', 'M26', 'M27', 'M39', 'M40', 'M41', 'M45', 'M46', 'M47', 'M49', 'M50'])

const asked =
  ({ by, filters, from, to }: SlaQuestion) =>
  ({ at, dims, metric = '' }: Pick<Entry, 'at' | 'dims'> & { readonly metric?: string }): boolean =>
    (by.includes('handoff') || filters.handoff !== undefined || dims.handoff === 'marketing-sdr' || !OF_ONE_HANDOFF.has(metric)) &&
    (from === null || at >= from * 1000) &&
    (to === null || at < to * 1000) &&
    Object.entries(filters).every(
      ([name, values]) => values === undefined || SLA_DIMENSIONS.some(one => one === name && values.includes(valueOf(dims, one))),
    )

type Entries = ReturnType<typeof slaEntries>

/** What was counted last in a book: several questions of one instant count it once. */
const counted = new WeakMap<SlaBook, { readonly until: number; readonly zone: string; readonly all: Entries }>()

const allEntries = (book: SlaBook, { observedTo, settings: { zone } }: AnswerContext): Entries => {
  const known = counted.get(book)
  const until = observedTo * 1000
  if (known !== undefined && known.until === until && known.zone === zone) return known.all
  const { records, excused, under } = book
  const all = slaEntries({
    people: book.people.values(),
    clocks: clocksIn(book),
    escalations: records.escalations,
    excused,
    under,
    until,
    zone,
  })
  counted.set(book, { until, zone, all })
  return all
}

/** All that counts in a question, and what is left out by reason. */
export const entriesAsked = (
  book: SlaBook,
  context: AnswerContext,
  question: SlaQuestion,
): { readonly entries: readonly Entry[]; readonly left: readonly Left[] } => {
  const all = allEntries(book, context)
  const wanted = new Set<SlaMetric>(question.metrics)
  const is = asked(question)
  return {
    entries: all.entries.filter(
      entry => wanted.has(entry.metric) && is(entry) && (question.measure === undefined || entry.measure === question.measure),
    ),
    left: all.left.filter(is),
  }
}

/** Whole seconds: nobody is late by less. */
const shown = (value: number, unit: 'seconds' | 'count'): number => (unit === 'seconds' ? Math.floor(value / 1_000_000) : value)

type Dims = Readonly<Record<string, string>>

/** Decisions: a lead that is handed over twice is decided twice, where `/v1/leads/quality` counts the last word of its journey (metrics C6). */
const PER_HAND_OVER: ReadonlySet<string> = new Set(['M25', 'M26', 'M27'])

/** The numbers of one metric and measure in one group. */
const rowsOf = (group: readonly Entry[], dims: Dims, explain: (statistic: string) => string, flags: readonly string[]): FigureRow[] => {
  const [first] = group
  if (first === undefined) return []
  const { metric, measure, amount } = first
  const named = { ...dims, ...(PER_HAND_OVER.has(metric) ? { counted: 'hand-overs' } : {}), ...(measure === '' ? {} : { measure }), metric }
  if (amount.kind === 'ratio') {
    const yes = group.filter(entry => entry.amount.kind === 'ratio' && entry.amount.yes).length
    return [{ ...named, ...rateOf(yes, group.length, flags), explain: explain('') }]
  }
  if (amount.kind === 'count') return [{ ...named, value: group.length, unit: 'count', flags: [...flags], explain: explain('') }]
  const { unit } = amount
  const spans = group.flatMap(entry => (entry.amount.kind === 'span' ? [entry.amount] : []))
  const done = spans
    .filter(span => span.done)
    .map(({ value }) => value)
    .toSorted((a, b) => a - b)
  const running = spans.length - done.length
  const low = flagsOf(done.length, running > 0 ? [...flags, 'some_running'] : flags)
  const rows: FigureRow[] = Object.entries(STATISTICS).map(([statistic, share]) => {
    const value = percentileOf(done, share)
    return { ...named, statistic, value: value === null ? null : shown(value, unit), unit, flags: low, explain: explain(statistic) }
  })
  if (running === 0) return rows
  const median = survivalMedian(spans.map(span => ({ micros: span.value, done: span.done, units: 1 })))
  const reached = flagsOf(spans.length, median === null ? [...flags, 'not_reached'] : flags)
  return [
    ...rows,
    {
      ...named,
      statistic: 'km_median',
      value: median === null ? null : shown(median, unit),
      unit,
      flags: reached,
      explain: explain('km_median'),
    },
  ]
}

/** One group per metric, measure and values of the dimensions, in the order of the metrics. */
export const slaRows = (
  entries: readonly Entry[],
  question: SlaQuestion,
  by: readonly SlaDimension[],
  explain: Explain,
  flags: readonly string[],
): FigureRow[] => {
  const groups = Map.groupBy(entries, ({ metric, measure, dims }) =>
    JSON.stringify([metric, measure, ...by.map(name => valueOf(dims, name))]),
  )
  return [...groups.entries()]
    .toSorted(([a], [b]) => byBytes(a, b))
    .flatMap(([, group]) => {
      const [first] = group
      if (first === undefined) return []
      const dims = Object.fromEntries(by.map(name => [name, valueOf(first.dims, name)]))
      const narrowed = {
        ...question,
        by: [],
        metrics: [first.metric],
        measure: first.measure,
        filters: { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) },
      }
      return rowsOf(
        group,
        dims,
        statistic => explain('sla', first.metric, { ...narrowed, ...(statistic === '' ? {} : { statistic }) }),
        flags,
      )
    })
}

export const slaPolicyName = ({ definitions, observedTo }: AnswerContext): string =>
  inForceAt(definitions.history, slaKind, observedTo).name

export const attainmentAnswer = (book: SlaBook, context: AnswerContext, question: SlaQuestion, explain: Explain): Figures => {
  const { entries, left } = entriesAsked(book, context, question)
  const rows = slaRows(entries, question, question.by, explain, context.flags)
  assertNotTooMany(rows.length)
  return {
    rows,
    total: question.by.length === 0 ? rows : slaRows(entries, question, [], explain, context.flags),
    excluded: Object.fromEntries(
      [...Map.groupBy(left, ({ reason }) => reason)]
        .map(([reason, of]) => [reason, of.length] as const)
        .toSorted(([a], [b]) => byBytes(a, b)),
    ),
  }
}

const Explained = Question.extend({ statistic: z.string().optional() })

/** The entries as rows of the store, so that they are paged and added up like every other figure's. */
const proofOf = (entries: readonly Entry[], of: (entry: Entry) => { readonly contribution: number; readonly base: number }): Sql => {
  const items = entries.map(entry => {
    const { contribution, base } = of(entry)
    return JSON.stringify([entry.id, entry.account, entry.deal, entry.eventIds, entry.note, entry.at, contribution, base])
  })
  return sql`
    SELECT 'clock' AS entity, said.1 AS id, said.2 AS account, said.3 AS deal_id, said.4 AS event_ids, said.5 AS note, toString(fromUnixTimestamp64Micro(said.6, 'UTC')) AS at,
      said.7 AS contribution, said.8 AS base
    FROM (SELECT JSONExtract(arrayJoin(${bind.strings(items)}), 'Tuple(String, String, String, Array(String), String, Int64, Int64, Int64)') AS said)
    ORDER BY said.6, id`
}

export const slaExplained = (books: SlaBooks): ExplainableFigure => ({
  definitionsOf: context => [slaPolicyName(context)],
  explain: async (_store, context, metric, said) => {
    const { statistic = '', ...question } = Explained.parse(said)
    const { entries } = entriesAsked(await books.of(context), context, question)
    const row = slaRows(entries, question, [], () => '', context.flags).find(
      each => each.metric === metric && (each['statistic'] ?? '') === statistic,
    )
    if (row === undefined) return null
    // a percentile is the span in its place: that one alone adds up to it, the others are listed with nothing
    let chosen = false
    const proof = proofOf(entries, ({ amount }) => {
      if (amount.kind === 'ratio') return { contribution: amount.yes ? 1 : 0, base: 1 }
      if (amount.kind === 'count') return { contribution: 1, base: 0 }
      const isIt = !chosen && amount.done && row.value !== null && shown(amount.value, amount.unit) === row.value
      chosen ||= isIt
      return { contribution: isIt ? (row.value ?? 0) : 0, base: 0 }
    })
    return { row, proof, divisor: 1 }
  },
})
