import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { type Bar, BARS, bridgeOf, type BridgeItem } from '../../domain/forecast/bridge.ts'
import { isIsoDate, parsePeriod, PERIOD_FORMS, startOfDay } from '../../domain/periods.ts'
import { requireScope } from '../../http/caller.ts'
import type { Store } from '../../store/port.ts'
import { type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { ExplainableFigure, ProofItem } from '../explain/figure.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { forecasterOf, pipelineAsked } from '../forecast/routes.ts'
import { PipelineAsked, periodDaysOf, scopeParameters, termsFor } from '../forecast/question.ts'
import { stageMapName } from '../funnel/stages.ts'
import { queryOf } from '../parameters.ts'
import { badParameter } from '../problems.ts'

const Query = queryOf({
  from: z.string().describe('Instant, or a day (its beginning in the tenant’s zone)'),
  to: z.string().optional().describe('Instant, or a day (its beginning); default: as_of'),
  period: z.string().optional().describe(`Only deals that are due in it, so that moved close dates show: ${PERIOD_FORMS}`),
  ...scopeParameters,
})

const Question = PipelineAsked.extend({
  from: z.number(),
  to: z.number(),
  due: z.strictObject({ from: z.number(), to: z.number() }).nullable(),
  bar: z.enum(BARS),
})
type Asked = Omit<z.output<typeof Question>, 'bar'>

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/

const instantIn = (name: string, text: string, zone: string): number => {
  if (isIsoDate(text)) return startOfDay(text, zone)
  const ms = INSTANT.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw badParameter(name, 'expected an instant (2026-07-01T12:00:00Z) or a day (2026-07-01)')
  return ms
}

const bridge = async (store: Store, context: AnswerContext, asked: Asked) => {
  const history = await forecasterOf(store).history(context)
  return bridgeOf(history.deals, {
    ...termsFor(asked),
    floor: asked.floor,
    due: asked.due,
    from: asked.from,
    to: asked.to,
    asOf: context.observedTo,
  })
}

const sumOf = (items: readonly BridgeItem[]): number => items.reduce((sum, { delta }) => sum + delta, 0)

const rowOf = (bar: Bar, items: readonly BridgeItem[], { currency }: Asked, context: AnswerContext, last: number): FigureRow => {
  const deals = new Set(items.map(({ deal }) => deal)).size
  return {
    bar,
    deals: String(deals),
    metric: 'M91',
    value: sumOf(items),
    unit: `${currency} minor`,
    flags: flagsOf(deals, last > context.observedTo ? [...context.flags, 'cut_at_as_of'] : context.flags),
  }
}

/** Every move of the open pipeline between two instants (M91); the bars add up to the end, to the minor unit. */
export const bridgeRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/pipeline/bridge',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['forecast'],
        summary: 'From the open pipeline at one instant to that at another, every move in order (M91)',
        description:
          'start as it was known then, restated: what has been said of it since, end as known at as_of. What comes in is positive, what goes out negative; won and lost leave with the last open amount.',
        querystring: Query,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { zone, fiscal } = context.settings
        const from = instantIn('from', query.from, zone)
        const to = query.to === undefined ? context.observedTo : instantIn('to', query.to, zone)
        if (from > to) throw badParameter('to', `expected an instant after from, got ${query.from} to ${query.to ?? 'as_of'}`)
        if (from > context.observedTo) throw badParameter('from', 'nothing is known of a later instant than as_of')
        const due = query.period === undefined ? null : periodDaysOf(query.period, fiscal)
        if (query.period !== undefined && due === null) {
          const found = parsePeriod(query.period, fiscal)
          throw badParameter('period', found.ok ? 'expected a period with an end' : found.error.message)
        }
        const asked: Asked = { ...pipelineAsked(query, context), from, to, due }
        const name = stageMapName(context.definitions.stageMap)
        const under = { definition: name, definitions: [name] }
        const { items, excluded } = await bridge(options.store, context, asked)
        const byBar = Map.groupBy(items, ({ bar }) => bar)
        const explain = explainUnder(under)
        const rows = BARS.map(bar => ({
          ...rowOf(bar, byBar.get(bar) ?? [], asked, context, to),
          explain: explain('bridge', 'M91', { ...asked, bar }),
        }))
        return { rows, total: rows.filter((_, i) => BARS[i] === 'end'), excluded, under }
      }),
  )
}

export const bridgeExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }) => [stageMapName(definitions.stageMap)],
  explain: async (store, context, _metric, question) => {
    const { bar, ...asked } = Question.parse(question)
    const { items } = await bridge(store, context, asked)
    const own = items.filter(item => item.bar === bar)
    const proof = own
      .toSorted((a, b) => a.at - b.at || (a.deal < b.deal ? -1 : a.deal > b.deal ? 1 : a.eventId < b.eventId ? -1 : 1))
      .map(
        ({ deal, account, at, eventId, delta }): ProofItem => ({
          entity: 'deal',
          id: deal,
          account,
          deal_id: deal,
          event_ids: eventId === '' ? [] : [eventId],
          note: bar,
          at: new Date(Math.floor(at / 1000)).toISOString().replace('T', ' ').replace('Z', '000'),
          contribution: delta,
          base: 0,
        }),
      )
    return { row: rowOf(bar, own, asked, context, asked.to), proof, divisor: 1 }
  },
}
