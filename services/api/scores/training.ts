import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import { ScoreModel } from '../../domain/definitions/score-model.ts'
import { leadFeatures } from '../../domain/figures/score-features.ts'
import { DEAL_FEATURES, dealSamples } from '../../domain/scoring/deal-samples.ts'
import { pick } from '../../domain/scoring/encoding.ts'
import { drift, type FeatureDrift } from '../../domain/scoring/measures.ts'
import { type ModelParameters, score } from '../../domain/scoring/model.ts'
import {
  driftsOf,
  groupRates,
  type Quality,
  qualityOf,
  type Samples,
  trainingSteps,
  type Trained,
  type TrainRefusal,
} from '../../domain/scoring/train.ts'
import type { Steps } from '../../domain/scoring/steps.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'
import { readHistory } from '../forecast/histories.ts'
import { readLeads, termsOfLeads } from './samples.ts'

export type TrainingAsked = {
  readonly of: 'lead' | 'deal'
  readonly outcome: 'sqo' | 'won'
  readonly horizonDays: number
  /** Of leads: whether what sales wrote after contact is looked at. */
  readonly includeSales: boolean
  readonly version: number
}

/** Hours after a journey opened, and days after a deal was created, at which each is looked at. */
const LEAD_AGES: readonly number[] = [1, 72, 336]
const DEAL_AGES: readonly number[] = [1, 14, 30, 60, 90]

/** Id of the document of a model; versions of one id follow each other. */
export const modelId = ({ of, outcome }: Pick<TrainingAsked, 'of' | 'outcome'>): string => `${of}-${outcome}`

const QualityShape = z.looseObject({
  n: z.number(),
  reached: z.number(),
  auc: z.number().nullable(),
  logLoss: z.number().nullable(),
  brier: z.number().nullable(),
  calibrationError: z.number().nullable(),
  reliability: z.array(z.strictObject({ n: z.number(), said: z.number(), came: z.number() })),
})

/** What a model says of itself beside its parameters: how both algorithms did, and how the buckets (of deals: the stages) did on the same units. */
export const Card = z.strictObject({
  include_sales: z.boolean(),
  drift: z.number().nullable(),
  feature_drift: z.array(z.strictObject({ feature: z.string(), psi: z.number() })).default([]),
  judged_from: z.string(),
  judged_to: z.string(),
  logistic: QualityShape,
  boosting: QualityShape,
  compared_with: z.enum(['buckets', 'stages']),
  comparison: QualityShape,
  better: z.boolean(),
})
export type Card = z.infer<typeof Card>

export type Training =
  /** `document` is null where it is no better than what people go by: such a model cannot be proposed. */
  | { readonly ok: true; readonly document: ScoreModel | null; readonly card: Card; readonly trained: Trained }
  | (TrainRefusal & { readonly document?: never })

const millionths = (value: number | null): number | null => (value === null ? null : Math.round(value * 1_000_000))
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const nextDay = (ms: number): string => day(ms + 86_400_000)

/** A model beats what people go by today only where it both orders better and is nearer to what came. */
const beats = (model: Quality, other: Quality): boolean =>
  (model.auc ?? 0) > (other.auc ?? 0) && (model.logLoss ?? Infinity) < (other.logLoss ?? Infinity)

/** How long learning may go on before others have their turn. */
const TURN_MS = 25

/** Long work in turns, so that a process that answers questions goes on answering them. */
const inTurns = async <T>(steps: Steps<T>): Promise<T> => {
  for (let began = performance.now(), step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value
    if (performance.now() - began < TURN_MS) continue
    await nextTurn()
    began = performance.now()
  }
}

type Sampling = Pick<TrainingAsked, 'of' | 'outcome' | 'horizonDays' | 'includeSales'>

/** Leads or deals as they were known at their own moments, with what came of each within the horizon. */
const readSamples = async (
  store: Store,
  context: AnswerContext,
  { of, outcome, horizonDays, includeSales }: Sampling,
): Promise<Samples> => {
  if (of === 'deal')
    return dealSamples((await readHistory(store, context)).deals, {
      currency: context.settings.currency,
      horizonDays,
      ages: DEAL_AGES,
      until: context.observedTo,
    })
  return readLeads(store, context, {
    ...termsOfLeads(context.definitions, outcome),
    horizonDays,
    moments: { ages: LEAD_AGES, until: context.observedTo },
    includeSales,
    person: null,
  })
}

/**
 * Learns a model from the log as it was known at each unit's moment, judges it on later units, and sets it beside the buckets. The document is one to propose: it is
 * in force when both functions have approved it.
 */
export const trainModel = async (
  store: Store,
  context: AnswerContext,
  asked: TrainingAsked,
  say: (text: string) => void = () => undefined,
): Promise<Training> => {
  const { of, outcome, horizonDays, includeSales } = asked
  say(`reading ${of}s as they were known at their own moments`)
  const samples = await readSamples(store, context, asked)
  const found = await inTurns(trainingSteps(samples, horizonDays * 86_400_000, say))
  if (!found.ok) return found
  const { trained } = found
  const own = trained.judged[trained.algorithm]
  const card: Card = {
    include_sales: includeSales,
    drift: trained.drift,
    feature_drift: trained.featureDrifts.map(({ feature, psi }) => ({ feature, psi })),
    judged_from: day(trained.judgedFrom.from),
    judged_to: nextDay(trained.judgedFrom.to),
    logistic: { ...trained.judged.logistic, reliability: [...trained.judged.logistic.reliability] },
    boosting: { ...trained.judged.boosting, reliability: [...trained.judged.boosting.reliability] },
    compared_with: of === 'lead' ? 'buckets' : 'stages',
    comparison: { ...trained.buckets, reliability: [...trained.buckets.reliability] },
    better: beats(own, trained.buckets),
  }
  if (!card.better) return { ok: true, document: null, card, trained }
  const document = ScoreModel.parse({
    id: modelId(asked),
    version: asked.version,
    of,
    outcome,
    horizon_days: horizonDays,
    algorithm: trained.algorithm,
    features: (of === 'lead' ? leadFeatures(includeSales) : DEAL_FEATURES).map(({ name, kind }) => ({ name, kind })),
    learned_from: {
      from: day(trained.learnedFrom.from),
      to: nextDay(trained.learnedFrom.to),
      as_of: new Date(context.observedTo).toISOString(),
      entries: trained.learnedFrom.n,
      reached: trained.learnedFrom.reached,
    },
    quality: { entries: own.n, auc_ppm: millionths(own.auc), brier_ppm: millionths(own.brier), log_loss_ppm: millionths(own.logLoss) },
    compared_with: {
      what: card.compared_with,
      auc_ppm: millionths(trained.buckets.auc),
      log_loss_ppm: millionths(trained.buckets.logLoss),
    },
    parameters: { model: trained.model, card },
  })
  return { ok: true, document, card, trained }
}

export type Evaluation = {
  readonly since: string
  readonly quality: Quality
  readonly comparison: Quality
  /** Of the scores, and of each feature, from the units before to those since. */
  readonly drift: number | null
  readonly feature_drift: readonly FeatureDrift[]
}

/** How an agreed model does on units of after the day on which it was learned: what its card could not know. */
export const evaluateModel = async (
  store: Store,
  context: AnswerContext,
  { document, model, card }: { readonly document: ScoreModel; readonly model: ModelParameters; readonly card: Card | null },
  say: (text: string) => void = () => undefined,
): Promise<Evaluation> => {
  const { of, outcome, horizon_days: horizonDays } = document
  if (outcome !== 'sqo' && outcome !== 'won') throw new RangeError(`a model of ${outcome} cannot be judged here`)
  say(`reading ${of}s as they were known at their own moments`)
  const samples = await readSamples(store, context, { of, outcome, horizonDays, includeSales: card?.include_sales ?? false })
  const learnedUntil = Date.parse(document.learned_from.to)
  const rows = [...samples.at.keys()]
  const [before, since] = [
    rows.filter(row => (samples.at[row] ?? 0) < learnedUntil),
    rows.filter(row => (samples.at[row] ?? 0) >= learnedUntil),
  ]
  const [was, is] = [before, since].map(some => score(model, pick(samples.table, some)))
  const labels = Uint8Array.from(since, row => samples.labels[row] ?? 0)
  return {
    since: document.learned_from.to,
    quality: qualityOf(is ?? new Float64Array(), labels),
    comparison: qualityOf(groupRates(samples, before, since), labels),
    drift: drift(was ?? new Float64Array(), is ?? new Float64Array()),
    feature_drift: driftsOf(model, pick(samples.table, before), pick(samples.table, since)),
  }
}
