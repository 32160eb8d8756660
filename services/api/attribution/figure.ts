import { z } from 'zod'
import { modelName } from '../../domain/definitions/attribution-model.ts'
import type { Definitions } from '../../domain/definitions/definitions.ts'
import {
  ATTRIBUTION_DIMENSIONS,
  attributionExcluded,
  attributionFigure,
  attributionProof,
  type AttributionMeasure,
  type AttributionQuestion,
  BASES,
  CONVERSIONS,
  METRIC_OF,
  MILLION,
} from '../../domain/figures/attribution.ts'
import { LINKAGES, underTerms } from '../../domain/figures/terms.ts'
import { ACCOUNT_SCOPES } from '../../domain/projections/families.ts'
import { ratio } from '../../domain/figures/rates.ts'
import { responsesLeftOut } from '../../domain/figures/touch-rules.ts'
import type { Row as StoreRow, Store } from '../../store/port.ts'
import { pathModel } from '../../domain/figures/attribution-paths.ts'
import { globalProof } from '../../domain/figures/data-driven-credit.ts'
import type { Sql } from '../../domain/sql.ts'
import { assertNotTooMany, exact, type FigureRow, type Fit, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { type ExplainableFigure, type Explain, excludedOf } from '../explain/figure.ts'
import { type DataDrivenCredit, dataDrivenCredit, dataDrivenModel, isGlobal } from './data-driven.ts'

const filterShape = Object.fromEntries(ATTRIBUTION_DIMENSIONS.map(name => [name, z.array(z.string()).optional()]))

/** As it stands in explain tokens. */
export const CreditQuestion = z.strictObject({
  basis: z.enum(BASES),
  conversion: z.enum(CONVERSIONS),
  model: z.string(),
  order: z.int().min(1).max(4).optional(),
  linkage: z.enum(LINKAGES).optional(),
  accountScope: z.enum(ACCOUNT_SCOPES).optional(),
  lookbackDays: z.int().min(1).max(3650).optional(),
  by: z.array(z.enum(ATTRIBUTION_DIMENSIONS)),
  filters: z.strictObject(filterShape),
  dealTypes: z.array(z.string()),
  from: z.string().nullable(),
  to: z.string().nullable(),
  currency: z.string(),
  zone: z.string(),
})

const Row = z.looseObject({
  is_total: z.coerce.number(),
  credit: z.coerce.bigint(),
  money: z.coerce.bigint(),
  deals: z.coerce.number(),
  unattributed_credit: z.coerce.bigint(),
  unattributed_money: z.coerce.bigint(),
  reasons: z.array(z.string()),
})
type Row = z.output<typeof Row>

const NOTHING: Row = { is_total: 1, credit: 0n, money: 0n, deals: 0, unattributed_credit: 0n, unattributed_money: 0n, reasons: [] }

export const responsesName = ({ responses }: Definitions): string => `${responses.id}@${responses.version}`

/** id@version of all that credit under a model rests on. */
export const restsOn = (definitions: Definitions, model: string): readonly string[] => [
  responsesName(definitions),
  model,
  ...(dataDrivenModel(model) === null ? [] : [pathModel(definitions)]),
]

export type AttributionFigures = {
  readonly rows: FigureRow[]
  readonly total: FigureRow[]
  readonly excluded: Record<string, number>
  readonly fit: Fit | undefined
  /** What adds up to the total, by measure. */
  readonly proof: (measure: AttributionMeasure) => Sql
}

/** Credit by channel alone is the channel's as a whole (metrics M64); what no touch earned stays as it is. */
const asAWhole = (found: readonly Row[], { credit }: NonNullable<DataDrivenCredit['fitted']>): readonly Row[] => {
  const rows = found.filter(row => row.is_total === 0).map(row => ({ ...row, ...credit.get(String(row['channel'])) }))
  const total = found.find(row => row.is_total === 1) ?? NOTHING
  return [
    ...rows,
    { ...total, credit: rows.reduce((sum, row) => sum + row.credit, 0n), money: rows.reduce((sum, row) => sum + row.money, 0n) },
  ]
}

/** What the statements of a question under a published model would read, where it is known without them. */
export type AttributionRows = {
  readonly found: readonly StoreRow[]
  readonly excluded: readonly StoreRow[]
  /** Touches that are left out; none where whoever knows the rest does not say so. */
  readonly left?: readonly StoreRow[]
}

/** The context with credit under the terms of the question, of its model or of all of those. */
export const onTerms = (
  context: AnswerContext,
  question: AttributionQuestion,
  models: readonly string[] = [question.model],
): AnswerContext => ({
  ...context,
  ...underTerms(context, {
    tenant: context.tenant,
    terms: question,
    models: [...models, ...(models.every(model => dataDrivenModel(model) === null) ? [] : [pathModel(context.definitions)])],
    conversions: question.basis === 'pipeline' ? [question.conversion, 'sqo'] : [question.conversion],
    kept: context.keptSince !== null,
  }),
})

/** (reason, touches) that are left out. */
const leftOut = async (store: Store, { sources, definitions }: AnswerContext): Promise<readonly StoreRow[]> => {
  const touches = responsesLeftOut(sources, definitions)
  return touches === null ? [] : await store.read(touches)
}

/** What `attributionAnswer` would read of a question under each of several published models, read at once. */
export const underEachModel = async (
  store: Store,
  given: AnswerContext,
  question: AttributionQuestion,
  models: readonly string[],
): Promise<ReadonlyMap<string, AttributionRows>> => {
  const context = onTerms(given, question, models)
  const [found, excluded, left] = await Promise.all([
    store.read(attributionFigure(context.sources, question, models)),
    store.read(attributionExcluded(context.sources, question)),
    leftOut(store, context),
  ])
  assertNotTooMany(found.length)
  const byModel = Map.groupBy(found, row => String(row['model']))
  return new Map(models.map(model => [model, { found: byModel.get(model) ?? [], excluded, left }]))
}

/** M54, M55 or M56 by the question's dimensions, M59 in the total. */
export const attributionAnswer = async (
  store: Store,
  given: AnswerContext,
  question: AttributionQuestion,
  explain: Explain,
  known: AttributionRows | null = null,
): Promise<AttributionFigures> => {
  const context = onTerms(given, question)
  const learned = await dataDrivenCredit(store, context, question)
  const fitted = learned?.fitted ?? null
  const whole = fitted !== null && isGlobal(question) ? fitted : null
  const sources = whole?.alike ?? learned?.sources ?? context.sources
  const [found, excluded, left] =
    known === null
      ? await Promise.all([
          store.read(attributionFigure(sources, whole === null ? question : { ...question, by: ['channel'] })),
          store.read(attributionExcluded(sources, question)),
          leftOut(store, { ...context, sources }),
        ])
      : [known.found, known.excluded, known.left ?? []]
  assertNotTooMany(found.length)
  const parsed = found.map(row => Row.parse(row))
  const all = whole === null ? parsed : asAWhole(parsed, whole)
  const flags = [...context.flags, ...(fitted !== null && whole === null ? ['redistributed'] : []), ...provisionalOf(question)]
  const metric = METRIC_OF[question.basis]
  const unit = question.basis === 'conversions' ? 'count' : `${question.currency} minor`
  const valueOf = ({ credit, money }: Row): number => (question.basis === 'conversions' ? exact(credit) / MILLION : exact(money))

  const rows = all
    .filter(row => row.is_total === 0)
    .map((row): FigureRow => {
      const dims = Object.fromEntries(question.by.map(name => [name, String(row[name])]))
      const narrowed = {
        ...question,
        by: [],
        filters: { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) },
      }
      return {
        ...dims,
        metric,
        value: valueOf(row),
        unit,
        flags: flagsOf(row.deals, [...flags, ...row.reasons]),
        explain: explain('attribution', metric, narrowed),
      }
    })
  const sum = all.find(row => row.is_total === 1) ?? NOTHING
  const [part, base] =
    question.basis === 'conversions'
      ? [exact(sum.unattributed_credit) / MILLION, exact(sum.credit) / MILLION]
      : [exact(sum.unattributed_money), exact(sum.money)]
  // what is shared out by other dimensions stays so when it is opened
  const narrowed = { ...question, by: fitted !== null && whole === null ? question.by : [] }
  const total: FigureRow[] = [
    { metric, value: valueOf(sum), unit, flags: flagsOf(sum.deals, flags), explain: explain('attribution', metric, narrowed) },
    {
      metric: 'M59',
      value: ratio(part, base),
      unit: 'ratio',
      numerator: part,
      denominator: base,
      flags: flagsOf(sum.deals, [...flags, ...sum.reasons]),
      explain: explain('attribution', 'M59', narrowed),
    },
  ]
  return {
    rows: question.by.length === 0 ? total.slice(0, 1) : rows,
    total,
    // deals by their reason; touches beside them, by theirs
    excluded: {
      ...excludedOf(excluded, 'deals'),
      ...Object.fromEntries(Object.entries(excludedOf(left, 'touches')).map(([reason, touched]) => [`touches_${reason}`, touched])),
    },
    fit: fitted?.fit,
    proof: measure =>
      whole === null
        ? attributionProof(sources, question, measure)
        : globalProof(sources, question, {
            total: question.basis === 'conversions' ? sum.credit - sum.unattributed_credit : sum.money - sum.unattributed_money,
            unattributed: sum.reasons.length > 0,
            measure,
          }),
  }
}

/** Credit of deals that are still open may move until they close (metrics, Provisional). */
const provisionalOf = ({ basis, conversion }: AttributionQuestion): readonly string[] =>
  basis === 'pipeline' && conversion === 'won' ? ['provisional'] : []

const measureOf = (metric: string, basis: AttributionQuestion['basis']): AttributionMeasure => {
  if (metric === 'M59') return basis === 'conversions' ? 'unattributed_credit' : 'unattributed_money'
  return basis === 'conversions' ? 'credit' : 'money'
}

export const attributionExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }, question) => restsOn(definitions, CreditQuestion.parse(question).model),
  explain: async (store, context, metric, asked) => {
    const question = attributionQuestionFrom(asked)
    const figures = await attributionAnswer(store, context, question, () => '')
    const row = figures.total.find(total => total.metric === metric)
    if (row === undefined) return null
    return {
      row,
      model: question.model,
      proof: figures.proof(measureOf(metric, question.basis)),
      divisor: question.basis === 'conversions' ? MILLION : 1,
    }
  },
}

/** A question as a token carries it. */
export const attributionQuestionFrom = (asked: unknown): AttributionQuestion => {
  const { filters, ...rest } = CreditQuestion.parse(asked)
  return { ...rest, filters: definedOnly(filters) }
}

const definedOnly = <T extends string>(filters: Partial<Record<T, readonly string[] | undefined>>): Partial<Record<T, readonly string[]>> =>
  Object.fromEntries(Object.entries(filters).filter(([, values]) => values !== undefined)) as Partial<Record<T, readonly string[]>>

/** The model as `id` or `id@version`; null when there is none of that name. */
export const findModel = ({ models }: Definitions, name: string): string | null => {
  const found = models
    .filter(model => model.id === name || modelName(model) === name)
    .toSorted((a, b) => a.version - b.version)
    .at(-1)
  return found === undefined ? null : modelName(found)
}
