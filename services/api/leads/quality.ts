import { z } from 'zod'
import { rulingNames, rulingsOf, type Ruling } from '../../domain/figures/judging/rulings.ts'
import { type LeadInputs, leadFigures, leadProof } from '../../domain/figures/lead-measures.ts'
import { LEAD_DIMENSIONS, LEAD_METRICS, type LeadMetric, type LeadPeriod, type LeadQuestion } from '../../domain/figures/lead-question.ts'
import { wilson } from '../../domain/figures/rates.ts'
import { BUCKETS, READINESSES } from '../../domain/definitions/qualification.ts'
import type { Row, Store } from '../../store/port.ts'
import { assertNotTooMany, type FigureRow, flagsOf, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain, ExplainableFigure } from '../explain/figure.ts'
import type { Figures, Under } from '../figure-route.ts'
import { stageMapName } from '../funnel/stages.ts'
import { restatedUnder } from './restated.ts'

/** As figures are shown: the number of the metric, what of it, and how it is made from what leads contribute. `share`: parts of a mix. */
type Shown = { readonly metric: string; readonly of?: string; readonly counts: 'part' | 'ratio' | 'share'; readonly note: string | null }

const SHOWN: Readonly<Record<LeadMetric, Shown>> = {
  M23a: { metric: 'M23a', counts: 'part', note: null },
  M23b: { metric: 'M23b', counts: 'part', note: null },
  M24: { metric: 'M24', counts: 'ratio', note: 'stage' },
  M24b: { metric: 'M24b', counts: 'ratio', note: null },
  M25: { metric: 'M25', of: 'decided', counts: 'ratio', note: null },
  M25f: { metric: 'M25', of: 'handed_over', counts: 'ratio', note: null },
  M27: { metric: 'M27', counts: 'share', note: 'reason' },
  M28: { metric: 'M28', counts: 'share', note: 'reason' },
  M29: { metric: 'M29', counts: 'ratio', note: null },
  M31: { metric: 'M31', counts: 'share', note: 'bucket' },
  M32: { metric: 'M32', of: 'conversion', counts: 'ratio', note: 'bucket' },
  M33: { metric: 'M33', of: 'person_rate', counts: 'ratio', note: null },
  M33d: { metric: 'M33', of: 'deal_yield', counts: 'ratio', note: null },
  M34: { metric: 'M34', counts: 'ratio', note: null },
  M105: { metric: 'M105', of: 'conversion', counts: 'ratio', note: null },
  M107r: { metric: 'M107', of: 'response_time', counts: 'ratio', note: 'band' },
  M107b: { metric: 'M107', of: 'bucket_at_first_contact', counts: 'ratio', note: 'bucket' },
}

/** Metrics of the answer about quality; M31 and M32 are the matrix. */
export const QUALITY_METRICS = ['M23a', 'M23b', 'M24', 'M24b', 'M25', 'M27', 'M28', 'M29', 'M33', 'M34', 'M105', 'M107'] as const

/** Several measures may be shown under one number. */
export const metricsShownAs = (names: readonly string[]): readonly LeadMetric[] =>
  LEAD_METRICS.filter(metric => names.includes(SHOWN[metric].metric))

export type LeadAsked = Omit<LeadQuestion, 'rulings' | 'zone' | 'observedTo'> & {
  /** `qualification@2`: everybody is judged by that one version; null: by the one in force at the instant. */
  readonly definition: string | null
}

/** As it stands in explain tokens. */
const Question = z.strictObject({
  note: z.string().nullable(),
  horizonDays: z.number(),
  filters: z.partialRecord(z.enum(LEAD_DIMENSIONS), z.array(z.string())),
  from: z.number().nullable(),
  to: z.number().nullable(),
  definition: z.string().nullable(),
})

const rulingsFor = (context: AnswerContext, definition: string | null): readonly Ruling[] =>
  definition === null ? rulingsOf(context.definitions, context.observedTo) : restatedUnder(context, definition)

/** What lead figures rest on: every version that anybody is judged by, the last first. */
export const leadsUnder = (context: AnswerContext, definition: string | null): Under => {
  const names = [...new Set(rulingsFor(context, definition).toReversed().flatMap(rulingNames))]
  return {
    definition: names.find(name => name.startsWith('qualification@')) ?? '',
    definitions: [...names, stageMapName(context.definitions.stageMap)],
  }
}

const leadInputs = (context: AnswerContext, asked: LeadAsked): LeadInputs => {
  const { definition, ...question } = asked
  return {
    sources: context.sources,
    definitions: context.definitions,
    question: { ...question, rulings: rulingsFor(context, definition), zone: context.settings.zone, observedTo: context.observedTo },
  }
}

const Counts = z.looseObject({
  metric: z.enum(LEAD_METRICS),
  note: z.string(),
  is_total: z.coerce.number(),
  part: z.coerce.number(),
  whole: z.coerce.number(),
  still_open: z.coerce.number(),
  unknown: z.coerce.number(),
})
type Counts = z.output<typeof Counts>
type Dims = Readonly<Record<string, string>>

const sum = (rows: readonly Counts[], of: (row: Counts) => number): number => rows.reduce((all, row) => all + of(row), 0)

/** Every metric asked for, by dimension and in all, from one reading. */
export const leadAnswer = async (store: Store, context: AnswerContext, asked: LeadAsked, explain: Explain): Promise<Figures> => {
  const found = await store.read(leadFigures(leadInputs(context, asked)))
  assertNotTooMany(found.length)
  return figuresFrom(
    found.map((row: Row) => Counts.parse(row)),
    context,
    asked,
    explain,
  )
}

/** The same of several periods, none of them in another, from one reading: an answer for each, as if it had been asked for alone. */
export const leadAnswers = async (
  store: Store,
  context: AnswerContext,
  asked: Omit<LeadAsked, 'from' | 'to' | 'periods'>,
  periods: readonly LeadPeriod[],
  explain: Explain,
): Promise<readonly Figures[]> => {
  const found = await store.read(leadFigures(leadInputs(context, { ...asked, from: null, to: null, periods })))
  assertNotTooMany(found.length)
  const byPeriod = Map.groupBy(
    found.map((row: Row) => Counts.parse(row)),
    row => String(row['period']),
  )
  return periods.map(({ name, from, to }) => figuresFrom(byPeriod.get(name) ?? [], context, { ...asked, from, to }, explain))
}

const figuresFrom = (counts: readonly Counts[], context: AnswerContext, asked: LeadAsked, explain: Explain): Figures => {
  const figuresOf = (rows: readonly Counts[], dims: Dims): FigureRow[] =>
    asked.metrics.flatMap(metric =>
      rowsOf(
        metric,
        rows.filter(row => row.metric === metric),
        dims,
        context,
        asked,
        explain,
      ),
    )
  const total = figuresOf(
    counts.filter(row => row.is_total === 1),
    {},
  )
  if (asked.by.length === 0) return { rows: total, total, excluded: insufficient(counts) }
  const byDims = Map.groupBy(
    counts.filter(row => row.is_total === 0),
    row => JSON.stringify(asked.by.map(name => String(row[name]))),
  )
  const rows = [...byDims.values()].flatMap(group =>
    figuresOf(group, Object.fromEntries(asked.by.map(name => [name, String(group[0]?.[name])]))),
  )
  return { rows: [...rows, ...attributeLifts(rows, total)], total, excluded: insufficient(counts) }
}

/** M105: conversion of each value of the dimensions over that of all, beside the conversions. */
const attributeLifts = (rows: readonly FigureRow[], total: readonly FigureRow[]): FigureRow[] => {
  const overall = total.find(({ metric }) => metric === 'M105')?.value ?? null
  if (overall === null || overall === 0) return []
  return rows
    .filter(({ metric }) => metric === 'M105')
    .map(({ numerator: _part, denominator: _whole, explain: _conversion, ...row }): FigureRow => {
      const interval = row.interval ?? null
      return {
        ...row,
        of: 'lift',
        value: row.value === null ? null : row.value / overall,
        interval: interval === null ? null : [interval[0] / overall, interval[1] / overall],
      }
    })
}

/** How many MQLs are in a bad bucket only because too little is known of them. */
const insufficient = (counts: readonly Counts[]): Record<string, number> => {
  const unknown = sum(
    counts.filter(row => row.metric === 'M31' && row.is_total === 1),
    row => row.unknown,
  )
  return unknown === 0 ? {} : { insufficient_data: unknown }
}

const rowsOf = (
  metric: LeadMetric,
  rows: readonly Counts[],
  dims: Dims,
  context: AnswerContext,
  asked: LeadAsked,
  explain: Explain,
): FigureRow[] => {
  const { metric: name, of, counts, note: noted } = SHOWN[metric]
  const token = (note: string | null): string =>
    explain('lead-quality', metric, {
      note,
      horizonDays: asked.horizonDays,
      filters: { ...asked.filters, ...Object.fromEntries(Object.entries(dims).map(([dim, value]) => [dim, [value]])) },
      from: asked.from,
      to: asked.to,
      definition: asked.definition,
    })
  const row = (note: string | null, some: readonly Counts[]): FigureRow => ({
    ...dims,
    ...(of === undefined ? {} : { of }),
    ...(note === null || noted === null ? {} : noteOf(metric, noted, note)),
    metric: name,
    ...valueOf(counts, some, rows, context),
    explain: token(note),
  })
  if (noted === null) return rows.length === 0 && counts !== 'part' ? [] : [row(null, rows)]
  const parts = rows.map(one => row(one.note, [one]))
  return metric === 'M32' ? [...parts, ...lifts(rows, dims)] : parts
}

const noteOf = (metric: LeadMetric, noted: string, note: string): Record<string, string> => {
  if (metric !== 'M27') return { [noted]: note }
  const [reasonClass = '', ...reason] = note.split(': ')
  return { reason_class: reasonClass, reason: reason.join(': ') }
}

const valueOf = (counts: Shown['counts'], some: readonly Counts[], all: readonly Counts[], { flags }: AnswerContext) => {
  const said = [
    ...flags,
    ...(sum(some, row => row.still_open) > 0 ? ['immature'] : []),
    ...(sum(some, row => row.unknown) > 0 ? ['insufficient_data'] : []),
  ]
  const part = sum(some, row => row.part)
  if (counts === 'part') return { value: part, unit: 'count', flags: [...new Set(said)].toSorted() }
  if (counts === 'ratio')
    return rateOf(
      part,
      sum(some, row => row.whole),
      said,
    )
  return rateOf(
    part,
    sum(all, row => row.part),
    said,
  )
}

/**
 * M32: conversion of a bucket over that of all. Expected is hand-raiser ≥ sales-ready ≥ unready within a fit and good ≥ bad within a readiness; `not_monotone` where a bucket
 * that should convert better converts worse and the intervals do not overlap.
 */
const lifts = (rows: readonly Counts[], dims: Dims): FigureRow[] => {
  const overall = { part: sum(rows, row => row.part), whole: sum(rows, row => row.whole) }
  const rate = overall.whole === 0 ? 0 : overall.part / overall.whole
  const intervals = new Map(rows.map(row => [row.note, wilson(row.part, row.whole)]))
  return rows.map(({ note, part, whole, still_open: open }): FigureRow => {
    const interval = intervals.get(note) ?? null
    const value = rate === 0 || whole === 0 ? null : part / whole / rate
    const wrong = BUCKETS.some(other => {
      const theirs = intervals.get(other) ?? null
      if (interval === null || theirs === null) return false
      return (isBetter(note, other) && interval[1] < theirs[0]) || (isBetter(other, note) && theirs[1] < interval[0])
    })
    return {
      ...dims,
      of: 'lift',
      bucket: note,
      metric: 'M32',
      value,
      unit: 'ratio',
      interval: interval === null || rate === 0 ? null : [interval[0] / rate, interval[1] / rate],
      flags: flagsOf(whole, [...(open > 0 ? ['immature'] : []), ...(wrong ? ['not_monotone'] : [])]),
    }
  })
}

/** Whether a bucket should convert at least as well as another: one step of readiness or of fit apart. */
const isBetter = (bucket: string, other: string): boolean => {
  const [fit = '', ready = ''] = bucket.split('/')
  const [theirFit = '', theirReady = ''] = other.split('/')
  const rank = (name: string): number => READINESSES.findIndex(one => one === name)
  return (fit === theirFit && rank(ready) > rank(theirReady)) || (ready === theirReady && fit === 'good' && theirFit === 'bad')
}

const isMetric = (name: string): name is LeadMetric => LEAD_METRICS.some(metric => metric === name)

export const leadQualityExplained: ExplainableFigure = {
  definitionsOf: (context, question) => leadsUnder(context, Question.parse(question).definition).definitions,
  explain: async (store, context, metric, question) => {
    if (!isMetric(metric)) return null
    const { note, ...asked } = Question.parse(question)
    const whole: LeadAsked = { ...asked, by: [], metrics: [metric] }
    const { rows } = await leadAnswer(store, context, whole, () => '')
    const { note: noted, counts, of } = SHOWN[metric]
    const row = rows.find(one => one['of'] === of && (note === null || noted === null || matches(metric, noted, note, one)))
    if (row === undefined) return null
    return { row, proof: leadProof(leadInputs(context, whole), note, counts), divisor: 1 }
  },
}

const matches = (metric: LeadMetric, noted: string, note: string, row: FigureRow): boolean =>
  Object.entries(noteOf(metric, noted, note)).every(([name, value]) => row[name] === value)
