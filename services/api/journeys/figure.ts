import { z } from 'zod'
import { attributionExcluded } from '../../domain/figures/attribution.ts'
import type { DealsQuestion } from '../../domain/figures/deal-dimensions.ts'
import {
  JOURNEY_METRICS,
  type JourneyMetric,
  journeysFigure,
  type JourneysInputs,
  journeysProof,
  PERCENTILES,
  personalFigure,
  personalProof,
} from '../../domain/figures/journeys.ts'
import { ratio } from '../../domain/figures/rates.ts'
import { underTerms } from '../../domain/figures/terms.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, type FigureRow, flagsOf, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { type Explain, type ExplainableFigure, excludedOf } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { responsesName } from '../attribution/figure.ts'
import { dealsQuestionFrom, inTheWindow } from '../sourced/question.ts'

/** A hundred years: "without lookback" (metrics M63). */
const EVER_DAYS = 36_500
const MICROS = 1_000_000

const Row = z.looseObject({
  is_total: z.coerce.number(),
  metric: z.enum(JOURNEY_METRICS),
  deals: z.coerce.number(),
  found: z.array(z.tuple([z.coerce.number(), z.coerce.number()])),
  reasons: z.array(z.string()),
})
type Row = z.output<typeof Row>
const PersonalRow = z.looseObject({
  is_total: z.coerce.number(),
  is_whole: z.coerce.number(),
  stage: z.string(),
  personal: z.coerce.number(),
  touches: z.coerce.number(),
  deals: z.coerce.number(),
})
type PersonalRow = z.output<typeof PersonalRow>

const inputsOf = (given: AnswerContext, question: DealsQuestion): JourneysInputs => {
  const { sources, definitions, tenant, keptSince } = inTheWindow(given, ['won'])
  const terms = { tenant, terms: { lookbackDays: EVER_DAYS }, models: [question.model], conversions: ['won'], kept: keptSince !== null }
  return { sources, definitions, question, ever: underTerms({ sources, definitions }, terms).sources }
}

/** What a row is about, as its token says it. */
type Part = { readonly metric: JourneyMetric; readonly percentile: number } | { readonly metric: 'M63b'; readonly stage: string | null }
type Token = (part: Part) => string

/** Median, p75 and p90 of one metric; counts as they are, the pre-sales share in seconds over seconds. */
const percentileRows = ({ metric, deals, found }: Row, flags: readonly string[], token: Token): FigureRow[] =>
  PERCENTILES.map((percentile, index): FigureRow => {
    const [part, whole] = found[index] ?? [0, 1]
    const shared = {
      percentile: `p${percentile}`,
      deals,
      metric,
      flags: flagsOf(deals, flags),
      explain: token({ metric, percentile }),
    }
    if (metric !== 'M63') return { ...shared, value: deals === 0 ? null : part, unit: 'count' }
    if (deals === 0) return { ...shared, value: null, unit: 'ratio' }
    return { ...shared, value: ratio(part, whole), unit: 'ratio', numerator: part / MICROS, denominator: whole / MICROS }
  })

const personalRow = ({ is_whole, stage, personal, touches, deals }: PersonalRow, flags: readonly string[], token: Token): FigureRow => ({
  ...(is_whole === 1 ? {} : { stage }),
  deals,
  metric: 'M63b',
  ...rateOf(personal, touches, flags),
  explain: token({ metric: 'M63b', stage: is_whole === 1 ? null : stage }),
})

/** M62, M62b, M63 and M37 at their percentiles and M63b by stage, of won deals, by the question's dimensions and in total. */
export const journeysAnswer = async (
  store: Store,
  given: AnswerContext,
  question: DealsQuestion,
  explain: Explain,
  /** Whoever opens one number needs no others. */
  only: readonly Part['metric'][] = [...JOURNEY_METRICS, 'M63b'],
): Promise<Figures> => {
  const inputs = inputsOf(given, question)
  const [measured, personal, excluded] = await Promise.all([
    only.some(metric => metric !== 'M63b') ? store.read(journeysFigure(inputs)) : [],
    only.includes('M63b') ? store.read(personalFigure(inputs)) : [],
    store.read(attributionExcluded(inputs.sources, { ...question, by: [], filters: {} })),
  ])
  assertNotTooMany(measured.length * PERCENTILES.length + personal.length)
  const metrics = measured.map(row => Row.parse(row))
  const stages = personal.map(row => PersonalRow.parse(row))
  const { flags } = given
  const dimsOf = (row: Row | PersonalRow): Record<string, string> => Object.fromEntries(question.by.map(name => [name, String(row[name])]))
  const tokenOf = (dims: Record<string, string>): Token => {
    const filters = { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) }
    return part => explain('journeys', part.metric, { question: { ...question, by: [], filters }, part })
  }
  const all = tokenOf({})
  const whole = metrics.filter(row => row.is_total === 1)
  const total = [
    ...JOURNEY_METRICS.flatMap(metric => {
      const row = whole.find(one => one.metric === metric) ?? { metric, deals: 0, found: [], reasons: [], is_total: 1 }
      return percentileRows(row, flags, all)
    }),
    ...stages.filter(row => row.is_total === 1 && row.touches > 0).map(row => personalRow(row, flags, all)),
  ]
  const reasons: Record<string, number> = {}
  for (const { metric, reasons: why } of whole)
    for (const reason of why) reasons[`${metric}_${reason}`] = (reasons[`${metric}_${reason}`] ?? 0) + 1
  const rows = [
    ...metrics
      .filter(row => row.is_total === 0)
      .flatMap(row => percentileRows(row, flags, tokenOf(dimsOf(row))).map(one => ({ ...dimsOf(row), ...one }))),
    ...stages.filter(row => row.is_total === 0).map(row => ({ ...dimsOf(row), ...personalRow(row, flags, tokenOf(dimsOf(row))) })),
  ]
  return { rows: question.by.length === 0 ? total : rows, total, excluded: { ...excludedOf(excluded, 'deals'), ...reasons } }
}

const Part = z.union([
  z.strictObject({ metric: z.enum(JOURNEY_METRICS), percentile: z.int() }),
  z.strictObject({ metric: z.literal('M63b'), stage: z.string().nullable() }),
])
const Asked = z.strictObject({ question: z.unknown(), part: Part })

export const journeysRestOn = ({ definitions }: AnswerContext): readonly string[] => [responsesName(definitions)]

export const journeysExplained: ExplainableFigure = {
  definitionsOf: journeysRestOn,
  explain: async (store, context, metric, asked) => {
    const { question: of, part } = Asked.parse(asked)
    const question = dealsQuestionFrom(of)
    const { total } = await journeysAnswer(store, context, question, () => '', [part.metric])
    const inputs = inputsOf(context, question)
    const ofPart = (row: FigureRow): boolean =>
      part.metric === 'M63b' ? (row['stage'] ?? null) === part.stage : row['percentile'] === `p${part.percentile}`
    const row = total.find(one => one.metric === metric && part.metric === metric && ofPart(one))
    if (row === undefined) return null
    return {
      row,
      proof: part.metric === 'M63b' ? personalProof(inputs, part.stage) : journeysProof(inputs, part.metric, part.percentile),
      divisor: part.metric === 'M63' ? MICROS : 1,
    }
  },
}
