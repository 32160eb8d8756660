import { z } from 'zod'
import type { StageMap } from '../../domain/definitions/stage-map.ts'
import { FUNNEL_DIMENSIONS } from '../../domain/figures/funnel-dimensions.ts'
import {
  conversionCounts,
  conversionProof,
  conversionTimes,
  type ConversionQuestion,
  POLICIES,
  type Transition,
} from '../../domain/figures/funnel-conversion.ts'
import { type FunnelStagesQuestion, stageEntries, stagesExcluded, throughputProof } from '../../domain/figures/funnel-stages.ts'
import { incidence, type TimeToEvent } from '../../domain/figures/rates.ts'
import { type Counted, COUNTED, isDealStage } from '../../domain/figures/stage-paths.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, type FigureRow, flagsOf, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { type ExplainableFigure, type Explain, excludedOf } from '../explain/figure.ts'
import { Dims, FunnelFilters } from './question.ts'
import { type FunnelFigures, stageMapName, withoutUndefined } from './stages.ts'
import { byBytes } from '../../domain/bytes.ts'

export const MEASURES = ['cohort', 'throughput', 'strict', 'cumulative'] as const
export type Measure = (typeof MEASURES)[number]

/** Beyond this many distinct times an immature cohort is flagged but not estimated. */
const MAX_TIMES = 500_000

/** As it stands in explain tokens: the stage map goes by its name. */
const Question = z.strictObject({
  measure: z.enum(MEASURES),
  counted: z.enum(COUNTED),
  transitions: z.array(z.strictObject({ from: z.string(), to: z.string(), horizonDays: z.number() })),
  policy: z.enum([...POLICIES, 'every']),
  by: z.array(z.enum(FUNNEL_DIMENSIONS)),
  filters: FunnelFilters,
  dims: Dims,
  from: z.number().nullable(),
  to: z.number().nullable(),
  zone: z.string(),
  observedTo: z.number(),
})

export type ConversionAsked = ConversionQuestion & { readonly measure: Measure }

const Counts = z.looseObject({
  is_total: z.coerce.number(),
  stage_from: z.string(),
  stage_to: z.string(),
  entries: z.coerce.number(),
  converted: z.coerce.number(),
  still_open: z.coerce.number(),
  out_of_order: z.coerce.number(),
})
type Counts = z.output<typeof Counts>

const Times = z.looseObject({
  from_place: z.coerce.number(),
  to_place: z.coerce.number(),
  micros: z.coerce.number(),
  what: z.enum(['converted', 'exited', 'censored']),
  units: z.coerce.number(),
})

/** The unit that a transition is counted in: that of the stage it begins in (metrics C6). */
export const countedFrom = (map: StageMap, stage: string): Counted => (isDealStage(map, stage) ? 'deals' : 'journeys')

/** M6, M8 or M9 of a cohort with its horizon, or M7 of a period; never both in one table. All transitions are counted in one unit. */
export const conversionAnswer = (
  store: Store,
  context: AnswerContext,
  question: ConversionAsked,
  explain: Explain,
): Promise<FunnelFigures> =>
  question.measure === 'throughput' ? throughputAnswer(store, context, question, explain) : cohortAnswer(store, context, question, explain)

type Dims = Record<string, string>

const tokenFor = (
  { stageMap: _map, ...question }: ConversionAsked,
  metric: string,
  transition: Transition,
  dims: Dims,
  explain: Explain,
): string =>
  explain('funnel-conversion', metric, {
    ...question,
    by: [],
    transitions: [transition],
    filters: { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) },
  })

const dimsOf = (row: Readonly<Record<string, unknown>>, { by }: ConversionAsked): Dims =>
  Object.fromEntries(by.map(name => [name, String(row[name])]))

const cohortAnswer = async (store: Store, context: AnswerContext, question: ConversionAsked, explain: Explain): Promise<FunnelFigures> => {
  const { sources } = context
  const metric = question.measure === 'strict' ? 'M8' : question.measure === 'cumulative' ? 'M9' : 'M6'
  const [counted, left] = await Promise.all([
    store.read(conversionCounts(sources, question)),
    question.counted === 'deals' ? store.read(stagesExcluded(sources, stagesQuestion(question, ''))) : [],
  ])
  assertNotTooMany(counted.length)
  const counts = counted.map(row => Counts.parse(row))
  const times = counts.some(row => row.still_open > 0) ? await store.read(conversionTimes(sources, question, MAX_TIMES + 1)) : []
  const estimable = times.length <= MAX_TIMES
  const keyOf = (row: Readonly<Record<string, unknown>>, dims: Dims): string =>
    JSON.stringify([row['from_place'], row['to_place'], ...Object.values(dims)])
  const timesByKey = new Map<string, TimeToEvent[]>()
  for (const row of times) {
    const { micros, what, units } = Times.parse(row)
    for (const key of new Set([keyOf(row, dimsOf(row, question)), keyOf(row, {})])) {
      const list = timesByKey.get(key) ?? []
      list.push({ micros, what, units })
      timesByKey.set(key, list)
    }
  }
  const rowOf = (found: Counts | null, transition: Transition, dims: Dims): FigureRow => {
    const { entries, converted, still_open } = found ?? { entries: 0, converted: 0, still_open: 0 }
    const immature = still_open > 0
    const rate = rateOf(converted, entries, immature ? [...context.flags, 'immature'] : context.flags)
    const estimate = found !== null && immature && estimable ? incidence(timesByKey.get(keyOf(found, dims)) ?? []) : null
    return {
      counted: question.counted,
      stage_from: transition.from,
      stage_to: transition.to,
      horizon_days: transition.horizonDays,
      ...dims,
      metric,
      ...rate,
      // observed so far is too low while units are still open: the estimate stands for the rate, without Wilson's interval
      ...(immature
        ? { value: estimate, interval: null, flags: flagsOf(entries, [...rate.flags, estimate === null ? 'not_estimated' : 'estimated']) }
        : {}),
      explain: tokenFor(question, metric, transition, dims, explain),
    }
  }
  const find = (transition: Transition, isTotal: boolean): readonly Counts[] =>
    counts.filter(row => row.stage_from === transition.from && row.stage_to === transition.to && (row.is_total === 1) === isTotal)
  const byTransition = question.transitions.map(transition => ({
    transition,
    found: find(transition, false),
    total: find(transition, question.by.length > 0)[0] ?? null,
  }))
  const total = byTransition.map(each => rowOf(each.total, each.transition, {}))
  return {
    rows:
      question.by.length === 0
        ? total
        : byTransition.flatMap(({ transition, found }) => found.map(row => rowOf(row, transition, dimsOf(row, question)))),
    total,
    excluded: {
      ...excludedOf(left, 'units'),
      ...outOfOrder(byTransition.reduce((sum, { total: row }) => sum + (row?.out_of_order ?? 0), 0)),
    },
  }
}

const outOfOrder = (n: number): Record<string, number> => (n === 0 ? {} : { out_of_order: n })

const stagesQuestion = (question: ConversionAsked, currency: string): FunnelStagesQuestion => ({ ...question, currency, volumesAt: [] })

const FirstEntries = z.looseObject({ is_total: z.coerce.number(), stage: z.string(), first_entries: z.coerce.number() })

const throughputAnswer = async (
  store: Store,
  context: AnswerContext,
  question: ConversionAsked,
  explain: Explain,
): Promise<FunnelFigures> => {
  const asked = stagesQuestion(question, '')
  const [found, left] = await Promise.all([
    store.read(stageEntries(context.sources, asked)),
    store.read(stagesExcluded(context.sources, asked)),
  ])
  assertNotTooMany(found.length)
  const entries = found.map(row => FirstEntries.parse(row))
  const rowsFor = (transition: Transition, isTotal: boolean): FigureRow[] => {
    const groups = new Map<string, { dims: Dims; from: number; to: number }>()
    for (const row of entries) {
      if ((row.is_total === 1) !== isTotal || (row.stage !== transition.from && row.stage !== transition.to)) continue
      const dims = isTotal ? {} : dimsOf(row, question)
      const key = JSON.stringify(dims)
      const group = groups.get(key) ?? { dims, from: 0, to: 0 }
      if (row.stage === transition.from) group.from = row.first_entries
      else group.to = row.first_entries
      groups.set(key, group)
    }
    if (groups.size === 0 && (isTotal || question.by.length === 0)) groups.set('{}', { dims: {}, from: 0, to: 0 })
    return [...groups.values()].map(({ dims, from, to }) => ({
      counted: question.counted,
      stage_from: transition.from,
      stage_to: transition.to,
      ...dims,
      metric: 'M7',
      ...rateOf(to, from, context.flags),
      interval: null, // entries of one period over entries of the same period: no share of anything
      explain: tokenFor(question, 'M7', transition, dims, explain),
    }))
  }
  const rows = question.transitions.flatMap(transition => rowsFor(transition, false))
  return {
    rows: rows.toSorted((a, b) => byBytes(sortKey(a), sortKey(b))),
    total: question.by.length === 0 ? rows : question.transitions.flatMap(transition => rowsFor(transition, true)),
    excluded: excludedOf(left, 'units'),
  }
}

/** A dimension is text or a number. */
const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

const sortKey = (row: FigureRow): string => FUNNEL_DIMENSIONS.map(name => textOf(row[name])).join('\u0000')

export const conversionExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }) => [stageMapName(definitions.stageMap)],
  explain: async (store, context, metric, asked) => {
    const { filters, ...rest } = Question.parse(asked)
    const question: ConversionAsked = { ...rest, filters: withoutUndefined(filters), stageMap: context.definitions.stageMap }
    const [transition] = question.transitions
    const { total } = await conversionAnswer(store, context, question, () => '')
    const row = total.find(each => each.metric === metric)
    if (row === undefined || transition === undefined) return null
    const proof =
      metric === 'M7'
        ? throughputProof(context.sources, stagesQuestion(question, ''), transition.from, transition.to)
        : conversionProof(context.sources, question)
    return { row, proof, divisor: 1 }
  },
}
