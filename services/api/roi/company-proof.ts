import { z } from 'zod'
import { attributionProof, MILLION } from '../../domain/figures/attribution.ts'
import { customersProof } from '../../domain/figures/customers.ts'
import { spendProof } from '../../domain/figures/spend.ts'
import type { Sql } from '../../domain/sql.ts'
import type { Store } from '../../store/port.ts'
import type { FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { attributionAnswer, onTerms, restsOn } from '../attribution/figure.ts'
import type { Explanation, ExplainableFigure, ProofItem } from '../explain/figure.ts'
import { companyFigures, type CompanyParts, newBusinessOf, wholeCompany } from './company.ts'
import { ownTimes, proofOfParts, proofPart } from './figure.ts'
import { creditQuestion, type RoiQuestion, roiQuestionFrom, spendQuestion } from './question.ts'
import { sidesOf } from './sides.ts'

const Asked = z.strictObject({ question: z.unknown(), cap: z.union([z.string(), z.number()]).nullable() })
type Bounded = RoiQuestion & { readonly from: string; readonly to: string }

const boundedFrom = (asked: unknown): { readonly question: Bounded; readonly cap: string | number | null } | null => {
  const { question: of, cap } = Asked.parse(asked)
  const question = roiQuestionFrom(of)
  const { from, to } = question
  return from === null || to === null ? null : { question: { ...question, from, to }, cap }
}

const NOTHING = ownTimes(0)

/** What is behind each number: costs by their share of what was spent, customers by the deal that made them one, deals by their revenue. */
const proofOf = async (
  store: Store,
  context: AnswerContext,
  question: Bounded,
  parts: CompanyParts,
  row: FigureRow,
): Promise<Pick<Explanation, 'proof' | 'divisor'> | null> => {
  const { sources, definitions } = context
  const all = wholeCompany(question)
  const costs = (teams: readonly string[] | null, days: { readonly from: string; readonly to: string }, what: 'spent' | 'media'): Sql =>
    spendProof(sources, spendQuestion({ ...all, ...days, filters: teams === null ? {} : { team: teams } }), what, definitions)
  const acquiring = costs(parts.acquiring, parts.window, 'spent')
  const customers = customersProof(sources, newBusinessOf(question))
  switch (row.metric) {
    case 'M71':
      return {
        proof: proofOfParts(proofPart(acquiring, ownTimes(MILLION), NOTHING), proofPart(customers, NOTHING, ownTimes(MILLION))),
        divisor: MILLION,
      }
    case 'M72': {
      const asked = creditQuestion({ ...newBusinessOf(question), by: ['channel'], filters: { channel: parts.paidChannels } })
      const { proof } = await attributionAnswer(store, context, asked, () => '')
      return {
        proof: proofOfParts(
          proofPart(costs(null, parts.window, 'media'), ownTimes(MILLION), NOTHING),
          proofPart(proof('credit'), NOTHING, ownTimes(1)),
        ),
        divisor: MILLION,
      }
    }
    case 'M73':
      return {
        proof: proofOfParts(
          proofPart(acquiring, ownTimes(MILLION), NOTHING),
          proofPart(customers, NOTHING, ownTimes(parts.monthlyPpm ?? 0n)),
        ),
        divisor: MILLION,
      }
    case 'M74':
      return { proof: financeProof(parts, row.value ?? 0), divisor: 1 }
    case 'M75': {
      const worth = parts.lifetimes.find(({ cap_months }) => cap_months === row['cap_months'])?.money ?? 0
      return { proof: proofOfParts(proofPart(customers, ownTimes(worth), NOTHING), proofPart(acquiring, NOTHING, ownTimes(1))), divisor: 1 }
    }
    case 'M77': {
      const revenue = attributionProof(onTerms(context, creditQuestion(all)).sources, creditQuestion(all), 'money')
      return {
        proof: proofOfParts(
          proofPart(costs(parts.selling, question, 'spent'), ownTimes(1), NOTHING),
          proofPart(revenue, NOTHING, ownTimes(1)),
        ),
        divisor: 1,
      }
    }
    default:
      return null
  }
}

/** What finance said; the worth of a customer stands beside what it brings, the rest is what that is multiplied by. */
const financeProof = ({ finance }: CompanyParts, value: number): readonly ProofItem[] =>
  finance.map(({ name, event_id, amount_minor, currency, ratio_ppm }) => ({
    entity: 'finance',
    id: name,
    account: '',
    deal_id: '',
    event_ids: [event_id],
    note: amount_minor === null ? String((ratio_ppm ?? 0) / MILLION) : `${amount_minor} ${currency} minor`,
    at: '',
    contribution: name === 'arpa' ? value : 0,
    base: 0,
  }))

export const companyExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }, asked) => restsOn(definitions, boundedFrom(asked)?.question.model ?? ''),
  explain: async (store, context, metric, asked) => {
    const bounded = boundedFrom(asked)
    if (bounded === null) return null
    const { question, cap } = bounded
    const { rows, parts } = await companyFigures(sidesOf(store, null, context), question, () => '')
    const row = rows.find(found => found.metric === metric && (cap === null || found['cap_months'] === cap))
    if (row === undefined) return null
    const proof = await proofOf(store, context, question, parts, row)
    return proof === null ? null : { row, model: question.model, ...proof }
  },
}
