import { z } from 'zod'
import { createAnswerReader } from '../../api/as-of.ts'
import { modelInForce, modelsProposed } from '../../api/scores/models.ts'
import { evaluateModel, modelId, trainModel } from '../../api/scores/training.ts'
import { Refused } from '../control.ts'
import { DEFAULT_TENANT, operation } from './operation.ts'

const What = z.object({
  tenant: z.string().default(DEFAULT_TENANT),
  of: z.enum(['lead', 'deal']).default('lead'),
  outcome: z.enum(['sqo', 'won']).default('sqo'),
  horizonDays: z.int().min(1).max(1_000).nullable().default(null),
  includeSales: z.boolean().default(false),
  asOf: z.string().nullable().default(null),
})

/** Days that an outcome is given where nobody says: a lead takes longer to be won than to be qualified. */
const HORIZONS = { 'lead-sqo': 90, 'lead-won': 180, 'deal-won': 120, 'deal-sqo': 90 } as const

const horizonOf = ({ of, outcome, horizonDays }: z.output<typeof What>): number => horizonDays ?? HORIZONS[`${of}-${outcome}`]

/** Learns a score model from the log; gives the document to propose. `ok` is false where it is no better than what people go by today. */
export const trainScore = operation({
  name: 'score-train',
  input: What,
  needs: 'figures',
  run: async (asked, { installation, progress }) => {
    const store = await installation.store()
    return createAnswerReader({ store }).read(asked.tenant, asked.asOf === null ? {} : { as_of: asked.asOf }, async context => {
      const versions = modelsProposed(context, asked.of).filter(({ document }) => document.id === modelId(asked))
      const version = 1 + versions.reduce((most, { document }) => Math.max(most, document.version), 0)
      const found = await trainModel(store, context, { ...asked, horizonDays: horizonOf(asked), version }, progress)
      if (!found.ok)
        throw new Refused(
          `too little to learn from: ${found.n} units, ${found.reached} of which reached the outcome; at least ${found.least} of both are needed`,
        )
      return { ok: found.card.better, document: found.document, card: found.card }
    })
  },
})

/** How the model in force does on what has come since it was learned. */
export const evaluateScore = operation({
  name: 'score-evaluate',
  input: What,
  needs: 'figures',
  run: async (asked, { installation, progress }) => {
    const store = await installation.store()
    return createAnswerReader({ store }).read(asked.tenant, asked.asOf === null ? {} : { as_of: asked.asOf }, async context => {
      const model = modelInForce(context, asked.of, asked.outcome)
      if (model === null) throw new Refused(`no score model of ${asked.of}s for ${asked.outcome} is in force`)
      return { model: model.name, ...(await evaluateModel(store, context, model, progress)) }
    })
  },
})
