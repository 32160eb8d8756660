import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { ANY_STAGE, contentOfDeals, usedContent } from '../../domain/figures/content-use.ts'
import { type DealsQuestion, winRate } from '../../domain/figures/funnel-deals.ts'
import { rateFigure, rateProof } from '../../domain/figures/funnel-measures.ts'
import { instantText } from '../../domain/sql.ts'
import { requireScope } from '../../http/caller.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, type FigureRow, flagsOf, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { responsesName } from '../attribution/figure.ts'
import type { Explain, ExplainableFigure, ProofItem } from '../explain/figure.ts'
import { answerFigure, figureSchema, type FigureRouteOptions, type Figures, restingOn } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { stageMapName } from '../funnel/stages.ts'
import { filterParameter, filtersOf, formatParameter, knownPeriodOf, periodParameters, queryOf, timeParameters } from '../parameters.ts'
import { NEW_BUSINESS } from '../roi/question.ts'
import { contentSaid, stateThen } from './content.ts'

const FILTERS = ['content', 'stage'] as const
const Query = queryOf({
  content: filterParameter,
  stage: filterParameter.describe(`Of deals, as the pipeline calls it; ${ANY_STAGE}: at whatever stage`),
  ...periodParameters,
  ...timeParameters,
  ...formatParameter,
})

/** As it stands in explain tokens. */
const Asked = z.strictObject({ from: z.number(), to: z.number(), only: z.partialRecord(z.enum(FILTERS), z.array(z.string())) })
type Asked = Omit<z.output<typeof Asked>, 'only'> & {
  readonly only: Readonly<Partial<Record<(typeof FILTERS)[number], readonly string[]>>>
}

const Counted = z.looseObject({
  content: z.string().default(''),
  stage: z.string().default(''),
  num: z.coerce.number(),
  den: z.coerce.number(),
})
const Used = z.object({ content: z.string(), touches: z.coerce.number(), touch_ids: z.array(z.string()), last_ms: z.coerce.number() })

const dealsOf = ({ definitions, settings, observedTo }: AnswerContext, { from, to }: Asked): DealsQuestion => ({
  stageMap: definitions.stageMap,
  counted: 'deals',
  by: [],
  filters: {},
  from,
  to,
  zone: settings.zone,
  observedTo,
  dealTypes: NEW_BUSINESS,
  currency: settings.currency,
})

/** The pieces that were used in the period, each with how it stood when it was used last: M38b counts those that were approved and current. */
const usedPieces = async (store: Store, context: AnswerContext, { from, to, only }: Asked): Promise<readonly ProofItem[]> => {
  const { sources, definitions, settings } = context
  const [used, said] = await Promise.all([store.read(usedContent(sources, definitions, from, to)), contentSaid(store, context)])
  return used
    .map(row => Used.parse(row))
    .filter(({ content }) => only.content?.includes(content) ?? true)
    .map(({ content, touch_ids, last_ms }): ProofItem => {
      const state = stateThen(said.get(content) ?? said.get(`content:${content}`) ?? [], last_ms, settings.zone)
      const at = `${instantText(last_ms)}000`
      return {
        entity: 'content',
        id: content,
        account: '',
        deal_id: '',
        event_ids: touch_ids,
        note: state,
        at,
        contribution: state === 'current' ? 1 : 0,
        base: 1,
      }
    })
}

const currentShare = (pieces: readonly ProofItem[], flags: readonly string[]): ReturnType<typeof rateOf> =>
  rateOf(
    pieces.reduce((sum, { contribution }) => sum + contribution, 0),
    pieces.length,
    flags,
  )

const answer = async (store: Store, context: AnswerContext, asked: Asked, explain: Explain): Promise<Figures> => {
  const { sources, definitions, flags } = context
  const question = dealsOf(context, asked)
  const nothing = { by: [], filters: {}, only: {} }
  const [found, [every], pieces] = await Promise.all([
    store.read(rateFigure(contentOfDeals(sources, definitions, question), { ...nothing, only: asked.only })),
    store.read(rateFigure(winRate(sources, question, 'count'), nothing)),
    usedPieces(store, context, asked),
  ])
  assertNotTooMany(found.length * 2)
  const all = every === undefined ? { num: 0, den: 0 } : Counted.parse(every)
  const rows = found
    .map(row => Counted.parse(row))
    .flatMap(({ content, stage, num, den }): readonly FigureRow[] => {
      const [withIt, without] = [rateOf(num, den, flags), rateOf(all.num - num, all.den - den, flags)]
      const named = { content, stage, metric: 'M38' }
      return [
        {
          ...named,
          of: 'win_rate',
          ...withIt,
          explain: explain('content-use', 'M38', { ...asked, only: { content: [content], stage: [stage] } }),
        },
        {
          ...named,
          of: 'difference',
          without_won: all.num - num,
          without_deals: all.den - den,
          value: withIt.value === null || without.value === null ? null : withIt.value - without.value,
          unit: 'ratio',
          // who uses a piece is not like who does not: nothing says that the piece did it
          flags: flagsOf(Math.min(den, all.den - den), [...flags, 'correlation']),
        },
      ]
    })
  const total: FigureRow[] = [{ metric: 'M38b', ...currentShare(pieces, flags), explain: explain('content-use', 'M38b', asked) }]
  return { rows, total, excluded: {} }
}

const restsOn = ({ definitions }: AnswerContext): readonly string[] => [stageMapName(definitions.stageMap), responsesName(definitions)]

export const contentUseExplained: ExplainableFigure = {
  definitionsOf: restsOn,
  explain: async (store, context, metric, question) => {
    const asked = Asked.parse(question)
    if (metric === 'M38b') {
      const proof = await usedPieces(store, context, asked)
      return { row: { metric, ...currentShare(proof, context.flags) }, proof, divisor: 1 }
    }
    const facts = contentOfDeals(context.sources, context.definitions, dealsOf(context, asked))
    const narrowed = { by: [], filters: {}, only: asked.only }
    const [found] = (await store.read(rateFigure(facts, narrowed))).map(row => Counted.parse(row))
    if (metric !== 'M38' || found === undefined) return null
    const { content, stage, num, den } = found
    return {
      row: { content, stage, of: 'win_rate', metric, ...rateOf(num, den, context.flags) },
      proof: rateProof(facts, narrowed),
      divisor: 1,
    }
  },
}

/** What content is used for, and whether it is what was agreed on. */
export const contentUseRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/content/use',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['content'],
        summary:
          'Use of content by the stage of deals with the difference of win rates (M38), and the share of used content that was approved and current (M38b)',
        description:
          'M38: of deals of new business won or lost in the period by close date those whose account used a piece until then, from 365 days before creation on, by the stage that the deal was in; the difference is to the deals that did not use it there: a correlation, no effect. M38b: pieces used in the period that were the approved, current version when they were used last.',
        querystring: Query,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const period = knownPeriodOf(query, context, 'content is used in a period')
        const under = restingOn(restsOn(context))
        const asked = { ...period, only: filtersOf(query, FILTERS) }
        return { ...(await answer(options.store, context, asked, explainUnder(under))), under }
      }),
  )
}
