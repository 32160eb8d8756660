import { attributionExcluded, attributionFigure } from '../../domain/figures/attribution.ts'
import type { WonCustomer } from '../../domain/figures/customers.ts'
import { type FinanceInput, financeInputs, financeInputsOf } from '../../domain/figures/finance.ts'
import { areKept, isOfJourneys } from '../../domain/figures/terms.ts'
import { spendFigure } from '../../domain/figures/spend.ts'
import type { Row, Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'
import { dataDrivenModel } from '../attribution/data-driven.ts'
import { type AttributionRows, onTerms } from '../attribution/figure.ts'
import { type CellReader, type Cells, readStages, readWon, type StageCell } from './cells.ts'
import { creditQuestion, type RoiQuestion, spendQuestion } from './question.ts'
import { creditRows, spendRows } from './sums.ts'

/** What return is made of, for one state of the tables: from what is held where there is any, else from the store. */
export type Sides = {
  readonly store: Store
  readonly context: AnswerContext
  /** Null: credit under this question is not known without asking the store. */
  readonly credit: (question: RoiQuestion) => Promise<AttributionRows | null>
  /** Rows of `spendFigure`. */
  readonly spend: (question: RoiQuestion) => Promise<readonly Row[]>
  readonly stages: (question: RoiQuestion) => Promise<readonly StageCell[]>
  readonly won: (question: RoiQuestion) => Promise<readonly WonCustomer[]>
  readonly finance: (question: RoiQuestion) => Promise<readonly FinanceInput[]>
}

/** Only what is kept can be held: not the journeys of leads, nor credit under terms of its own. */
const isKept = (question: RoiQuestion): boolean => !isOfJourneys(question.conversion) && areKept(question)

export const sidesOf = (store: Store, cells: CellReader | null, context: AnswerContext): Sides => {
  const held = async (question: RoiQuestion): Promise<Cells | null> =>
    cells === null || dataDrivenModel(question.model) !== null || !isKept(question)
      ? null
      : cells.of(context, creditQuestion(question), spendQuestion(question))
  return {
    store,
    context,
    credit: async question => {
      const known = await held(question)
      return known === null ? null : creditRows(known, question)
    },
    spend: async question => {
      const known = await held(question)
      return known === null
        ? store.read(spendFigure(context.sources, spendQuestion(question), { budgets: false, definitions: context.definitions }))
        : spendRows(known, question)
    },
    stages: async question => (await held(question))?.stages ?? readStages(store, context),
    won: async question => (await held(question))?.won ?? readWon(store, context, question.dealTypes),
    finance: async question => financeInputsOf((await held(question))?.finance ?? (await store.read(financeInputs(context.sources)))),
  }
}

/** Rows of credit whatever the model is: those that are known, else the store's. */
export const creditFrom = async ({ store, context, credit }: Sides, question: RoiQuestion): Promise<AttributionRows> => {
  const known = await credit(question)
  if (known !== null) return known
  const asked = creditQuestion(question)
  const { sources } = onTerms(context, asked)
  const [found, excluded] = await Promise.all([
    store.read(attributionFigure(sources, asked)),
    store.read(attributionExcluded(sources, asked)),
  ])
  return { found, excluded }
}
