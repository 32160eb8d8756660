import type { Matrix } from './encoding.ts'
import { atOnce, type Steps } from './steps.ts'

/** A tree as arrays, one item a node: a leaf's `input` is −1. Left where value ≤ threshold. `value` is the margin that the node adds, if one stopped there. */
export type Tree = {
  readonly input: readonly number[]
  readonly threshold: readonly number[]
  readonly left: readonly number[]
  readonly right: readonly number[]
  readonly value: readonly number[]
}
export type Boosting = { readonly base: number; readonly trees: readonly Tree[] }

export type BoostingOptions = {
  readonly rounds: number
  readonly rate: number
  readonly leaves: number
  /** Units that a leaf holds at least. */
  readonly least: number
  readonly ridge: number
}

export const BOOSTING: BoostingOptions = { rounds: 120, rate: 0.05, leaves: 16, least: 20, ridge: 1 }

const BINS = 64

type Binned = { readonly bins: Uint8Array; readonly edges: readonly Float64Array[] }

/** Places of values between at most 63 edges a column, set so that each bin has about as many units; where there are fewer values each has a bin. */
const binned = ({ rows, width, values }: Matrix): Binned => {
  const bins = new Uint8Array(rows * width)
  const edges: Float64Array[] = []
  for (let i = 0; i < width; i++) {
    const column = new Float64Array(rows)
    for (let row = 0; row < rows; row++) column[row] = values[row * width + i] ?? 0
    const sorted = column.toSorted()
    const cuts: number[] = []
    const distinct: number[] = []
    for (const value of sorted) if (distinct.at(-1) !== value) distinct.push(value)
    if (distinct.length <= BINS) for (let k = 0; k + 1 < distinct.length; k++) cuts.push(((distinct[k] ?? 0) + (distinct[k + 1] ?? 0)) / 2)
    else
      for (let k = 1; k < BINS; k++) {
        const at = Math.floor((k * rows) / BINS)
        const cut = ((sorted[at - 1] ?? 0) + (sorted[at] ?? 0)) / 2
        if (cut > (cuts.at(-1) ?? Number.NEGATIVE_INFINITY) && cut < (sorted[rows - 1] ?? 0)) cuts.push(cut)
      }
    const own = Float64Array.from(cuts)
    edges.push(own)
    for (let row = 0; row < rows; row++) {
      let [low, high] = [0, own.length]
      const value = column[row] ?? 0
      while (low < high) {
        const middle = (low + high) >> 1
        if (value <= (own[middle] ?? 0)) high = middle
        else low = middle + 1
      }
      bins[row * width + i] = low
    }
  }
  return { bins, edges }
}

type Split = { readonly gain: number; readonly input: number; readonly bin: number }
type Leaf = {
  readonly node: number
  readonly rows: Int32Array
  readonly gradient: number
  readonly hessian: number
  readonly histogram: Float64Array
  readonly split: Split | null
}

/** Sums of gradient, hessian and count by input and bin. */
const histogramOf = ({ bins }: Binned, width: number, rows: Int32Array, gradients: Float64Array, hessians: Float64Array): Float64Array => {
  const histogram = new Float64Array(width * BINS * 3)
  for (const row of rows) {
    const [g, h] = [gradients[row] ?? 0, hessians[row] ?? 0]
    const at = row * width
    for (let i = 0; i < width; i++) {
      const place = (i * BINS + (bins[at + i] ?? 0)) * 3
      histogram[place] = (histogram[place] ?? 0) + g
      histogram[place + 1] = (histogram[place + 1] ?? 0) + h
      histogram[place + 2] = (histogram[place + 2] ?? 0) + 1
    }
  }
  return histogram
}

/** The split that gains most; the first by input and bin of equals. */
const bestSplit = (
  histogram: Float64Array,
  { edges }: Binned,
  leaf: Pick<Leaf, 'gradient' | 'hessian'> & { readonly count: number },
  { ridge, least }: BoostingOptions,
): Split | null => {
  const whole = leaf.gradient ** 2 / (leaf.hessian + ridge)
  let best: Split | null = null
  edges.forEach((own, input) => {
    let [g, h, n] = [0, 0, 0]
    for (let bin = 0; bin < own.length; bin++) {
      const place = (input * BINS + bin) * 3
      g += histogram[place] ?? 0
      h += histogram[place + 1] ?? 0
      n += histogram[place + 2] ?? 0
      if (n < least) continue
      if (leaf.count - n < least) break
      const gain = g ** 2 / (h + ridge) + (leaf.gradient - g) ** 2 / (leaf.hessian - h + ridge) - whole
      if (gain > 1e-9 && (best === null || gain > best.gain)) best = { gain, input, bin }
    }
  })
  return best
}

const growTree = (
  data: Binned,
  { rows, width }: Matrix,
  gradients: Float64Array,
  hessians: Float64Array,
  margins: Float64Array,
  options: BoostingOptions,
): Tree => {
  const [input, threshold, left, right, value]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []]
  const put = (some: Int32Array, histogram: Float64Array): Leaf => {
    let [gradient, hessian] = [0, 0]
    for (const row of some) {
      gradient += gradients[row] ?? 0
      hessian += hessians[row] ?? 0
    }
    const node = input.length
    input.push(-1)
    threshold.push(0)
    left.push(-1)
    right.push(-1)
    value.push((options.rate * gradient) / (hessian + options.ridge))
    return {
      node,
      rows: some,
      gradient,
      hessian,
      histogram,
      split: bestSplit(histogram, data, { gradient, hessian, count: some.length }, options),
    }
  }
  const all = Int32Array.from({ length: rows }, (_, row) => row)
  const open: Leaf[] = [put(all, histogramOf(data, width, all, gradients, hessians))]
  for (let count = 1; count < options.leaves; count++) {
    const best = open.reduce<Leaf | null>(
      (found, leaf) => (leaf.split !== null && (found?.split == null || leaf.split.gain > found.split.gain) ? leaf : found),
      null,
    )
    if (best?.split == null) break
    const { split } = best
    const goesLeft = best.rows.filter(row => (data.bins[row * width + split.input] ?? 0) <= split.bin)
    const goesRight = best.rows.filter(row => (data.bins[row * width + split.input] ?? 0) > split.bin)
    // the larger side is what is left of the whole
    const leftSmaller = goesLeft.length <= goesRight.length
    const small = histogramOf(data, width, leftSmaller ? goesLeft : goesRight, gradients, hessians)
    const large = best.histogram.map((sum, place) => sum - (small[place] ?? 0))
    input[best.node] = split.input
    threshold[best.node] = data.edges[split.input]?.[split.bin] ?? 0
    const leftLeaf = put(goesLeft, leftSmaller ? small : large)
    const rightLeaf = put(goesRight, leftSmaller ? large : small)
    left[best.node] = leftLeaf.node
    right[best.node] = rightLeaf.node
    open.splice(open.indexOf(best), 1, leftLeaf, rightLeaf)
  }
  for (const leaf of open) {
    const add = value[leaf.node] ?? 0
    for (const row of leaf.rows) margins[row] = (margins[row] ?? 0) + add
  }
  return { input, threshold, left, right, value }
}

/**
 * Gradient boosting of small trees on the logistic loss, grown by the best leaf over histograms of at most 64 bins (Friedman 2001; the second-order gain of
 * XGBoost). Uses every unit and input in every round: nothing is drawn, so the same units give the same bits.
 */
export function* boostingSteps(matrix: Matrix, labels: Uint8Array, options: BoostingOptions = BOOSTING): Steps<Boosting> {
  const { rows } = matrix
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const base = Math.log((positives + 0.5) / (rows - positives + 0.5))
  const data = binned(matrix)
  const margins = new Float64Array(rows).fill(base)
  const [gradients, hessians] = [new Float64Array(rows), new Float64Array(rows)]
  const trees: Tree[] = []
  for (let round = 0; round < options.rounds; round++) {
    for (let row = 0; row < rows; row++) {
      const p = 1 / (1 + Math.exp(-(margins[row] ?? 0)))
      gradients[row] = (labels[row] ?? 0) - p
      hessians[row] = p * (1 - p)
    }
    const tree = growTree(data, matrix, gradients, hessians, margins, options)
    if (tree.input.length === 1) break
    trees.push(tree)
    yield
  }
  return { base, trees }
}

/** The same, all at once. */
export const fitBoosting = (...given: Parameters<typeof boostingSteps>): Boosting => atOnce(boostingSteps(...given))
