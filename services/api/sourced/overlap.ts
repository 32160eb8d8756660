import { z } from 'zod'
import { attributionExcluded } from '../../domain/figures/attribution.ts'
import type { DealsQuestion } from '../../domain/figures/deal-dimensions.ts'
import { overlapFigure, sourcedProof } from '../../domain/figures/sourced.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, exact, type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { type Explain, type ExplainableFigure, excludedOf } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { conversionsOf, inTheWindow, dealsQuestionFrom, influenceRestsOn } from './question.ts'

const Row = z.object({
  campaign: z.string(),
  with_campaign: z.string(),
  is_total: z.coerce.number(),
  deals: z.coerce.number(),
  money: z.coerce.bigint(),
})

/** M58 of each campaign (beside itself) and of each two together; the total has every deal once, so it is less than the sum of the campaigns. */
export const overlapAnswer = async (store: Store, given: AnswerContext, question: DealsQuestion, explain: Explain): Promise<Figures> => {
  const context = inTheWindow(given, conversionsOf(question))
  const [found, excluded] = await Promise.all([
    store.read(overlapFigure(context.sources, question, context.definitions)),
    store.read(attributionExcluded(context.sources, { ...question, by: [], filters: {} })),
  ])
  assertNotTooMany(found.length)
  const unit = question.basis === 'conversions' ? 'count' : `${question.currency} minor`
  const rowOf = ({ deals, money }: z.output<typeof Row>, flags: readonly string[], campaigns: readonly string[]): FigureRow => ({
    metric: 'M58',
    value: question.basis === 'conversions' ? deals : exact(money),
    unit,
    flags: flagsOf(deals, [...context.flags, ...flags]),
    explain: explain('sourced-overlap', 'M58', { question, campaigns }),
  })
  const all = found.map(row => Row.parse(row))
  const pairs = all.filter(row => row.is_total === 0)
  const whole = all.find(row => row.is_total === 1) ?? { campaign: '', with_campaign: '', is_total: 1, deals: 0, money: 0n }
  return {
    rows: pairs.map(row => ({
      campaign: row.campaign,
      with_campaign: row.with_campaign,
      ...rowOf(row, ['not_additive'], [...new Set([row.campaign, row.with_campaign])]),
    })),
    total: [rowOf(whole, [], [])],
    excluded: excludedOf(excluded, 'deals'),
  }
}

const Asked = z.strictObject({ question: z.unknown(), campaigns: z.array(z.string()).max(2) })

export const overlapExplained: ExplainableFigure = {
  definitionsOf: influenceRestsOn,
  explain: async (store, given, metric, asked) => {
    const { question: of, campaigns } = Asked.parse(asked)
    const question = dealsQuestionFrom(of)
    const { rows, total } = await overlapAnswer(store, given, question, () => '')
    const [one, other = one] = campaigns
    const row = one === undefined ? total[0] : rows.find(pair => pair['campaign'] === one && pair['with_campaign'] === other)
    if (row === undefined || metric !== 'M58') return null
    const context = inTheWindow(given, conversionsOf(question))
    return { row, proof: sourcedProof(context.sources, question, context.definitions, [], { kind: 'influenced', campaigns }), divisor: 1 }
  },
}
