import { z } from 'zod'
import type { StageMap } from '../../domain/definitions/stage-map.ts'
import {
  type FunnelStagesQuestion,
  stageEntries,
  stageEntriesProof,
  stagesExcluded,
  stageVolumes,
  stageVolumesProof,
} from '../../domain/figures/funnel-stages.ts'
import { FUNNEL_DIMENSIONS } from '../../domain/figures/funnel-dimensions.ts'
import { type Counted, COUNTED, isDealStage } from '../../domain/figures/stage-paths.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, exact, type FigureRow, flagsOf, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { type ExplainableFigure, type Explain, excludedOf } from '../explain/figure.ts'
import { Dims, FunnelFilters } from './question.ts'

/** As it stands in explain tokens: the stage map goes by its name. */
const Question = z.strictObject({
  counted: z.enum(COUNTED),
  filters: FunnelFilters,
  dims: Dims,
  by: z.array(z.enum(FUNNEL_DIMENSIONS)),
  from: z.number().nullable(),
  to: z.number().nullable(),
  zone: z.string(),
  currency: z.string(),
  volumesAt: z.array(z.strictObject({ month: z.string(), before: z.number() })),
})

const Entries = z.looseObject({
  is_total: z.coerce.number(),
  stage: z.string(),
  first_entries: z.coerce.number(),
  all_entries: z.coerce.number(),
  created: z.coerce.number(),
})
const Volumes = z.looseObject({
  is_total: z.coerce.number(),
  stage: z.string(),
  units: z.coerce.number(),
  valued: z.coerce.number(),
  money: z.coerce.bigint(),
  amount_missing: z.coerce.number(),
  rate_missing: z.coerce.number(),
})

export const stageMapName = (map: StageMap): string => `${map.id}@${map.version}`
const stagesOf = (map: StageMap, counted: Counted): readonly string[] =>
  map.stages.map(stage => stage.name).filter(name => counted === 'journeys' || isDealStage(map, name))

export type FunnelFigures = { readonly rows: FigureRow[]; readonly total: FigureRow[]; readonly excluded: Record<string, number> }

/** M1–M4 of journeys, or M1–M5 of deals, per stage and combination of the question's dimensions; the totals per stage. */
export const stagesAnswer = async (
  store: Store,
  context: AnswerContext,
  question: FunnelStagesQuestion,
  explain: Explain,
): Promise<FunnelFigures> => {
  const { sources } = context
  const [entered, standing, left] = await Promise.all([
    store.read(stageEntries(sources, question)),
    question.volumesAt.length === 0 ? [] : store.read(stageVolumes(sources, question)),
    store.read(stagesExcluded(sources, question)),
  ])
  assertNotTooMany(entered.length + standing.length)
  const { stageMap, ...rest } = question
  const named = stagesOf(stageMap, question.counted).filter(stage => question.filters.stage?.includes(stage) !== false)
  const dimsOf = (row: Readonly<Record<string, unknown>>, isTotal: boolean): Record<string, string> =>
    isTotal ? {} : Object.fromEntries(question.by.map(name => [name, String(row[name])]))
  const tokenOf = (metric: string, stage: string, dims: Record<string, string>): string =>
    explain('funnel-stages', metric, {
      ...rest,
      by: [],
      volumesAt:
        metric === 'M4' || metric === 'M5'
          ? rest.volumesAt.filter(({ month }) => dims['month'] === undefined || month === dims['month'])
          : [],
      filters: { ...rest.filters, stage: [stage], ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) },
    })
  const row = (
    stage: string,
    dims: Record<string, string>,
    metric: string,
    value: Partial<FigureRow> & Pick<FigureRow, 'value' | 'unit' | 'flags'>,
  ): FigureRow => ({
    counted: question.counted,
    stage,
    ...dims,
    metric,
    ...value,
    explain: tokenOf(metric, stage, dims),
  })
  const count = (n: number) => ({ value: n, unit: 'count', flags: flagsOf(n, context.flags) })

  const entryRows = (isTotal: boolean): FigureRow[] => {
    const found = entered.map(item => Entries.parse(item)).filter(item => (item.is_total === 1) === isTotal)
    const all =
      question.by.length > 0 && !isTotal
        ? found
        : named.map(stage => found.find(item => item.stage === stage) ?? { stage, first_entries: 0, all_entries: 0, created: 0 })
    return all.flatMap(item => {
      const dims = dimsOf(item, isTotal)
      return [
        row(item.stage, dims, 'M1', count(item.first_entries)),
        row(item.stage, dims, 'M2', count(item.all_entries)),
        row(item.stage, dims, 'M3', rateOf(item.created, item.all_entries, context.flags)),
      ]
    })
  }
  const volumeRows = (isTotal: boolean): FigureRow[] => {
    if (question.volumesAt.length === 0) return []
    const found = standing.map(item => Volumes.parse(item)).filter(item => (item.is_total === 1) === isTotal)
    const none = { units: 0, valued: 0, money: 0n, amount_missing: 0, rate_missing: 0 }
    const all = question.by.length > 0 ? found : named.map(stage => found.find(item => item.stage === stage) ?? { stage, ...none })
    return all.flatMap(item => {
      const dims = dimsOf(item, isTotal)
      const volume = row(item.stage, dims, 'M4', count(item.units))
      if (question.counted === 'journeys') return [volume]
      return [
        volume,
        row(item.stage, dims, 'M5', {
          value: exact(item.money),
          unit: `${question.currency} minor`,
          flags: flagsOf(item.valued, context.flags),
        }),
      ]
    })
  }
  const rows = [...entryRows(false), ...volumeRows(false)]
  const last = standing.map(item => Volumes.parse(item)).filter(item => item.is_total === 0)
  const missing = { amount_missing: sumOf(last, 'amount_missing'), rate_missing: sumOf(last, 'rate_missing') }
  return {
    rows,
    total: question.by.length === 0 ? rows : [...entryRows(true), ...volumeRows(true)],
    excluded: { ...excludedOf(left, 'units'), ...Object.fromEntries(Object.entries(missing).filter(([, n]) => n > 0)) },
  }
}

const sumOf = (rows: readonly z.output<typeof Volumes>[], name: 'amount_missing' | 'rate_missing'): number =>
  rows.reduce((sum, row) => sum + row[name], 0)

export const stagesExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }) => [stageMapName(definitions.stageMap)],
  explain: async (store, context, metric, asked) => {
    const question = questionFrom(context.definitions.stageMap, asked)
    const figures = await stagesAnswer(store, context, question, () => '')
    const row = figures.total.find(total => total.metric === metric)
    if (row === undefined) return null
    const { sources } = context
    const proof =
      metric === 'M4' || metric === 'M5'
        ? stageVolumesProof(sources, question, metric === 'M5' ? 'money' : 'units')
        : stageEntriesProof(sources, question, metric === 'M1' ? 'first' : metric === 'M2' ? 'all' : 'created')
    return { row, proof, divisor: 1 }
  },
}

const questionFrom = (stageMap: StageMap, asked: unknown): FunnelStagesQuestion => {
  const { filters, ...rest } = Question.parse(asked)
  return { ...rest, stageMap, filters: withoutUndefined(filters) }
}

/** Optional filters as they were given: a missing one is not there. */
export const withoutUndefined = <T extends object>(filters: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(filters).filter(([, values]) => values !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
