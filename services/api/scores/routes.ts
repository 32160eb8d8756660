import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { dealNow } from '../../domain/scoring/deal-samples.ts'
import type { FeatureTable } from '../../domain/scoring/encoding.ts'
import { scoreWithReasons } from '../../domain/scoring/model.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { Problem } from '../../http/problem.ts'
import { instantOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { readHistory } from '../forecast/histories.ts'
import { queryOf, timeParameters } from '../parameters.ts'
import { notFound } from '../problems.ts'
import { type AgreedModel, modelInForce, modelsInForce, modelsProposed } from './models.ts'
import { readLeads, termsOfLeads } from './samples.ts'
import { Card } from './training.ts'

const OUTCOMES = ['sqo', 'won'] as const

const Reason = z.object({
  feature: z.string(),
  value: z.union([z.string(), z.number()]).nullable().describe('As it was known; null: not known'),
  effect: z.number().describe('Log odds that it added or took, against the average of what was learned from'),
})
const Score = z
  .object({
    model: z.string().describe('id@version of the model in force at as_of'),
    outcome: z.string(),
    horizon_days: z.number(),
    probability: z.number().describe('Chance of the outcome within the horizon'),
    reasons: z.array(Reason).describe('Strongest first'),
  })
  .meta({ id: 'Score', description: 'A chance and what moved it' })

const Scored = z.object({
  id: z.string(),
  scores: z.array(Score),
  flags: z.array(z.string()),
  as_of: z.string(),
  watermark: z.string(),
})

const ModelCard = z
  .object({
    model: z.string(),
    status: z.string().describe('proposed, scheduled, in-force, superseded or refused'),
    in_force_from: z.string().nullable(),
    of: z.string(),
    outcome: z.string(),
    horizon_days: z.number(),
    algorithm: z.string(),
    features: z.array(z.object({ name: z.string(), kind: z.string() })),
    learned_from: z.object({ from: z.string(), to: z.string(), as_of: z.string(), entries: z.number(), reached: z.number() }),
    quality: z.object({ entries: z.number(), auc_ppm: z.number().nullable(), brier_ppm: z.number().nullable() }),
    card: Card.nullable().describe(
      'How both algorithms, and the buckets, did on later units; drift (PSI) of the scores, and of each feature, to them',
    ),
  })
  .meta({ id: 'ScoreModelCard', description: 'What a score model was learned from and how good it is' })

const cardOf = ({ name, status, from, document, card }: AgreedModel): z.output<typeof ModelCard> => {
  const { of, outcome, horizon_days, algorithm, features, learned_from, quality } = document
  return {
    model: name,
    status,
    in_force_from: from === null ? null : instantOf(from),
    of,
    outcome,
    horizon_days,
    algorithm,
    features,
    learned_from,
    quality,
    card,
  }
}

const TimeQuery = queryOf(timeParameters)

const scoreWith = ({ name, document, model }: AgreedModel, table: FeatureTable): z.input<typeof Score> => {
  const { probabilities, reasons } = scoreWithReasons(model, table)
  return {
    model: name,
    outcome: document.outcome,
    horizon_days: document.horizon_days,
    probability: probabilities[0] ?? 0,
    reasons: [...(reasons[0] ?? [])],
  }
}

/** Models of each outcome that are in force; 404 where none is. */
const needed = (context: AnswerContext, of: 'lead' | 'deal'): readonly AgreedModel[] => {
  const found = OUTCOMES.flatMap(outcome => modelInForce(context, of, outcome) ?? [])
  if (found.length > 0) return found
  throw notFound(`no score model of ${of}s is in force: learn one (accord score train) and have it approved by both functions`)
}

/** Chances of leads and deals under the models that both functions approved, and what is known of these. */
export const scoreRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/scores/model',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['scores'],
        summary: 'Score models: what they were learned from, how good they are, beside the buckets',
        querystring: queryOf({
          of: z.enum(['lead', 'deal']).default('lead'),
          all: z.stringbool().default(false).describe('Every version that was ever proposed, not only what is in force'),
          ...timeParameters,
        }),
        response: { 200: z.object({ models: z.array(ModelCard), flags: z.array(z.string()), as_of: z.string(), watermark: z.string() }) },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const { of, all } = request.query
        const models = all ? modelsProposed(context, of) : modelsInForce(context, of)
        return {
          models: models.map(cardOf),
          flags: [...context.flags],
          as_of: instantOf(context.asOf),
          watermark: instantOf(context.watermark),
        }
      }),
  )

  app.get(
    '/v1/leads/:person/score',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['scores'],
        summary: 'The chance that a lead becomes an SQO, or is won, and what moved it',
        description:
          'Of the person’s open journey, from what was known at as_of under the model in force then. 404 where no model is in force, or the person has no open journey.',
        params: z.object({ person: z.string().min(1).max(512) }),
        querystring: TimeQuery,
        response: { 200: Scored, 404: Problem },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const person = request.params.person.startsWith('person:') ? request.params.person : `person:${request.params.person}`
        const scores: z.input<typeof Score>[] = []
        for (const model of needed(context, 'lead')) {
          const { outcome, horizon_days: horizonDays } = model.document
          const leads = await readLeads(store, context, {
            ...termsOfLeads(context.definitions, outcome),
            horizonDays,
            moments: { now: context.observedTo },
            includeSales: model.card?.include_sales ?? false,
            person,
          })
          if (leads.table.rows > 0) scores.push(scoreWith(model, leads.table))
        }
        if (scores.length === 0) throw notFound('the person has no open journey that is still on the way')
        return { id: person, scores, flags: [...context.flags], as_of: instantOf(context.asOf), watermark: instantOf(context.watermark) }
      }),
  )

  app.get(
    '/v1/deals/:id/score',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['scores'],
        summary: 'The chance that an open deal is won, and what moved it',
        params: z.object({ id: z.string().min(1).max(512) }),
        querystring: TimeQuery,
        response: { 200: Scored, 404: Problem },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const models = needed(context, 'deal')
        const { deals } = await readHistory(store, context)
        const table = dealNow(deals, request.params.id, context.settings.currency, context.observedTo)
        if (table === null) throw notFound('there is no such open deal')
        return {
          id: request.params.id,
          scores: models.map(model => scoreWith(model, table)),
          flags: [...context.flags],
          as_of: instantOf(context.asOf),
          watermark: instantOf(context.watermark),
        }
      }),
  )
}
