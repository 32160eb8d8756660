import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { addDays, dateAt, type FiscalCalendar, quarterAround, quarterOf, startOfDay } from '../../domain/periods.ts'
import { daysBetween, shiftMonths } from '../../domain/plan/days.ts'
import { requireScope } from '../../http/caller.ts'
import type { AnswerContext } from '../as-of.ts'
import { answerFigure, figureSchema, type FigureRouteOptions, restingOn } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { currencyOf, currencyParameter, formatParameter, periodOf, periodParameters, queryOf, timeParameters } from '../parameters.ts'
import { readTargets } from '../plan/target-list.ts'
import type { SlaBooks } from '../sla/book.ts'
import { alignmentAnswer } from './figure.ts'
import { alignmentRestsOn, MOVED_BY, type SignPeriod } from './signs.ts'

const AlignmentQuery = queryOf({
  past: z.coerce.number().int().min(0).max(8).default(2).describe('Periods of the same length before, for comparison'),
  moved_by: z.enum(MOVED_BY).default('region').describe('By what the change since the period before is taken apart'),
  ...periodParameters,
  ...currencyParameter,
  ...timeParameters,
  ...formatParameter,
})

export type AlignmentRouteOptions = FigureRouteOptions & { readonly books: SlaBooks }

const isQuarter = (n: number): n is 1 | 2 | 3 | 4 => n >= 1 && n <= 4

/** The fiscal year and quarter that a date is in; a fiscal year is named after the calendar year that it ends in. */
const fiscalOf = (date: string, fiscal: FiscalCalendar): { readonly fiscalYear: number; readonly quarter: 1 | 2 | 3 | 4 } => {
  const name = quarterOf(date, fiscal)
  const quarter = Number(name.slice(6))
  return { fiscalYear: Number(name.slice(0, 4)), quarter: isQuarter(quarter) ? quarter : 4 }
}

/** The asked period and those before it: whole months go back by months, others by days. Without one it is the fiscal quarter that is running. */
const periodsOf = (
  { from, to }: { readonly from: string; readonly to: string },
  count: number,
  { settings }: AnswerContext,
): readonly SignPeriod[] => {
  const whole = from.slice(8) === '01' && to.slice(8) === '01'
  const months = (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7))
  const days = daysBetween(from, to)
  return Array.from({ length: count + 1 }, (_, n) => {
    const range = whole
      ? { from: shiftMonths(from, -n * months), to: shiftMonths(to, -n * months) }
      : { from: addDays(from, -n * days), to: addDays(to, -n * days) }
    return {
      name: `${range.from}/${range.to}`,
      ...range,
      fromMs: startOfDay(range.from, settings.zone),
      toMs: startOfDay(range.to, settings.zone),
      ...fiscalOf(addDays(range.to, -1), settings.fiscal),
    }
  })
}

/** Whether the two teams pull together. */
export const alignmentRoutes: FastifyPluginAsyncZod<AlignmentRouteOptions> = async (app, options) => {
  app.get(
    '/v1/alignment',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['alignment'],
        summary:
          'Signs of misalignment: acceptance, follow-up, SLA of both sides, dispute gap, shared definitions, joint touch, role coverage',
        description:
          'M25, M42 (first touch, sales, marketing), M36, M100, M101 and M102 of the period and of those before it, each against its target (target-set by the number of the metric, such as M25 or M42:sales), and what moved it since the period before: the effects of all parts add up to the change. Default: the running fiscal quarter.',
        querystring: AlignmentQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const asked = periodOf(query, context.settings)
        const running = quarterAround(dateAt(context.observedTo, context.settings.zone), context.settings.fiscal)
        const range = { from: asked.from ?? running.from, to: asked.to ?? running.to }
        const under = restingOn(alignmentRestsOn(context))
        const [{ targets, excluded }, book] = await Promise.all([readTargets(options.store, context), options.books.of(context)])
        const figures = await alignmentAnswer(
          {
            store: options.store,
            context,
            book,
            currency: currencyOf(query.currency, context),
            movedBy: query.moved_by,
            explainUnder,
          },
          periodsOf(range, query.past, context),
          targets,
        )
        return { ...figures, excluded: { ...figures.excluded, ...excluded }, under }
      }),
  )
}
