import { z } from 'zod'
import type { Sql } from '../../domain/sql.ts'
import type { Row, Store } from '../../store/port.ts'
import type { FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'

/** Makes the token of one number: `question` is narrowed to it. */
export type Explain = (figure: string, metric: string, question: unknown) => string

export type Explanation = {
  /** The number again, computed by the same figure. */
  readonly row: FigureRow
  readonly model?: string
  /**
   * (entity, id, account, deal_id, event_ids, note, at, contribution, base) in a stable order. Contributions add up to the value times `divisor`; of a
   * ratio, to the numerator, and `base` to the denominator.
   */
  readonly proof: Sql | readonly ProofItem[]
  readonly divisor: number
}

/** One row of a proof that is not computed by the engine; `at` is UTC as `2026-03-10 12:00:00.123456`, or ''. Contribution and base are whole numbers. */
export type ProofItem = {
  readonly entity: 'deal' | 'campaign' | 'content' | 'finance' | 'target' | 'call' | 'forecast' | 'simulation' | 'term'
  readonly id: string
  readonly account: string
  readonly deal_id: string
  readonly event_ids: readonly string[]
  readonly note: string
  readonly at: string
  readonly contribution: number
  readonly base: number
}

/** A figure whose numbers can be opened. */
export type ExplainableFigure = {
  /** id@version of all that the figure rests on; a token made under others is not answered. */
  readonly definitionsOf: (context: AnswerContext, question: unknown) => readonly string[]
  /** null: the figure has no such metric. */
  readonly explain: (store: Store, context: AnswerContext, metric: string, question: unknown) => Promise<Explanation | null>
}

const Excluded = z.looseObject({ reason: z.string() })

/** `{reason: n}` of rows (reason, n), reasons in the order that the engine sorted them in. */
export const excludedOf = (rows: readonly Row[], count: string): Record<string, number> =>
  Object.fromEntries(rows.map(row => Excluded.parse(row)).map(row => [row.reason, z.coerce.number().parse(row[count])]))
