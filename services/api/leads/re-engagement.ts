import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { factsExcluded, rateFigure, rateProof } from '../../domain/figures/funnel-measures.ts'
import { cameBackBy, RETURN_DIMENSIONS, reEngagement } from '../../domain/figures/re-engagement.ts'
import { requireScope } from '../../http/caller.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, type FigureRow, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { responsesName } from '../attribution/figure.ts'
import { type Explain, type ExplainableFigure, excludedOf } from '../explain/figure.ts'
import { answerFigure, figureSchema, type FigureRouteOptions, type Figures, restingOn } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { formatParameter, knownPeriodOf, listOf, periodParameters, queryOf, severalOf, timeParameters } from '../parameters.ts'

const Query = queryOf({
  by: severalOf(RETURN_DIMENSIONS),
  dormant_days: z.coerce.number().int().min(1).max(730).default(90).describe('How long nothing may have happened before the period'),
  ...periodParameters,
  ...timeParameters,
  ...formatParameter,
})

/** As it stands in explain tokens. */
const Question = z.strictObject({ from: z.number(), to: z.number(), dormantDays: z.number() })
const Asked = z.strictObject({ question: Question, back: z.partialRecord(z.enum(RETURN_DIMENSIONS), z.string()) })
type Question = z.output<typeof Question>

const Counted = z.looseObject({ is_total: z.coerce.number(), num: z.coerce.number(), den: z.coerce.number() })
const nothing = { by: [], filters: {}, only: {} }

const answer = async (
  store: Store,
  { sources, definitions, flags }: AnswerContext,
  question: Question,
  by: readonly (typeof RETURN_DIMENSIONS)[number][],
  explain: Explain,
): Promise<Figures> => {
  const facts = reEngagement(sources, definitions, question)
  const [found, left] = await Promise.all([store.read(rateFigure(facts, { ...nothing, by })), store.read(factsExcluded(facts, nothing))])
  assertNotTooMany(found.length)
  const counted = found.map(row => Counted.parse(row))
  const whole = counted.find(row => by.length === 0 || row.is_total === 1) ?? { num: 0, den: 0 }
  const rowOf = (num: number, back: Readonly<Record<string, string>>): FigureRow => ({
    ...back,
    dormant_days: question.dormantDays,
    metric: 'M35',
    // of all who were dormant: what brought somebody back says nothing of who stayed away
    ...rateOf(num, whole.den, flags),
    explain: explain('re-engagement', 'M35', { question, back }),
  })
  const total = [rowOf(whole.num, {})]
  if (by.length === 0) return { rows: total, total, excluded: excludedOf(left, 'units') }
  const rows = counted
    .filter(row => row.is_total === 0 && row.num > 0)
    .map(row => rowOf(row.num, Object.fromEntries(by.map(name => [name, String(row[name])]))))
  return { rows, total, excluded: excludedOf(left, 'units') }
}

const restsOn = ({ definitions }: AnswerContext): readonly string[] => [responsesName(definitions)]

export const reEngagementExplained: ExplainableFigure = {
  definitionsOf: restsOn,
  explain: async (store, context, metric, asked) => {
    const { question, back } = Asked.parse(asked)
    if (metric !== 'M35') return null
    const facts = cameBackBy(reEngagement(context.sources, context.definitions, question), back)
    const [found] = (await store.read(rateFigure(facts, nothing))).map(row => Counted.parse(row))
    const row: FigureRow = {
      ...back,
      dormant_days: question.dormantDays,
      metric,
      ...rateOf(found?.num ?? 0, found?.den ?? 0, context.flags),
    }
    return { row, proof: rateProof(facts, nothing), divisor: 1 }
  },
}

/** Who came back after having been quiet. */
export const reEngagementRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/leads/re-engagement',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['leads'],
        summary: 'Old leads that came back, in all and by the campaign that brought them (M35)',
        description:
          'Of leads known before and to whom nothing happened in the days before the period (no response, no open deal of theirs or of their account) those that responded in it. Customers and who had refused marketing or mail are left out and counted. By campaign or touch_type: those of the first response, over all who were dormant.',
        querystring: Query,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const period = knownPeriodOf(query, context, 'who comes back does so in a period')
        const under = restingOn(restsOn(context))
        const question = { ...period, dormantDays: query.dormant_days }
        return { ...(await answer(options.store, context, question, listOf(query.by), explainUnder(under))), under }
      }),
  )
}
