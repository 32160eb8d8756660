import { z } from 'zod'
import { type BuyingGroup, buyingGroupKind } from '../../domain/definitions/buying-group.ts'
import { sharedDefinitions } from '../../domain/definitions/coverage.ts'
import { inForceAt } from '../../domain/definitions/history.ts'
import { modelName } from '../../domain/definitions/attribution-model.ts'
import { jointTouch as jointTouchOf, type ReadAt, roleCoverage as roleCoverageOf } from '../../domain/figures/alignment.ts'
import type { DealsQuestion as SourcedQuestion } from '../../domain/figures/deal-dimensions.ts'
import type { DealsQuestion } from '../../domain/figures/funnel-deals.ts'
import { type Facts, rateFigure } from '../../domain/figures/funnel-measures.ts'
import type { PartRate } from '../../domain/figures/movers.ts'
import type { Store } from '../../store/port.ts'
import type { FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain } from '../explain/figure.ts'
import { restingOn, type Under } from '../figure-route.ts'
import { stageMapName } from '../funnel/stages.ts'
import { leadAnswers, leadsUnder } from '../leads/quality.ts'
import { NEW_BUSINESS } from '../roi/question.ts'
import { attainmentAnswer, slaPolicyName } from '../sla/attainment.ts'
import type { SlaBook } from '../sla/book.ts'
import { jointAnswers, type JointFigures } from '../sourced/figure.ts'
import { channelMapName, inTheWindow, sourcedRestsOn, windowModel } from '../sourced/question.ts'

/** By what a change is taken apart. */
export const MOVED_BY = ['region', 'team', 'owner'] as const
export type MovedBy = (typeof MOVED_BY)[number]

/** Dates, `to` exclusive, and the same as instants (ms). */
export type SignPeriod = {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly fromMs: number
  readonly toMs: number
  readonly fiscalYear: number
  readonly quarter: 1 | 2 | 3 | 4
}

export type Reading = {
  readonly value: number | null
  readonly numerator: number
  readonly denominator: number
  readonly unit: 'count' | 'money'
  readonly flags: readonly string[]
  readonly explain?: string | undefined
  readonly parts: readonly PartRate[]
}

export type SignsUnder = {
  readonly store: Store
  readonly context: AnswerContext
  readonly book: SlaBook
  readonly currency: string
  readonly movedBy: MovedBy
  /** Tokens are opened by the figure that answers the sign, under what that rests on. */
  readonly explainUnder: (under: Under) => Explain
}

/** One of the measures that say whether the two teams pull together. */
export type Sign = {
  readonly name: string
  readonly metric: string
  readonly better: 'higher' | 'lower'
  /** Names under which a target may have been set. */
  readonly targets: readonly string[]
  /** One after the other, as the periods are. */
  readonly read: (under: SignsUnder, periods: readonly SignPeriod[]) => Promise<Readings>
}
type Readings = readonly Reading[]

/** What the figures of this folder rest on. */
export const alignmentRestsOn = ({ definitions }: AnswerContext): readonly string[] => [
  stageMapName(definitions.stageMap),
  channelMapName(definitions),
]

const partsOf = (rows: readonly FigureRow[], by: MovedBy): readonly PartRate[] =>
  rows.flatMap(row =>
    row.numerator === undefined || row.denominator === undefined
      ? []
      : [{ name: String(row[by]), numerator: row.numerator, denominator: row.denominator }],
  )

/** A sign that another figure answers: its one total row, and its rows by the dimension. */
const readingOf = (
  unit: Reading['unit'],
  by: MovedBy,
  { rows, total }: { readonly rows: readonly FigureRow[]; readonly total: readonly FigureRow[] },
  is: (row: FigureRow) => boolean,
): Reading => {
  const row = total.find(is)
  return {
    value: row?.value ?? null,
    numerator: row?.numerator ?? 0,
    denominator: row?.denominator ?? 0,
    unit,
    flags: row?.flags ?? ['low_n'],
    explain: row?.explain,
    parts: partsOf(rows.filter(is), by),
  }
}

const acceptance = async ({ store, context, movedBy, explainUnder }: SignsUnder, periods: readonly SignPeriod[]): Promise<Readings> => {
  const answers = await leadAnswers(
    store,
    context,
    { metrics: ['M25'], horizonDays: 90, by: [movedBy], filters: {}, definition: null },
    periods.map(({ name, fromMs, toMs }) => ({ name, from: fromMs, to: toMs })),
    explainUnder(leadsUnder(context, null)),
  )
  return answers.map(answer => readingOf('count', movedBy, answer, row => row.metric === 'M25'))
}

const attainment =
  (filters: { readonly side?: string[]; readonly step?: string[] }) =>
  ({ context, book, movedBy, explainUnder }: SignsUnder, periods: readonly SignPeriod[]): Promise<Readings> => {
    const explain = explainUnder(restingOn([slaPolicyName(context)]))
    return Promise.resolve(
      periods.map(({ fromMs, toMs }) =>
        readingOf(
          'count',
          movedBy,
          attainmentAnswer(book, context, { by: [movedBy], filters, metrics: ['M42'], from: fromMs, to: toMs }, explain),
          row => row.metric === 'M42',
        ),
      ),
    )
  }

const pipelineOf = ({ context, currency }: SignsUnder, { from, to }: SignPeriod, by: readonly MovedBy[]): SourcedQuestion => ({
  basis: 'pipeline',
  conversion: 'sqo',
  model: modelName(windowModel(context.definitions)),
  by,
  filters: {},
  dealTypes: NEW_BUSINESS,
  from,
  to,
  currency,
  zone: context.settings.zone,
})

/** Two signs are read from the same deals: one reading of them for both, and for all periods. */
const joint = new WeakMap<SignsUnder, Promise<readonly JointFigures[]>>()
const jointOf = (under: SignsUnder, periods: readonly SignPeriod[]): Promise<readonly JointFigures[]> => {
  const known = joint.get(under)
  if (known !== undefined) return known
  const { store, context, movedBy, explainUnder } = under
  const found = jointAnswers(
    store,
    context,
    periods.map(period => ({ name: period.name, ...pipelineOf(under, period, [movedBy]) })),
    explainUnder(restingOn(sourcedRestsOn(context))),
  )
  joint.set(under, found)
  return found
}

const disputeGap = async (under: SignsUnder, periods: readonly SignPeriod[]): Promise<Readings> =>
  (await jointOf(under, periods)).map(({ gap }) => readingOf('money', under.movedBy, gap, () => true))

const coverage = ({ context }: SignsUnder, periods: readonly SignPeriod[]): Promise<Readings> =>
  Promise.resolve(
    periods.map(({ toMs, fiscalYear, quarter }): Reading => {
      const at = Math.min(toMs - 1, context.observedTo)
      const { documents, numerator, denominator } = sharedDefinitions(context.definitions.history, at, { fiscalYear, quarter })
      return {
        value: numerator / denominator,
        numerator,
        denominator,
        unit: 'count',
        flags: [],
        parts: documents.map(({ name, by }) => ({ name, numerator: by === null ? 0 : 1, denominator: 1 })),
      }
    }),
  )

/** What a sign of this folder counts: in total, and by the dimension. */
type Counted = { readonly numerator: number; readonly denominator: number; readonly units: number; readonly parts: readonly PartRate[] }

/** The token opens what was counted under the same question. */
const ownReading = (
  { context, explainUnder, currency }: SignsUnder,
  metric: 'M101' | 'M102',
  period: SignPeriod,
  { numerator, denominator, units, parts }: Counted,
  unit: Reading['unit'],
): Reading => ({
  value: denominator === 0 ? null : numerator / denominator,
  numerator,
  denominator,
  unit,
  flags: units < 30 ? ['low_n'] : [],
  explain: explainUnder(restingOn(alignmentRestsOn(context)))('alignment', metric, { metric, period, currency }),
  parts,
})

const jointTouch = async (under: SignsUnder, periods: readonly SignPeriod[]): Promise<Readings> =>
  (await jointOf(under, periods)).flatMap(({ touched }, i): readonly Reading[] => {
    const period = periods[i]
    if (period === undefined) return []
    const total = touched.find(({ isTotal }) => isTotal)
    const parts = touched
      .filter(({ isTotal }) => !isTotal)
      .map(({ dims, both, all }) => ({ name: dims[under.movedBy] ?? '', numerator: both, denominator: all }))
    const counted = { numerator: total?.both ?? 0, denominator: total?.all ?? 0, units: total?.deals ?? 0, parts }
    return [ownReading(under, 'M101', period, counted, 'money')]
  })

export const jointTouchFacts = (under: SignsUnder, period: SignPeriod): Facts => {
  const context = inTheWindow(under.context, ['sqo'])
  return jointTouchOf(context.sources, pipelineOf(under, period, []), context.definitions)
}

const coverageQuestion = ({ context, currency }: SignsUnder, by: readonly MovedBy[]): DealsQuestion => ({
  stageMap: context.definitions.stageMap,
  counted: 'deals',
  by,
  filters: {},
  from: null,
  to: null,
  zone: context.settings.zone,
  observedTo: context.observedTo,
  dealTypes: NEW_BUSINESS,
  currency,
})

const readAt = ({ context }: SignsUnder, { name, toMs }: SignPeriod): ReadAt => ({ name, before: Math.min(toMs, context.observedTo + 1) })
const groupAt = ({ context }: SignsUnder, { before }: ReadAt): BuyingGroup =>
  inForceAt(context.definitions.history, buyingGroupKind, before - 1).document

export const roleCoverageFacts = (under: SignsUnder, period: SignPeriod): Facts => {
  const at = readAt(under, period)
  return roleCoverageOf(under.context.sources, coverageQuestion(under, []), groupAt(under, at), [at])
}

const Coverage = z.looseObject({
  period: z.string(),
  is_total: z.coerce.number(),
  num: z.coerce.number(),
  den: z.coerce.number(),
  units: z.coerce.number(),
})

/** One reading for all periods in which the same buying group was in force. */
const roleCoverage = async (under: SignsUnder, periods: readonly SignPeriod[]): Promise<Readings> => {
  const { store, context, movedBy } = under
  const instants = periods.map(period => readAt(under, period))
  const groups = [...Map.groupBy(instants, at => groupAt(under, at))]
  const rows = (
    await Promise.all(
      groups.map(([group, at]) =>
        store.read(
          rateFigure(roleCoverageOf(context.sources, coverageQuestion(under, [movedBy]), group, at), {
            by: [movedBy],
            filters: {},
            only: {},
          }),
        ),
      ),
    )
  )
    .flat()
    .map(row => Coverage.parse(row))
  return periods.map((period): Reading => {
    const mine = rows.filter(row => row.period === period.name)
    const total = mine.find(row => row.is_total === 1)
    const parts = mine
      .filter(row => row.is_total === 0)
      .map(row => ({ name: String(row[movedBy]), numerator: row.num, denominator: row.den }))
    const counted = { numerator: total?.num ?? 0, denominator: total?.den ?? 0, units: total?.units ?? 0, parts }
    return ownReading(under, 'M102', period, counted, 'count')
  })
}

/** The handful that says whether the two teams pull together, in the order in which a lead meets them. */
export const SIGNS: readonly Sign[] = [
  { name: 'acceptance', metric: 'M25', better: 'higher', targets: ['M25', 'acceptance'], read: acceptance },
  {
    name: 'follow_up',
    metric: 'M42',
    better: 'higher',
    targets: ['M42:first-touch', 'follow_up'],
    read: attainment({ step: ['first-touch'] }),
  },
  { name: 'sla_sales', metric: 'M42', better: 'higher', targets: ['M42:sales', 'sla_sales'], read: attainment({ side: ['sales'] }) },
  {
    name: 'sla_marketing',
    metric: 'M42',
    better: 'higher',
    targets: ['M42:marketing', 'sla_marketing'],
    read: attainment({ side: ['marketing'] }),
  },
  { name: 'dispute_gap', metric: 'M36', better: 'lower', targets: ['M36', 'dispute_gap'], read: disputeGap },
  { name: 'shared_definitions', metric: 'M100', better: 'higher', targets: ['M100', 'shared_definitions'], read: coverage },
  {
    name: 'joint_touch',
    metric: 'M101',
    better: 'higher',
    targets: ['M101', 'joint_touch'],
    read: jointTouch,
  },
  { name: 'role_coverage', metric: 'M102', better: 'higher', targets: ['M102', 'role_coverage'], read: roleCoverage },
]
