import { z } from 'zod'
import { buyingGroupKind } from '../../domain/definitions/buying-group.ts'
import { sharedDefinitions } from '../../domain/definitions/coverage.ts'
import { inForceAt } from '../../domain/definitions/history.ts'
import { modelName } from '../../domain/definitions/attribution-model.ts'
import { jointTouch, roleCoverage } from '../../domain/figures/alignment.ts'
import type { DealsQuestion as SourcedQuestion } from '../../domain/figures/deal-dimensions.ts'
import type { DealsQuestion } from '../../domain/figures/funnel-deals.ts'
import { type Facts, rateFigure } from '../../domain/figures/funnel-measures.ts'
import type { PartRate } from '../../domain/figures/movers.ts'
import type { Store } from '../../store/port.ts'
import { exact, type FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain } from '../explain/figure.ts'
import type { Under } from '../figure-route.ts'
import { stageMapName } from '../funnel/stages.ts'
import { leadAnswer, leadsUnder } from '../leads/quality.ts'
import { NEW_BUSINESS } from '../roi/question.ts'
import { attainmentAnswer, slaPolicyName } from '../sla/attainment.ts'
import type { SlaBook } from '../sla/book.ts'
import { sourcedAnswer } from '../sourced/figure.ts'
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
  readonly read: (under: SignsUnder, period: SignPeriod) => Promise<Reading>
}

const restingOn = (definitions: readonly string[]): Under => ({ definition: definitions[0] ?? '', definitions })

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

const acceptance = async ({ store, context, movedBy, explainUnder }: SignsUnder, { fromMs, toMs }: SignPeriod): Promise<Reading> =>
  readingOf(
    'count',
    movedBy,
    await leadAnswer(
      store,
      context,
      { metrics: ['M25'], horizonDays: 90, by: [movedBy], filters: {}, from: fromMs, to: toMs, definition: null },
      explainUnder(leadsUnder(context, null)),
    ),
    row => row.metric === 'M25',
  )

const attainment =
  (filters: { readonly side?: string[]; readonly step?: string[] }) =>
  async ({ context, book, movedBy, explainUnder }: SignsUnder, { fromMs, toMs }: SignPeriod): Promise<Reading> =>
    readingOf(
      'count',
      movedBy,
      attainmentAnswer(
        book,
        context,
        { by: [movedBy], filters, metrics: ['M42'], from: fromMs, to: toMs },
        explainUnder(restingOn([slaPolicyName(context)])),
      ),
      row => row.metric === 'M42',
    )

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

const disputeGap = async (under: SignsUnder, period: SignPeriod): Promise<Reading> =>
  readingOf(
    'money',
    under.movedBy,
    await sourcedAnswer(
      under.store,
      under.context,
      pipelineOf(under, period, [under.movedBy]),
      under.explainUnder(restingOn(sourcedRestsOn(under.context))),
    ),
    row => row.metric === 'M36' && row['claimed_by'] === undefined,
  )

const coverage = async ({ context }: SignsUnder, { toMs, fiscalYear, quarter }: SignPeriod): Promise<Reading> => {
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
}

const Counted = z.looseObject({ is_total: z.coerce.number(), num: z.coerce.bigint(), den: z.coerce.bigint(), units: z.coerce.number() })

/** Facts of this folder by the dimension; the token opens them under the same question. */
const factsReading = async (
  { store, context, movedBy, explainUnder }: SignsUnder,
  metric: 'M101' | 'M102',
  period: SignPeriod,
  facts: Facts,
  unit: Reading['unit'],
  currency: string,
): Promise<Reading> => {
  const rows = (await store.read(rateFigure(facts, { by: [movedBy], filters: {}, only: {} }))).map(row => ({
    row,
    counted: Counted.parse(row),
  }))
  const total = rows.find(({ counted }) => counted.is_total === 1)?.counted
  const [numerator, denominator] = [exact(total?.num ?? 0n), exact(total?.den ?? 0n)]
  return {
    value: denominator === 0 ? null : numerator / denominator,
    numerator,
    denominator,
    unit,
    flags: (total?.units ?? 0) < 30 ? ['low_n'] : [],
    explain: explainUnder(restingOn(alignmentRestsOn(context)))('alignment', metric, { metric, period, currency }),
    parts: rows
      .filter(({ counted }) => counted.is_total === 0)
      .map(({ row, counted }) => ({ name: String(row[movedBy]), numerator: exact(counted.num), denominator: exact(counted.den) })),
  }
}

export const jointTouchFacts = (under: SignsUnder, period: SignPeriod, by: readonly MovedBy[]): Facts => {
  const context = inTheWindow(under.context, ['sqo'])
  return jointTouch(context.sources, pipelineOf(under, period, by), context.definitions)
}

export const roleCoverageFacts = ({ context, currency }: SignsUnder, { toMs }: SignPeriod, by: readonly MovedBy[]): Facts => {
  const { sources, definitions, settings, observedTo } = context
  const at = Math.min(toMs, observedTo + 1)
  const question: DealsQuestion = {
    stageMap: definitions.stageMap,
    counted: 'deals',
    by,
    filters: {},
    from: null,
    to: null,
    zone: settings.zone,
    observedTo,
    dealTypes: NEW_BUSINESS,
    currency,
  }
  return roleCoverage(sources, question, inForceAt(definitions.history, buyingGroupKind, at - 1).document, at)
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
    read: (under, period) => factsReading(under, 'M101', period, jointTouchFacts(under, period, [under.movedBy]), 'money', under.currency),
  },
  {
    name: 'role_coverage',
    metric: 'M102',
    better: 'higher',
    targets: ['M102', 'role_coverage'],
    read: (under, period) =>
      factsReading(under, 'M102', period, roleCoverageFacts(under, period, [under.movedBy]), 'count', under.currency),
  },
]
