import { z } from 'zod'
import { createAnswerReader } from '../../api/as-of.ts'
import { type AgreedModel, modelInForce, modelsProposed } from '../../api/scores/models.ts'
import { evaluateModel, modelId, trainModel } from '../../api/scores/training.ts'
import type { ScoreModel } from '../../domain/definitions/score-model.ts'
import { Refused } from '../control.ts'
import { DEFAULT_TENANT, operation, type Workplace } from './operation.ts'

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

const Training = What.extend({
  /** Member in whose name the document is proposed; null: it is only written. */
  proposeAs: z.string().min(1).nullable().default(null),
  /** Learns only where the newest version was learned so many days ago, or there is none: for a timer. */
  everyDays: z.int().min(1).max(1_000).nullable().default(null),
})

const DAY_MS = 86_400_000

/** Why nothing is learned now; null: it is time. */
const notNow = (versions: readonly AgreedModel[], everyDays: number | null, at: number): string | null => {
  if (everyDays === null) return null
  const waiting = versions.find(({ status }) => status === 'proposed')
  if (waiting !== undefined) return `${waiting.name} still waits for its approvals`
  const newest = versions.toSorted((a, b) => b.document.version - a.document.version)[0]
  if (newest === undefined) return null
  const learnedOn = Date.parse(newest.document.learned_from.as_of)
  return at - learnedOn < everyDays * DAY_MS ? `${newest.name} was learned on ${newest.document.learned_from.as_of.slice(0, 10)}` : null
}

/** Puts a document before both functions, through the door that every proposal comes by: permission and checks are those of the member. */
const propose = async (tenant: string, member: string, document: ScoreModel, { installation }: Workplace): Promise<string> => {
  const name = `${document.id}@${document.version}`
  const intake = await installation.intake()
  const answer = await intake.take(
    [
      {
        type: 'definition-published',
        // the same version again is the same proposal
        event_id: `score-train-${name}`,
        occurred_at: new Date().toISOString(),
        data: {
          definition_id: document.id,
          version: document.version,
          kind: 'score-model',
          document: JSON.stringify(document),
          note: `learned from the log as known at ${document.learned_from.as_of}`,
        },
      },
    ],
    { tenant, actor: `member:${member}`, keyName: 'accord score train', scopes: ['ingest'], member },
  )
  if (answer.outcome !== 'taken') throw new Refused(`the log is not to be had: try again in ${answer.retryAfterSeconds} s`)
  const [refused] = answer.rejected
  if (refused !== undefined) throw new Refused(`--propose-as ${member}: ${refused.path} ${refused.message}`)
  return name
}

/** Learns a score model from the log; gives the document to propose, or proposes it. `ok` is false where it is no better than what people go by today. */
export const trainScore = operation({
  name: 'score-train',
  input: Training,
  needs: 'figures',
  run: async (asked, workplace) => {
    const { installation, progress } = workplace
    const store = await installation.store()
    return createAnswerReader({ store }).read(asked.tenant, asked.asOf === null ? {} : { as_of: asked.asOf }, async context => {
      const versions = modelsProposed(context, asked.of).filter(({ document }) => document.id === modelId(asked))
      const why = notNow(versions, asked.everyDays, context.observedTo)
      if (why !== null) return { ok: true, learned: false, why, document: null, card: null, proposed: null }
      const version = 1 + versions.reduce((most, { document }) => Math.max(most, document.version), 0)
      const found = await trainModel(store, context, { ...asked, horizonDays: horizonOf(asked), version }, progress)
      if (!found.ok)
        throw new Refused(
          `too little to learn from: ${found.n} units, ${found.reached} of which reached the outcome; at least ${found.least} of both are needed`,
        )
      const { document, card } = found
      const proposed =
        document === null || asked.proposeAs === null ? null : await propose(asked.tenant, asked.proposeAs, document, workplace)
      return { ok: card.better, learned: true, why: null, document, card, proposed }
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
