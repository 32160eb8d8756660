import { z } from 'zod'
import type { Tree } from './boosting.ts'
import { type FeatureTable, encode, type Input, type Matrix } from './encoding.ts'

const InputShape = z.union([
  z.strictObject({
    feature: z.string(),
    kind: z.enum(['number', 'count', 'flag']),
    missing: z.number(),
    mean: z.number(),
    scale: z.number(),
  }),
  z.strictObject({ feature: z.string(), kind: z.literal('category'), word: z.string(), mean: z.number(), scale: z.number() }),
])
const TreeShape = z.strictObject({
  input: z.array(z.int()),
  threshold: z.array(z.number()),
  left: z.array(z.int()),
  right: z.array(z.int()),
  value: z.array(z.number()),
})

/** The parameters of a score model, as they stand in its document: margins of either algorithm, stretched so that they are calibrated. */
export const ModelParameters = z.strictObject({
  inputs: z.array(InputShape),
  learned: z.discriminatedUnion('algorithm', [
    z.strictObject({ algorithm: z.literal('logistic'), intercept: z.number(), weights: z.array(z.number()) }),
    z.strictObject({ algorithm: z.literal('boosting'), base: z.number(), trees: z.array(TreeShape) }),
  ]),
  /** log odds = slope × margin + offset (Platt 1999). */
  calibration: z.strictObject({ slope: z.number(), offset: z.number() }),
})
export type ModelParameters = z.infer<typeof ModelParameters>

/** All trees one after the other in flat arrays: what is walked a million times. Leaves have input −1; `roots` are the nodes that the trees begin in. */
type Flat = {
  readonly roots: Int32Array
  readonly input: Int32Array
  readonly threshold: Float64Array
  readonly left: Int32Array
  readonly right: Int32Array
  readonly value: Float64Array
}

const flattened = new WeakMap<object, Flat>()
const flat = (trees: readonly Tree[]): Flat => {
  const known = flattened.get(trees)
  if (known !== undefined) return known
  const starts: number[] = []
  let size = 0
  for (const tree of trees) {
    starts.push(size)
    size += tree.input.length
  }
  const shifted = (of: (tree: Tree) => readonly number[]): Int32Array =>
    Int32Array.from(trees.flatMap((tree, i) => of(tree).map(node => (node < 0 ? -1 : node + (starts[i] ?? 0)))))
  const made = {
    roots: Int32Array.from(starts),
    input: Int32Array.from(trees.flatMap(tree => tree.input)),
    threshold: Float64Array.from(trees.flatMap(tree => tree.threshold)),
    left: shifted(tree => tree.left),
    right: shifted(tree => tree.right),
    value: Float64Array.from(trees.flatMap(tree => tree.value)),
  }
  flattened.set(trees, made)
  return made
}

/** log odds before calibration, one a row. */
export const marginsOf = (
  { inputs, learned }: Pick<ModelParameters, 'inputs' | 'learned'>,
  { rows, width, values }: Matrix,
): Float64Array => {
  const margins = new Float64Array(rows)
  if (learned.algorithm === 'logistic') {
    const weights = Float64Array.from(learned.weights, (weight, i) => weight / (inputs[i]?.scale ?? 1))
    let base = learned.intercept
    inputs.forEach(({ mean }, i) => (base -= (weights[i] ?? 0) * mean))
    for (let row = 0; row < rows; row++) {
      let margin = base
      for (let i = 0; i < width; i++) margin += (weights[i] ?? 0) * (values[row * width + i] ?? 0)
      margins[row] = margin
    }
    return margins
  }
  const { roots, input, threshold, left, right, value } = flat(learned.trees)
  for (let row = 0; row < rows; row++) {
    const at = row * width
    let margin = learned.base
    for (const root of roots) {
      let node = root
      for (let feature = input[node] ?? -1; feature >= 0; feature = input[node] ?? -1)
        node = ((values[at + feature] ?? 0) <= (threshold[node] ?? 0) ? left[node] : right[node]) ?? 0
      margin += value[node] ?? 0
    }
    margins[row] = margin
  }
  return margins
}

export const calibrated = ({ slope, offset }: ModelParameters['calibration'], margins: Float64Array): Float64Array =>
  margins.map(margin => 1 / (1 + Math.exp(-(slope * margin + offset))))

/** Rows that are encoded at a time: what fits into a cache, whatever there is to score. */
const BATCH = 8_192

const slice = ({ columns }: FeatureTable, from: number, to: number): FeatureTable => ({
  rows: to - from,
  columns: columns.map(column =>
    column.kind === 'category'
      ? { ...column, values: column.values.slice(from, to) }
      : { ...column, values: column.values.subarray(from, to) },
  ),
})

/** Probabilities, one a row. */
export const score = (model: ModelParameters, table: FeatureTable): Float64Array => {
  const found = new Float64Array(table.rows)
  for (let from = 0; from < table.rows; from += BATCH) {
    const part = slice(table, from, Math.min(table.rows, from + BATCH))
    found.set(calibrated(model.calibration, marginsOf(model, encode(model.inputs, part))), from)
  }
  return found
}

export type Reason = {
  readonly feature: string
  /** What it was; the word, or the number as recorded. Null where it was not known. */
  readonly value: string | number | null
  /** Log odds that it added to, or took from, what an average unit has. */
  readonly effect: number
}

/** The names of the inputs' features, and for each input which of them it is: looked up once for many rows. */
const featuresOf = (inputs: readonly Input[]): { readonly names: readonly string[]; readonly places: Int32Array } => {
  const names = [...new Set(inputs.map(input => input.feature))]
  const place = new Map(names.map((name, i) => [name, i]))
  return { names, places: Int32Array.from(inputs, input => place.get(input.feature) ?? 0) }
}

export type Scored = { readonly probabilities: Float64Array; readonly reasons: readonly (readonly Reason[])[] }

/**
 * Probabilities, and what moved each most, strongest first. Effects of all features add up, with the average, to the log odds: those of a logistic model are weight ×
 * distance from the mean, those of trees what each step on the way to the leaf changed (Saabas 2014).
 */
export const scoreWithReasons = (model: ModelParameters, table: FeatureTable, most = 5): Scored => {
  const { inputs, learned, calibration } = model
  const { names, places } = featuresOf(inputs)
  const byName = new Map(table.columns.map(column => [column.name, column]))
  const columns = names.map(name => byName.get(name))
  const trees = learned.algorithm === 'boosting' ? flat(learned.trees) : null
  const weights =
    learned.algorithm === 'logistic'
      ? Float64Array.from(learned.weights, (weight, i) => weight / (inputs[i]?.scale ?? 1))
      : new Float64Array()
  const means = Float64Array.from(inputs, ({ mean }) => mean)
  // what a unit has before anything is known of it
  let average = learned.algorithm === 'logistic' ? learned.intercept : learned.base
  if (trees !== null) for (const root of trees.roots) average += trees.value[root] ?? 0
  const probabilities = new Float64Array(table.rows)
  const reasons: (readonly Reason[])[] = []
  const effects = new Float64Array(names.length)
  for (let from = 0; from < table.rows; from += BATCH) {
    const { rows, width, values } = encode(inputs, slice(table, from, Math.min(table.rows, from + BATCH)))
    for (let row = 0; row < rows; row++) {
      const at = row * width
      effects.fill(0)
      if (trees === null)
        for (let i = 0; i < width; i++) {
          const place = places[i] ?? 0
          effects[place] = (effects[place] ?? 0) + (weights[i] ?? 0) * ((values[at + i] ?? 0) - (means[i] ?? 0))
        }
      else {
        const { roots, input, threshold, left, right, value } = trees
        for (const root of roots) {
          let node = root
          for (let feature = input[node] ?? -1; feature >= 0; feature = input[node] ?? -1) {
            const next = ((values[at + feature] ?? 0) <= (threshold[node] ?? 0) ? left[node] : right[node]) ?? 0
            const place = places[feature] ?? 0
            effects[place] = (effects[place] ?? 0) + (value[next] ?? 0) - (value[node] ?? 0)
            node = next
          }
        }
      }
      let margin = average
      for (let place = 0; place < effects.length; place++) margin += effects[place] ?? 0
      probabilities[from + row] = 1 / (1 + Math.exp(-(calibration.slope * margin + calibration.offset)))
      reasons.push(
        strongest(effects, most).map((place): Reason => {
          const said = columns[place]?.values[from + row]
          return {
            feature: names[place] ?? '',
            value: said === undefined || said === '' || Number.isNaN(said) ? null : said,
            effect: (effects[place] ?? 0) * calibration.slope,
          }
        }),
      )
    }
  }
  return { probabilities, reasons }
}

/** Places of the strongest effects; the first of equals. */
const strongest = (effects: Float64Array, most: number): number[] => {
  const best: number[] = []
  for (let place = 0; place < effects.length; place++) {
    const size = Math.abs(effects[place] ?? 0)
    if (size === 0) continue
    let at = best.length
    while (at > 0 && Math.abs(effects[best[at - 1] ?? 0] ?? 0) < size) at--
    if (at < most) {
      best.splice(at, 0, place)
      if (best.length > most) best.pop()
    }
  }
  return best
}
