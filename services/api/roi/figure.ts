import { z } from 'zod'
import { type AttributionMeasure, MILLION } from '../../domain/figures/attribution.ts'
import { stageEntriesProof } from '../../domain/figures/credit-cells.ts'
import { ratio } from '../../domain/figures/rates.ts'
import { spendProof } from '../../domain/figures/spend.ts'
import { joinSql, type Sql, sql } from '../../domain/sql.ts'
import { assertNotTooMany, exact, type FigureRow, type Fit, flagsOf, moneyEach } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { attributionAnswer, type AttributionFigures, restsOn } from '../attribution/figure.ts'
import type { Explain, ExplainableFigure } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { NO_SPEND, type SpendRow, spendRow } from '../spend/figure.ts'
import type { StageCell } from './cells.ts'
import { creditQuestion, type RoiDimension, type RoiQuestion, roiQuestionFrom, spendQuestion } from './question.ts'
import { type Sides, sidesOf } from './sides.ts'
import { ofPeriod } from './sums.ts'
import { byBytes } from '../../domain/bytes.ts'

/** What was earned, as the credit's row says it, and what was spent. */
type Side = { readonly dims: Readonly<Record<string, string>>; readonly credit: FigureRow | null; readonly spend: SpendRow }

const dimsOf = (by: readonly RoiDimension[], row: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(by.map(name => [name, String(row[name])]))

/** Credit and spend side by side, in the order of the dimensions' bytes; what one of the sides does not have is nothing on it. */
const together = (by: readonly RoiDimension[], credit: readonly FigureRow[], spend: readonly SpendRow[]): readonly Side[] => {
  const sides = new Map<string, Side>()
  for (const row of credit) {
    const dims = dimsOf(by, row)
    sides.set(Object.values(dims).join('\u001f'), { dims, credit: row, spend: NO_SPEND })
  }
  for (const row of spend) {
    const dims = dimsOf(by, row)
    const key = Object.values(dims).join('\u001f')
    sides.set(key, { dims, credit: sides.get(key)?.credit ?? null, spend: row })
  }
  return [...sides].toSorted(([a], [b]) => byBytes(a, b)).map(([, side]) => side)
}

/** A return, or a cost per piece. */
type Quotient = {
  readonly metric: string
  /** Null: what it is made of is not known. */
  readonly numerator: number | null
  readonly denominator: number
  readonly isMoney: boolean
}

/** What of earned money is counted, in minor units; with a margin that part of it, to the millionth of a unit. Null where the margin is not known. */
const gainOf = (money: number, { margin, marginPpm }: RoiQuestion): number | null => {
  if (margin === 'none') return money
  return marginPpm === null ? null : Number(BigInt(money) * BigInt(marginPpm)) / MILLION
}

/** M67 and M68 of revenue, M67 and M76 of pipeline, M70 of conversions. */
const quotientsOf = (question: RoiQuestion, { credit, spend }: Side): readonly Quotient[] => {
  const { basis } = question
  const spent = exact(spend.spent)
  const earned = credit?.value ?? 0
  if (basis === 'conversions') return [{ metric: 'M70', numerator: spent, denominator: earned, isMoney: true }]
  const gain = gainOf(earned, question)
  const roi: Quotient = { metric: 'M67', numerator: gain === null ? null : gain - spent, denominator: spent, isMoney: false }
  if (basis === 'pipeline') return [roi, { metric: 'M76', numerator: earned, denominator: spent, isMoney: false }]
  return [roi, { metric: 'M68', numerator: earned, denominator: exact(spend.media), isMoney: false }]
}

export type RoiFigures = Figures & { readonly fit: Fit | undefined; readonly credit: AttributionFigures }

/**
 * Spend (M66) beside what it is credited with (M54–M56), and what that is to each other: M67 ROI, M68 ROAS, M70 cost per conversion, M76 pipeline per
 * spend. The total holds everything, unattributed revenue included; M59 beside it says how much that is.
 */
export const roiAnswer = async (sides: Sides, question: RoiQuestion, explain: Explain): Promise<RoiFigures> => {
  const { store, context } = sides
  const known = await sides.credit(question)
  const [credit, read, stages] = await Promise.all([
    attributionAnswer(store, context, creditQuestion(question), explain, known),
    sides.spend(question),
    question.basis === 'conversions' ? sides.stages(question) : [],
  ])
  const spend = read.map(spendRow)
  assertNotTooMany(credit.rows.length + spend.length)
  const [totalCredit, ...beside] = credit.total
  const total: Side = { dims: {}, credit: totalCredit ?? null, spend: spend.find(row => row.is_total === 1) ?? NO_SPEND }
  const rows = together(
    question.by,
    credit.rows,
    spend.filter(row => row.is_total === 0),
  )
  const toRows = (side: Side): FigureRow[] => rowsOf(context, question, side, explain)
  const totals = toRows(total)
  return {
    rows: question.by.length === 0 ? totals : rows.flatMap(toRows),
    total: [...totals, ...rawCosts(context, question, total.spend, stages, explain), ...beside],
    excluded: {
      // deals alone: touches that do not count are the matter of /v1/attribution
      ...Object.fromEntries(Object.entries(credit.excluded).filter(([reason]) => !reason.startsWith('touches_'))),
      ...(total.spend.rate_missing > 0 ? { spend_rate_missing: total.spend.rate_missing } : {}),
    },
    fit: credit.fit,
    credit,
  }
}

const rowsOf = ({ flags }: AnswerContext, question: RoiQuestion, side: Side, explain: Explain): FigureRow[] => {
  const { dims, credit, spend } = side
  const { basis, currency, scope, margin, marginPpm, conversion } = question
  const label = { ...dims, spend_scope: scope }
  const narrowed: RoiQuestion = {
    ...question,
    by: [],
    filters: { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) },
  }
  const missing = spend.rate_missing > 0 ? ['rate_missing'] : []
  const noCredit = { metric: METRICS[basis], value: 0, unit: basis === 'conversions' ? 'count' : `${currency} minor` }
  const creditFlags = credit?.flags ?? [...flags, 'low_n']
  return [
    {
      ...label,
      metric: 'M66',
      value: exact(spend.spent),
      unit: `${currency} minor`,
      flags: sorted([...flags, ...missing]),
      explain: explain('spend', 'M66', spendQuestion(narrowed)),
    },
    credit === null
      ? { ...label, ...noCredit, flags: sorted(creditFlags), explain: explain('attribution', METRICS[basis], creditQuestion(narrowed)) }
      : { ...label, ...credit },
    ...quotientsOf(question, side).map(
      ({ metric, numerator, denominator, isMoney }): FigureRow => ({
        ...label,
        ...(metric === 'M67' ? { margin, ...(marginPpm === null ? {} : { gross_margin: marginPpm / MILLION }) } : {}),
        ...(metric === 'M70' ? { conversion } : {}),
        metric,
        value: numerator === null ? null : isMoney ? moneyEach(numerator, denominator) : ratio(numerator, denominator),
        unit: isMoney ? `${currency} minor` : 'ratio',
        ...(numerator === null ? {} : { numerator }),
        denominator,
        flags: sorted([
          ...creditFlags,
          ...missing,
          ...(numerator === null ? ['gross_margin_missing'] : []),
          ...(denominator === 0 ? [isMoney ? 'no_conversions' : 'no_spend'] : []),
        ]),
        explain: explain('roi', metric, narrowed),
      }),
    ),
  ]
}

/** M70 of leads, MQLs and accepted leads: in total, by the raw count of journeys that entered the stage in the period. */
const rawCosts = (
  { definitions, flags }: AnswerContext,
  question: RoiQuestion,
  { spent }: SpendRow,
  stages: readonly StageCell[],
  explain: Explain,
): readonly FigureRow[] => {
  if (question.basis !== 'conversions' || Object.keys(question.filters).length > 0) return []
  const entered = ofPeriod(stages, question)
  return countedStages(definitions).map(({ conversion, place }) => {
    const journeys = entered.filter(cell => cell.place === place).reduce((sum, cell) => sum + cell.journeys, 0)
    return {
      spend_scope: question.scope,
      conversion,
      metric: 'M70',
      value: moneyEach(exact(spent), journeys),
      unit: `${question.currency} minor`,
      numerator: exact(spent),
      denominator: journeys,
      flags: sorted([...flagsOf(journeys, flags), ...(journeys === 0 ? ['no_conversions'] : [])]),
      explain: explain('roi-raw', 'M70', { question: { ...question, by: [] }, conversion }),
    }
  })
}

/** Stages whose entries are counted as they are, by their place in the map from 1. */
const countedStages = ({ stageMap }: AnswerContext['definitions']): readonly { readonly conversion: string; readonly place: number }[] =>
  stageMap.stages.flatMap((stage, index) => {
    const conversion = stage.on === 'created' ? 'lead' : stage.on === 'accepted' ? 'accepted' : stage.name === 'mql' ? 'mql' : null
    return conversion === null ? [] : [{ conversion, place: index + 1 }]
  })

const METRICS = { revenue: 'M54', pipeline: 'M55', conversions: 'M56' } as const
const sorted = (flags: readonly string[]): string[] => [...new Set(flags)].toSorted()

/** Rows of a proof with whole numbers that stand for contribution and base; `own` is what each row contributes by itself. */
export const proofPart = (rows: Sql, contribution: Sql, base: Sql): Sql => sql`
  SELECT entity, id, account, deal_id, event_ids, note, at, toString(${contribution}) AS contribution, toString(${base}) AS base
  FROM (SELECT * EXCEPT (contribution, base), toInt256(contribution) AS own FROM (${rows}))`
export const ownTimes = (factor: number | bigint): Sql => sql`own * toInt256('${{ parts: [String(factor)] }}')`
export const proofOfParts = (...parts: readonly Sql[]): Sql =>
  sql`SELECT * FROM (${joinSql(parts, ' UNION ALL ')}) ORDER BY entity, id, at, event_ids, note`

/** What is behind a quotient: the credit of deals and the costs, each with its part of numerator and denominator times `divisor`. */
const proofOf = ({ sources, definitions }: AnswerContext, question: RoiQuestion, metric: string, credit: AttributionFigures) => {
  const measure: AttributionMeasure = question.basis === 'conversions' ? 'credit' : 'money'
  const spend = spendProof(sources, spendQuestion(question), metric === 'M68' ? 'media' : 'spent', definitions)
  const parts: Readonly<Record<string, readonly [earned: Sql, earnedBase: Sql, spent: Sql, spentBase: Sql]>> = {
    M67: [ownTimes(question.marginPpm ?? MILLION), ownTimes(0), ownTimes(-MILLION), ownTimes(MILLION)],
    M68: [ownTimes(MILLION), ownTimes(0), ownTimes(0), ownTimes(MILLION)],
    M76: [ownTimes(MILLION), ownTimes(0), ownTimes(0), ownTimes(MILLION)],
    // credit is in millionths already
    M70: [ownTimes(0), ownTimes(1), ownTimes(MILLION), ownTimes(0)],
  }
  const [earned, earnedBase, spent, spentBase] = parts[metric] ?? [ownTimes(0), ownTimes(0), ownTimes(0), ownTimes(0)]
  const proof = proofOfParts(proofPart(credit.proof(measure), earned, earnedBase), proofPart(spend, spent, spentBase))
  return { proof, divisor: MILLION }
}

export const roiExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }, question) => restsOn(definitions, roiQuestionFrom(question).model),
  explain: async (store, context, metric, asked) => {
    const question = roiQuestionFrom(asked)
    const { rows, credit } = await roiAnswer(sidesOf(store, null, context), question, () => '')
    const row = rows.find(found => found.metric === metric)
    return row === undefined ? null : { row, model: question.model, ...proofOf(context, question, metric, credit) }
  },
}

const RawAsked = z.strictObject({ question: z.unknown(), conversion: z.string() })

/** M70 in total, by the raw count: the costs, and the journeys that entered the stage. */
export const rawCostExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }, asked) => restsOn(definitions, roiQuestionFrom(RawAsked.parse(asked).question).model),
  explain: async (store, context, metric, asked) => {
    const { question: of, conversion } = RawAsked.parse(asked)
    const question = roiQuestionFrom(of)
    const { sources, definitions } = context
    const stage = countedStages(definitions).find(counted => counted.conversion === conversion)
    const sides = sidesOf(store, null, context)
    const [spend, stages] = await Promise.all([sides.spend(question), sides.stages(question)])
    const total = spend.map(spendRow).find(row => row.is_total === 1) ?? NO_SPEND
    const row = rawCosts(context, question, total, stages, () => '').find(found => found['conversion'] === conversion)
    if (row === undefined || stage === undefined || metric !== 'M70') return null
    const costs = spendProof(sources, spendQuestion(question), 'spent', definitions)
    const journeys = stageEntriesProof(sources, definitions.stageMap, { place: stage.place, ...question })
    const proof = proofOfParts(proofPart(costs, ownTimes(1), ownTimes(0)), proofPart(journeys, ownTimes(0), ownTimes(1)))
    return { row, model: question.model, proof, divisor: 1 }
  },
}
