import { type Boosting, boostingSteps } from './boosting.ts'
import { encode, type FeatureTable, type Input, inputsOf, pick } from './encoding.ts'
import { fitLogistic, logisticSteps } from './logistic.ts'
import {
  auc,
  brier,
  calibrationError,
  drift,
  type FeatureDrift,
  featureDrifts,
  logLoss,
  reliability,
  type Reliability,
} from './measures.ts'
import { calibrated, marginsOf, type ModelParameters } from './model.ts'
import { atOnce, type Steps } from './steps.ts'

export type Algorithm = 'logistic' | 'boosting'
type Learned = Pick<ModelParameters, 'inputs' | 'learned'>

/** Either algorithm on the units of a table. */
export function* learningSteps(algorithm: Algorithm, table: FeatureTable, labels: Uint8Array): Steps<Learned> {
  const inputs: Input[] = [...inputsOf(table)]
  const matrix = encode(inputs, table)
  yield
  if (algorithm === 'logistic') return { inputs, learned: { algorithm, ...plain(yield* logisticSteps(matrix, inputs, labels)) } }
  const { base, trees }: Boosting = yield* boostingSteps(matrix, labels)
  return { inputs, learned: { algorithm, base, trees: trees.map(plainTree) } }
}

/** The same, all at once. */
export const learn = (...given: Parameters<typeof learningSteps>): Learned => atOnce(learningSteps(...given))

const plain = ({ intercept, weights }: { readonly intercept: number; readonly weights: readonly number[] }) => ({
  intercept,
  weights: [...weights],
})
const plainTree = ({ input, threshold, left, right, value }: Boosting['trees'][number]) => ({
  input: [...input],
  threshold: [...threshold],
  left: [...left],
  right: [...right],
  value: [...value],
})

/** Slope and offset that make margins say what came (Platt 1999), by the same Newton's steps; margins as they are where there is too little to learn from. */
export const calibrationOf = (margins: Float64Array, labels: Uint8Array): ModelParameters['calibration'] => {
  const reached = labels.reduce((sum, label) => sum + label, 0)
  if (reached < 5 || labels.length - reached < 5) return { slope: 1, offset: 0 }
  const { intercept, weights } = fitLogistic({ rows: margins.length, width: 1, values: margins }, [{ mean: 0, scale: 1 }], labels, 1e-6)
  const slope = weights[0] ?? 1
  // a slope below zero would turn the order round: nothing was learned
  return slope > 0 ? { slope, offset: intercept } : { slope: 1, offset: 0 }
}

export type Quality = {
  readonly n: number
  readonly reached: number
  readonly auc: number | null
  readonly logLoss: number | null
  readonly brier: number | null
  readonly calibrationError: number | null
  readonly reliability: readonly Reliability[]
}

export const qualityOf = (probabilities: Float64Array, labels: Uint8Array): Quality => {
  const bins = reliability(probabilities, labels)
  return {
    n: labels.length,
    reached: labels.reduce((sum, label) => sum + label, 0),
    auc: auc(probabilities, labels),
    logLoss: logLoss(probabilities, labels),
    brier: brier(probabilities, labels),
    calibrationError: calibrationError(bins),
    reliability: bins,
  }
}

export type Samples = {
  readonly table: FeatureTable
  readonly labels: Uint8Array
  /** When each unit was looked at, ms. Splits go by it: what is judged comes later than what was learned. */
  readonly at: Float64Array
  /** The bucket that the unit was in then, of the agreed matrix; '' where it was in none. */
  readonly buckets: readonly string[]
}

export type Trained = {
  /** The better of both. */
  readonly model: ModelParameters
  readonly candidates: Readonly<Record<Algorithm, ModelParameters>>
  readonly algorithm: Algorithm
  /** Of both on the last part of the units; the better by log loss is taken. */
  readonly judged: Readonly<Record<Algorithm, Quality>>
  /** What the buckets said of the same units: each the rate that it had among the units of training. */
  readonly buckets: Quality
  /** Of the scores, from the units of training to those judged. */
  readonly drift: number | null
  /** Of each feature that the model looks at, likewise. */
  readonly featureDrifts: readonly FeatureDrift[]
  readonly learnedFrom: { readonly from: number; readonly to: number; readonly n: number; readonly reached: number }
  readonly judgedFrom: { readonly from: number; readonly to: number }
}

/** What the buckets say of some units: each the rate that it had among others, pulled a little to that of all. */
export const groupRates = (
  samples: Pick<Samples, 'labels' | 'buckets'>,
  known: readonly number[],
  asked: readonly number[],
): Float64Array => {
  const byBucket = new Map<string, { n: number; reached: number }>()
  for (const row of known) {
    const bucket = samples.buckets[row] ?? ''
    const { n, reached } = byBucket.get(bucket) ?? { n: 0, reached: 0 }
    byBucket.set(bucket, { n: n + 1, reached: reached + (samples.labels[row] ?? 0) })
  }
  const overall = known.reduce((sum, row) => sum + (samples.labels[row] ?? 0), 0) / Math.max(1, known.length)
  return Float64Array.from(asked, row => {
    const found = byBucket.get(samples.buckets[row] ?? '')
    return found === undefined ? overall : (found.reached + overall) / (found.n + 1)
  })
}

export type TrainRefusal = {
  readonly ok: false
  readonly code: 'too_few'
  readonly n: number
  readonly reached: number
  readonly least: number
}
export type TrainResult = { readonly ok: true; readonly trained: Trained } | TrainRefusal

/** Drifts of the features that a model takes its inputs from. */
export const driftsOf = ({ inputs }: Pick<ModelParameters, 'inputs'>, before: FeatureTable, now: FeatureTable): readonly FeatureDrift[] => {
  const looked = new Set(inputs.map(({ feature }) => feature))
  return featureDrifts(before, now).filter(({ feature }) => looked.has(feature))
}

/** Units that reached the outcome, and units that did not, below which nothing is learned. */
const LEAST = 50

/**
 * Judges on the last quarter of the units by time, on what was learned from the units whose horizon was over when it began: four fifths of them teach, the last fifth
 * calibrates. So the judged model knows nothing that could not have been known on the first day that it is judged on.
 */
export function* trainingSteps(samples: Samples, gapMs: number, say: (text: string) => void = () => undefined): Steps<TrainResult> {
  const order = Array.from(samples.at.keys()).toSorted((a, b) => (samples.at[a] ?? 0) - (samples.at[b] ?? 0) || a - b)
  const span = (samples.at[order.at(-1) ?? 0] ?? 0) - (samples.at[order[0] ?? 0] ?? 0)
  // a short history has no room for a whole horizon: a third of the span at most
  const gap = Math.min(gapMs, span / 3)
  const judgeFrom = samples.at[order[Math.floor(0.75 * order.length)] ?? 0] ?? 0
  const before = order.filter(row => (samples.at[row] ?? 0) < judgeFrom - gap)
  const learning = before.slice(0, Math.floor(0.8 * before.length))
  const calibrating = before.slice(learning.length)
  const judging = order.filter(row => (samples.at[row] ?? 0) >= judgeFrom)
  const of = (rows: readonly number[]) => ({
    table: pick(samples.table, rows),
    labels: Uint8Array.from(rows, row => samples.labels[row] ?? 0),
  })
  const [first, middle, last] = [of(learning), of(calibrating), of(judging)]
  const reached = first.labels.reduce((sum, label) => sum + label, 0)
  if (reached < LEAST || first.labels.length - reached < LEAST || judging.length === 0)
    return { ok: false, code: 'too_few', n: first.labels.length, reached, least: LEAST }
  const fitted = function* (algorithm: Algorithm): Steps<ModelParameters> {
    say(`learning ${algorithm} from ${first.labels.length} units, ${reached} of which reached the outcome`)
    const learned = yield* learningSteps(algorithm, first.table, first.labels)
    return { ...learned, calibration: calibrationOf(marginsOf(learned, encode(learned.inputs, middle.table)), middle.labels) }
  }
  const probabilities = (model: ModelParameters, { table }: typeof last): Float64Array =>
    calibrated(model.calibration, marginsOf(model, encode(model.inputs, table)))
  const logistic = yield* fitted('logistic')
  const boosting = yield* fitted('boosting')
  const judged = {
    logistic: qualityOf(probabilities(logistic, last), last.labels),
    boosting: qualityOf(probabilities(boosting, last), last.labels),
  }
  const algorithm: Algorithm = (judged.boosting.logLoss ?? Infinity) < (judged.logistic.logLoss ?? Infinity) ? 'boosting' : 'logistic'
  const model = algorithm === 'boosting' ? boosting : logistic
  const bucketRates = groupRates(samples, learning, judging)
  const at = (rows: readonly number[], place: number): number => samples.at[rows.at(place) ?? 0] ?? 0
  return {
    ok: true,
    trained: {
      model,
      candidates: { logistic, boosting },
      algorithm,
      judged,
      buckets: qualityOf(bucketRates, last.labels),
      drift: drift(probabilities(model, first), probabilities(model, last)),
      featureDrifts: driftsOf(model, first.table, last.table),
      learnedFrom: { from: at(learning, 0), to: at(learning, -1), n: first.labels.length, reached },
      judgedFrom: { from: at(judging, 0), to: at(judging, -1) },
    },
  }
}

/** The same, all at once. */
export const train = (...given: Parameters<typeof trainingSteps>): TrainResult => atOnce(trainingSteps(...given))
