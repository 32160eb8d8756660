import type { FastifyRequest } from 'fastify'
import { callerOf } from '../http/caller.ts'
import type { Store } from '../store/port.ts'
import { Answer, type FigureRow, type Fit, instantOf } from './answer.ts'
import type { AnswerContext, AnswerReader, TimeQuestion } from './as-of.ts'
import type { Explain } from './explain/figure.ts'
import { explainToken, type TokenKey } from './explain/token.ts'
import { PRODUCES } from './format.ts'

/** What every figure's route needs. */
export type FigureRouteOptions = { readonly store: Store; readonly reader: AnswerReader; readonly tokenKey: TokenKey }

export type Figures = {
  readonly rows: FigureRow[]
  readonly total: FigureRow[]
  readonly excluded: Record<string, number>
  readonly fit?: Fit | undefined
}

/** What is beside the rows: the definitions that the figure rests on. */
export type Under = { readonly definition: string; readonly model?: string; readonly definitions: readonly string[] }

/** Of a figure that is computed under the first of them. */
export const restingOn = (definitions: readonly string[]): Under => ({ definition: definitions[0] ?? '', definitions })

export const figureSchema = { response: { 200: Answer }, produces: [...PRODUCES] }

/** One figure over one state of the tables, with all that it rests on. */
export const answerFigure = async (
  { reader, tokenKey }: FigureRouteOptions,
  request: FastifyRequest,
  query: TimeQuestion,
  figure: (context: AnswerContext, explainUnder: (under: Under) => Explain) => Promise<Figures & { readonly under: Under }>,
): Promise<Answer> => {
  const { tenant } = callerOf(request)
  return reader.read(tenant, query, async (context): Promise<Answer> => {
    const explainUnder =
      ({ definitions }: Under): Explain =>
      (name, metric, question) =>
        explainToken({ tenant, figure: name, metric, question, as_of: context.observedTo, definitions: [...definitions] }, tokenKey)
    const { rows, total, excluded, fit, under } = await figure(context, explainUnder)
    return {
      rows,
      total,
      excluded,
      definition: under.definition,
      ...(under.model === undefined ? {} : { model: under.model }),
      ...(fit === undefined ? {} : { fit }),
      flags: [...context.flags],
      as_of: instantOf(context.asOf),
      watermark: instantOf(context.watermark),
    }
  })
}
