import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { AttributionModel, modelName } from '../../domain/definitions/attribution-model.ts'
import { ATTRIBUTION_DIMENSIONS, type AttributionQuestion, BASES, MILLION } from '../../domain/figures/attribution.ts'
import { movedDeals } from '../../domain/figures/what-if.ts'
import { requireScope } from '../../http/caller.ts'
import { Answer, type FigureRow } from '../answer.ts'
import { attributionAnswer, onTerms, responsesName } from '../attribution/figure.ts'
import { conversionOf, modelOf } from '../attribution/routes.ts'
import type { AnswerContext } from '../as-of.ts'
import { answerFigure, type FigureRouteOptions } from '../figure-route.ts'
import { currencyOf, periodOf } from '../parameters.ts'
import { badParameter } from '../problems.ts'
import { besideEachOther } from './beside.ts'
import { IcpBody, leadsWhatIf, MovedLeads, QualificationBody } from './leads.ts'
import { MovedJourneys, StageMapBody, stagesWhatIf } from './stages.ts'

const LIMIT = 50
const MOST = 1000

const ModelBody = z.strictObject({
  kind: z.literal('attribution-model'),
  document: AttributionModel.describe('The model as it would be published; nothing is written'),
  against: z.string().optional().describe('Model in force that it is compared with; default: that of the same id, else linear'),
  basis: z.enum(BASES).default('conversions'),
  conversion: z.string().optional(),
  by: z.array(z.enum(ATTRIBUTION_DIMENSIONS)).max(4).default(['campaign']),
  from: z.string().optional(),
  to: z.string().optional(),
  period: z.string().optional(),
  currency: z.string().optional(),
  deal_type: z.array(z.string()).default([]),
  as_of: z.string().optional(),
  limit: z.int().min(1).max(MOST).default(LIMIT).describe('Deals in the answer, most moved first'),
})

const KINDS = ['attribution-model', 'icp', 'qualification', 'stage-map'] as const
const Body = z.discriminatedUnion('kind', [ModelBody, IcpBody, QualificationBody, StageMapBody], {
  error: issue => (issue.code === 'invalid_union' ? `kind: expected one of ${KINDS.join(', ')}` : undefined),
})

const MovedDeal = z
  .object({
    deal: z.string(),
    moved: z.number().describe('Part of the deal that goes to other touches, 0..1'),
    touches: z.array(
      z.object({
        touch: z.string(),
        before: z.number(),
        after: z.number(),
        reason: z.enum(['eligible_now', 'not_eligible_now', 'weight']),
      }),
    ),
  })
  .meta({ id: 'MovedDeal', description: 'A deal whose credit would move, and why' })

const WhatIf = Answer.extend({
  deals: z.array(MovedDeal).optional(),
  leads: MovedLeads.optional(),
  journeys: MovedJourneys.optional(),
}).meta({
  id: 'WhatIf',
  description: 'A figure under what is in force and under what is proposed',
})

const Moved = z.object({
  deal_id: z.string(),
  moved: z.coerce.number(),
  changes: z.array(z.tuple([z.string(), z.coerce.number(), z.coerce.number(), z.enum(['eligible_now', 'not_eligible_now', 'weight'])])),
})

/** Beside what is in force stands the proposal, so that both can be computed under the same definitions. */
const withProposal = (context: AnswerContext, proposed: AttributionModel): AnswerContext => ({
  ...context,
  // of the proposal nothing is kept
  keptSince: null,
  definitions: {
    ...context.definitions,
    models: [...context.definitions.models.filter(model => modelName(model) !== modelName(proposed)), proposed],
  },
})

/** Rows of both sides by their dimensions: what is, what would be, and the difference. */
const sideBySide = (by: readonly string[], before: readonly FigureRow[], after: readonly FigureRow[]): FigureRow[] => {
  const keyOf = (row: FigureRow): string => JSON.stringify([row.metric, ...by.map(name => row[name])])
  const was = new Map(before.map(row => [keyOf(row), row]))
  const becomes = new Map(after.map(row => [keyOf(row), row]))
  // a side without the row has none of it; a quotient of nothing stays null
  return [...new Set([...was.keys(), ...becomes.keys()])]
    .toSorted()
    .flatMap(key => besideEachOther({ old: was.get(key), next: becomes.get(key) }, () => 0))
}

/** What a definition that is not published would have shown. No writes. */
export const whatIfRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.post(
    '/v1/what-if',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['attribution'],
        summary: 'What a proposed definition would show, beside what is in force (M54–M56, M23b, M1, M6)',
        description:
          'Rows have what is in force (before), what would be (value) and the change; deals say whose credit moves, and why; leads say who would become an MQL or no longer be one, and why, with what was observed of them later; journeys say which would stand in another stage, or end otherwise, under another map of the same events.',
        body: Body,
        response: { 200: WhatIf },
      },
    },
    async request => {
      const { body } = request
      if (body.kind === 'stage-map') {
        let journeys: z.output<typeof MovedJourneys> = []
        const answer = await answerFigure(options, request, body, async context => {
          const found = await stagesWhatIf(options.store, context, body)
          journeys = found.journeys
          return found.figures
        })
        return { ...answer, journeys }
      }
      if (body.kind !== 'attribution-model') {
        let leads: MovedLeads | undefined
        const answer = await answerFigure(options, request, body, async context => {
          const found = await leadsWhatIf(options.store, context, body)
          leads = found.leads
          return found.figures
        })
        return { ...answer, leads }
      }
      const moved: z.infer<typeof MovedDeal>[] = []
      const answer = await answerFigure(options, request, body, async context => {
        const { from, to } = periodOf(body, context.settings)
        const proposed = modelName(body.document)
        const inForce =
          body.against === undefined
            ? (context.definitions.models.findLast(({ id }) => id === body.document.id) ??
              context.definitions.models.find(({ id }) => id === 'linear'))
            : context.definitions.models.find(model => modelName(model) === modelOf(context.definitions, body.against ?? ''))
        if (inForce === undefined) throw badParameter('against', 'there is no model in force to compare with')
        const question = (model: string): AttributionQuestion => ({
          basis: body.basis,
          conversion: conversionOf(body.basis, body.conversion),
          model,
          by: body.by,
          filters: {},
          dealTypes: body.deal_type,
          from,
          to,
          currency: currencyOf(body.currency, context),
          zone: context.settings.zone,
        })
        // a changed document of the same version is still another one
        const apart = { ...body.document, id: `${body.document.id}-proposed`.slice(0, 64) }
        const [nowQuestion, thenQuestion] = [question(modelName(inForce)), question(modelName(apart))]
        const then = withProposal(context, apart)
        const [before, after] = await Promise.all([
          attributionAnswer(options.store, context, nowQuestion, () => ''),
          attributionAnswer(options.store, then, thenQuestion, () => ''),
        ])
        const found = await options.store.read(
          movedDeals(
            { sources: onTerms(context, nowQuestion).sources, model: nowQuestion.model },
            { sources: onTerms(then, thenQuestion).sources, model: thenQuestion.model },
            nowQuestion,
            body.limit,
          ),
        )
        moved.splice(0, moved.length)
        for (const row of found) {
          const { deal_id, moved: part, changes } = Moved.parse(row)
          moved.push({
            deal: deal_id,
            moved: part / MILLION,
            touches: changes.map(([touch, was, becomes, reason]) => ({ touch, before: was / MILLION, after: becomes / MILLION, reason })),
          })
        }
        const definition = responsesName(context.definitions)
        return {
          rows: sideBySide(body.by, before.rows, after.rows),
          total: sideBySide([], before.total, after.total),
          excluded: before.excluded,
          under: { definition, model: proposed, definitions: [definition, modelName(inForce)] },
        }
      })
      return { ...answer, deals: moved }
    },
  )
}
