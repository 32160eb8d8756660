import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { bind, joinSql, sql } from '../../domain/sql.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { HttpProblem, Problem, problem } from '../../http/problem.ts'
import { exact, FigureRow, instantOf, isoOf } from '../answer.ts'
import { compareExplained } from '../attribution/compare.ts'
import { attributionExplained } from '../attribution/figure.ts'
import { waysExplained } from '../attribution/ways.ts'
import { cursorOf, offsetOf } from '../cursor.ts'
import { dataHealthExplained } from '../data-health/figure.ts'
import { contentUseExplained } from '../content/use.ts'
import { dealCreditExplained } from '../deals/credit.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { backtestExplained, forecastExplained } from '../forecast/routes.ts'
import { conversionExplained } from '../funnel/conversion.ts'
import { leaksExplained } from '../funnel/leaks.ts'
import { measuresExplained } from '../funnel/measures.ts'
import { stagesExplained } from '../funnel/stages.ts'
import { journeysExplained } from '../journeys/figure.ts'
import { leadQualityExplained } from '../leads/quality.ts'
import { reEngagementExplained } from '../leads/re-engagement.ts'
import { queryOf } from '../parameters.ts'
import { derivedExplained } from '../plan/derived-explained.ts'
import { planExplained } from '../plan/reverse-funnel.ts'
import { targetsExplained } from '../plan/targets.ts'
import { bridgeExplained } from '../pipeline/bridge.ts'
import { cohortExplained } from '../roi/cohort.ts'
import { companyExplained } from '../roi/company-proof.ts'
import { rawCostExplained, roiExplained } from '../roi/figure.ts'
import { sourcedExplained } from '../sourced/figure.ts'
import { overlapExplained } from '../sourced/overlap.ts'
import { spendExplained } from '../spend/figure.ts'
import { notFound } from '../problems.ts'
import type { ExplainableFigure, Explanation, ProofItem } from './figure.ts'
import { readToken } from './token.ts'

/** By the name that tokens carry. */
const FIGURES: ReadonlyMap<string, ExplainableFigure> = new Map([
  ['attribution', attributionExplained],
  ['attribution-compare', compareExplained],
  ['journeys', journeysExplained],
  ['ways', waysExplained],
  ['sourced', sourcedExplained],
  ['sourced-overlap', overlapExplained],
  ['deal-credit', dealCreditExplained],
  ['funnel-stages', stagesExplained],
  ['funnel-conversion', conversionExplained],
  ['funnel-measures', measuresExplained],
  ['funnel-leaks', leaksExplained],
  ['plan', planExplained],
  ['plan-derived', derivedExplained],
  ['targets', targetsExplained],
  ['lead-quality', leadQualityExplained],
  ['content-use', contentUseExplained],
  ['re-engagement', reEngagementExplained],
  ['data-health', dataHealthExplained],
  ['spend', spendExplained],
  ['forecast', forecastExplained],
  ['forecast-backtest', backtestExplained],
  ['bridge', bridgeExplained],
  ['roi', roiExplained],
  ['roi-cohort', cohortExplained],
  ['roi-company', companyExplained],
  ['roi-raw', rawCostExplained],
])

const Query = queryOf({
  limit: z.coerce.number().int().min(1).max(5_000).default(500),
  cursor: z.string().optional().describe('From the answer before'),
})

/**
 * `forecast`: one past forecast, by the first day of its period; `simulation`: what runs of chance add to what is expected; `call`: somebody's own forecast; `term`: what
 * another number of the same answer adds, or somebody's own assumption.
 */
const Entity = z.enum([
  'deal',
  'journey',
  'cost',
  'campaign',
  'content',
  'clock',
  'finance',
  'target',
  'call',
  'forecast',
  'simulation',
  'term',
  'account',
  'person',
  'touch',
  'event',
])

const Item = z
  .object({
    entity: Entity,
    id: z.string(),
    account: z.string(),
    deal_id: z.string(),
    event_ids: z.array(z.string()),
    at: z.string().nullable(),
    note: z.string(),
    contribution: z.number(),
    base: z.number().optional().describe('Of a ratio: its part of the denominator'),
  })
  .meta({ id: 'ExplainedItem', description: 'One counted entity with the events that make it count' })

const Explained = z
  .object({
    figure: z.string(),
    row: FigureRow,
    items: z.array(Item),
    count: z.number().describe('Items on all pages'),
    contributions: z.number().describe('Sum over all pages: value × divisor, or numerator × divisor of a ratio'),
    bases: z.number().optional().describe('Sum over all pages: denominator × divisor'),
    divisor: z.number().describe('Credit is counted in millionths'),
    cursor: z.string().nullable(),
    definition: z.string(),
    model: z.string().optional(),
    as_of: z.string(),
    watermark: z.string(),
  })
  .meta({ id: 'Explained', description: 'What is behind one number; its arithmetic adds up to it' })

const ItemRow = z.object({
  entity: Entity,
  id: z.string(),
  account: z.string(),
  deal_id: z.string(),
  event_ids: z.array(z.string()),
  note: z.string(),
  at: z.string(),
  contribution: z.coerce.bigint(),
  base: z.coerce.bigint(),
})
const Sums = z.object({ items: z.coerce.number(), contributions: z.coerce.bigint(), bases: z.coerce.bigint() })

const isListed = (proof: Explanation['proof']): proof is readonly ProofItem[] => Array.isArray(proof)

const sumsOf = (items: readonly ProofItem[]) => ({
  items: items.length,
  contributions: items.reduce((sum, { contribution }) => sum + BigInt(contribution), 0n),
  bases: items.reduce((sum, { base }) => sum + BigInt(base), 0n),
})

/** Opens one number down to its events. */
export const explainRoutes: FastifyPluginAsyncZod<
  FigureRouteOptions & {
    /** Figures that hold something of their own, by the name that tokens carry. */
    readonly more: ReadonlyMap<string, ExplainableFigure>
  }
> = async (app, { store, reader, tokenKey, more }) => {
  app.get(
    '/v1/explain/:token',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['explain'],
        summary: 'The entities and events behind one number, adding up to it',
        params: z.object({ token: z.string().min(1) }),
        querystring: Query,
        response: { 200: Explained, 404: Problem },
      },
    },
    async request => {
      const { tenant } = callerOf(request)
      const { limit, cursor } = request.query
      const token = readToken(request.params.token, tenant, tokenKey)
      if (!token.ok) {
        if (token.error.code === 'malformed')
          throw new HttpProblem(problem(400, 'Invalid token', 'this is not a token that a figure has given'))
        throw notFound('there is no such number') // nobody learns whose it is
      }
      const { figure: name, metric, question, as_of, definitions } = token.value
      const figure = FIGURES.get(name) ?? more.get(name)
      if (figure === undefined) throw notFound('there is no such figure')
      const offset = offsetOf(cursor)
      return reader.read(tenant, { as_of: instantOf(as_of) }, async context => {
        if (figure.definitionsOf(context, question).join() !== definitions.join()) {
          throw new HttpProblem(
            problem(404, 'Not found', `the number was computed under ${definitions.join(', ')}, which is not in force any more`),
          )
        }
        const explained = await figure.explain(store, context, metric, question)
        if (explained === null) throw notFound('the figure has no such metric')
        const { row, proof, divisor, model } = explained
        const [found, summed] = isListed(proof)
          ? [proof.slice(offset, offset + limit), sumsOf(proof)]
          : await Promise.all([
              store.read(joinSql([proof, sql`LIMIT ${bind.uint(limit)} OFFSET ${bind.uint(offset)}`], '\n')),
              store
                .read(
                  sql`SELECT count() AS items, sum(toInt128(contribution)) AS contributions, sum(toInt128(base)) AS bases FROM (${proof})`,
                )
                .then(([first]) => first),
            ])
        const sums = Sums.parse(summed ?? { items: 0, contributions: 0, bases: 0 })
        const isRatio = row.denominator !== undefined
        return {
          figure: name,
          row: { ...row, explain: request.params.token },
          items: found
            .map(item => ItemRow.parse(item))
            .map(({ contribution, base, at, ...item }) => ({
              ...item,
              at: at === '' ? null : isoOf(at),
              contribution: exact(contribution),
              ...(isRatio ? { base: exact(base) } : {}),
            })),
          count: sums.items,
          contributions: exact(sums.contributions),
          ...(isRatio ? { bases: exact(sums.bases) } : {}),
          divisor,
          cursor: offset + limit < sums.items ? cursorOf(offset + limit) : null,
          definition: definitions[0] ?? '',
          ...(model === undefined ? {} : { model }),
          as_of: instantOf(context.asOf),
          watermark: instantOf(context.watermark),
        }
      })
    },
  )
}
