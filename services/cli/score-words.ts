import { z } from 'zod'
import { columns } from './output.ts'

const Quality = z.looseObject({
  n: z.number(),
  reached: z.number(),
  auc: z.number().nullable(),
  logLoss: z.number().nullable(),
  brier: z.number().nullable(),
  calibrationError: z.number().nullable(),
})
type Quality = z.output<typeof Quality>

const FeatureDrift = z.array(z.looseObject({ feature: z.string(), psi: z.number() })).default([])

/** Above it what comes is no longer like what was learned from. */
const MUCH = 0.25
const DRIFTS_SHOWN = 5

/** The features that moved most, and which of them moved much. */
const driftsInWords = (drifts: z.output<typeof FeatureDrift>): string =>
  drifts.length === 0
    ? ''
    : `drift of features: ${drifts
        .slice(0, DRIFTS_SHOWN)
        .map(({ feature, psi }) => `${feature} ${psi.toFixed(3)}${psi > MUCH ? ' (much)' : ''}`)
        .join(', ')}`

/** What `score train` gives. */
export const TrainedScore = z.looseObject({
  ok: z.boolean(),
  why: z.string().nullable(),
  proposed: z.string().nullable(),
  document: z.looseObject({ id: z.string(), version: z.number(), algorithm: z.string(), horizon_days: z.number() }).nullable(),
  card: z
    .looseObject({
      logistic: Quality,
      boosting: Quality,
      compared_with: z.string(),
      comparison: Quality,
      drift: z.number().nullable(),
      feature_drift: FeatureDrift,
    })
    .nullable(),
})
const EvaluatedScore = z.looseObject({
  model: z.string(),
  since: z.string(),
  quality: Quality,
  comparison: Quality,
  drift: z.number().nullable(),
  feature_drift: FeatureDrift,
})

const shown = (value: number | null): string => (value === null ? '–' : value.toFixed(4))
const line = (name: string, { n, reached, auc, logLoss, brier, calibrationError }: Quality): readonly string[] => [
  name,
  String(n),
  String(reached),
  shown(auc),
  shown(logLoss),
  shown(brier),
  shown(calibrationError),
]
const HEAD = ['', 'units', 'reached', 'AUC', 'log loss', 'Brier', 'calibration error'] as const

export const trainedInWords = (result: unknown): string => {
  const { document, card, why, proposed } = TrainedScore.parse(result)
  if (card === null) return `nothing is learned now: ${why ?? ''}`
  return [
    columns([HEAD, line('logistic', card.logistic), line('boosting', card.boosting), line(card.compared_with, card.comparison)]),
    `drift of the scores ${shown(card.drift)}`,
    driftsInWords(card.feature_drift),
    document === null
      ? `It is no better than the ${card.compared_with}: nothing to propose.`
      : `${document.id}@${document.version}, ${document.algorithm}, within ${document.horizon_days} days, is better than what people go by today: ${proposed === null ? 'propose it, and have it' : 'it is proposed, and waits to be'} approved by both functions.`,
  ].join('\n')
}

export const evaluatedInWords = (result: unknown): string => {
  const { model, since, quality, comparison, drift, feature_drift } = EvaluatedScore.parse(result)
  return [
    columns([HEAD, line(model, quality), line('without it', comparison)]),
    `units since ${since}; drift of the scores ${shown(drift)}`,
    driftsInWords(feature_drift),
  ].join('\n')
}
