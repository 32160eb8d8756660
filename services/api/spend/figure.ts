import { z } from 'zod'
import { ratio } from '../../domain/figures/rates.ts'
import { SPEND_DIMENSIONS, SPEND_SCOPES, spendFigure, spendProof, type SpendQuestion } from '../../domain/figures/spend.ts'
import type { Row, Store } from '../../store/port.ts'
import { assertNotTooMany, exact, type FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain, ExplainableFigure } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { withoutUndefined } from '../funnel/stages.ts'

/** As it stands in explain tokens. */
const Question = z.strictObject({
  by: z.array(z.enum(SPEND_DIMENSIONS)),
  filters: z.strictObject(Object.fromEntries(SPEND_DIMENSIONS.map(name => [name, z.array(z.string()).optional()]))),
  scope: z.enum(SPEND_SCOPES),
  from: z.string().nullable(),
  to: z.string().nullable(),
  currency: z.string(),
})

const SpendRow = z.looseObject({
  is_total: z.coerce.number(),
  has_budget: z.coerce.number(),
  spent: z.coerce.bigint(),
  media: z.coerce.bigint(),
  unmatched: z.coerce.bigint(),
  committed: z.coerce.bigint(),
  budget: z.coerce.bigint(),
  target: z.coerce.bigint(),
  costs: z.coerce.number(),
  rate_missing: z.coerce.number(),
})
/** One row of `spendFigure`, money in minor units. */
export type SpendRow = z.output<typeof SpendRow>

export const NO_SPEND: SpendRow = {
  is_total: 1,
  has_budget: 0,
  spent: 0n,
  media: 0n,
  unmatched: 0n,
  committed: 0n,
  budget: 0n,
  target: 0n,
  costs: 0,
  rate_missing: 0,
}

export const spendRow = (row: Row): SpendRow => SpendRow.parse(row)

/** M66 spend, and M66b budget used where the dimensions are those of campaigns. */
export const spendAnswer = async (store: Store, context: AnswerContext, question: SpendQuestion, explain: Explain): Promise<Figures> => {
  const found = (
    await store.read(
      spendFigure(context.sources, question, {
        budgets: true,
        definitions: context.definitions,
        fiscal: context.settings.fiscal,
      }),
    )
  ).map(spendRow)
  assertNotTooMany(found.length)
  const sum = found.find(row => row.is_total === 1) ?? NO_SPEND
  const rowsOf = (row: SpendRow): FigureRow[] => {
    const isTotal = row.is_total === 1
    const dims = isTotal ? {} : Object.fromEntries(question.by.map(name => [name, String(row[name])]))
    const narrowed = {
      ...question,
      by: [],
      filters: { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) },
    }
    const label = { ...dims, spend_scope: question.scope }
    const unmatched = row.unmatched === 0n ? [] : ['unmatched']
    const spend: FigureRow = {
      ...label,
      metric: 'M66',
      value: exact(row.spent),
      unit: `${question.currency} minor`,
      flags: [...context.flags, ...(row.rate_missing > 0 ? ['rate_missing'] : []), ...unmatched].toSorted(),
      explain: explain('spend', 'M66', narrowed),
      ...(isTotal ? { unmatched: exact(row.unmatched) } : {}),
    }
    if (row.has_budget === 0) return [spend]
    return [
      spend,
      {
        ...label,
        against: 'campaigns',
        metric: 'M66b',
        value: ratio(exact(row.spent), exact(row.budget)),
        unit: 'ratio',
        numerator: exact(row.spent),
        denominator: exact(row.budget),
        flags: [...context.flags, ...(row.budget === 0n ? ['no_budget'] : [])].toSorted(),
        explain: explain('spend', 'M66b', narrowed),
        committed: exact(row.committed),
      },
      // beside them, never added: a target may be the sum of what campaigns were planned with
      ...(row.target === 0n
        ? []
        : [
            {
              ...label,
              against: 'targets',
              metric: 'M66b',
              value: ratio(exact(row.spent), exact(row.target)),
              unit: 'ratio',
              numerator: exact(row.spent),
              denominator: exact(row.target),
              flags: [...context.flags].toSorted(),
              // which targets count depends on what is asked by
              explain: explain('spend', TARGET_USED, isTotal ? question : narrowed),
              committed: exact(row.committed),
            },
          ]),
    ]
  }
  const total = rowsOf(sum)
  return {
    rows: question.by.length === 0 ? total : found.filter(row => row.is_total === 0).flatMap(rowsOf),
    total,
    excluded: sum.rate_missing > 0 ? { rate_missing: sum.rate_missing } : {},
  }
}

/** What costs are: nothing that is agreed and versioned enters, but the meaning of this version of the program. */
export const SPEND_DEFINITION = 'spend@1'

/** M66b against targets, in tokens. */
const TARGET_USED = 'M66b-targets'

export const spendExplained: ExplainableFigure = {
  definitionsOf: () => [SPEND_DEFINITION],
  explain: async (store, context, metric, asked) => {
    const { filters, ...rest } = Question.parse(asked)
    const question: SpendQuestion = { ...rest, filters: withoutUndefined(filters) }
    const wanted =
      metric === TARGET_USED ? { metric: 'M66b', against: 'targets' } : { metric, against: metric === 'M66b' ? 'campaigns' : undefined }
    const { total } = await spendAnswer(store, context, question, () => '')
    const row = total.find(found => found.metric === wanted.metric && found['against'] === wanted.against)
    if (row === undefined) return null
    return {
      row,
      proof: spendProof(
        context.sources,
        question,
        metric === 'M66' ? 'spent' : metric === TARGET_USED ? 'target_used' : 'budget_used',
        context.definitions,
        context.settings.fiscal,
      ),
      divisor: 1,
    }
  },
}
