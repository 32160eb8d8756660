import type { FeatureTable } from './encoding.ts'

/** How well probabilities say what came (metrics M94 and kin). */

/** Chance that a unit that reached the outcome is scored above one that did not, ties half (Mann–Whitney); null where all came out alike. */
export const auc = (scores: Float64Array, labels: Uint8Array): number | null => {
  const order = Array.from(scores.keys()).toSorted((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0) || a - b)
  let [ranks, positives] = [0, 0]
  for (let i = 0; i < order.length; ) {
    let j = i
    while (j < order.length && scores[order[j] ?? 0] === scores[order[i] ?? 0]) j++
    const rank = (i + j + 1) / 2 // of equals the mean of their places, from 1
    for (; i < j; i++)
      if (labels[order[i] ?? 0] === 1) {
        ranks += rank
        positives += 1
      }
  }
  const negatives = labels.length - positives
  return positives === 0 || negatives === 0 ? null : (ranks - (positives * (positives + 1)) / 2) / (positives * negatives)
}

const mean = (count: number, of: (row: number) => number): number | null => {
  if (count === 0) return null
  let sum = 0
  for (let row = 0; row < count; row++) sum += of(row)
  return sum / count
}

const EDGE = 1e-15

export const logLoss = (probabilities: Float64Array, labels: Uint8Array): number | null =>
  mean(labels.length, row => {
    const p = Math.min(1 - EDGE, Math.max(EDGE, probabilities[row] ?? 0))
    return labels[row] === 1 ? -Math.log(p) : -Math.log(1 - p)
  })

export const brier = (probabilities: Float64Array, labels: Uint8Array): number | null =>
  mean(labels.length, row => ((probabilities[row] ?? 0) - (labels[row] ?? 0)) ** 2)

export type Reliability = { readonly n: number; readonly said: number; readonly came: number }

/** Tenths of the units by probability: what was said of each on average, and the share that came. */
export const reliability = (probabilities: Float64Array, labels: Uint8Array, bins = 10): readonly Reliability[] => {
  const order = Array.from(probabilities.keys()).toSorted((a, b) => (probabilities[a] ?? 0) - (probabilities[b] ?? 0) || a - b)
  return Array.from({ length: bins }, (_, bin) =>
    order.slice(Math.floor((bin * order.length) / bins), Math.floor(((bin + 1) * order.length) / bins)),
  )
    .filter(rows => rows.length > 0)
    .map(rows => ({
      n: rows.length,
      said: rows.reduce((sum, row) => sum + (probabilities[row] ?? 0), 0) / rows.length,
      came: rows.reduce((sum, row) => sum + (labels[row] ?? 0), 0) / rows.length,
    }))
}

/** Mean distance of what was said from what came, by units. */
export const calibrationError = (bins: readonly Reliability[]): number | null => {
  const all = bins.reduce((sum, { n }) => sum + n, 0)
  return all === 0 ? null : bins.reduce((sum, { n, said, came }) => sum + (n / all) * Math.abs(said - came), 0)
}

/** What two sets of shares differ by; half a unit in every bin, so that an empty one is no infinity. */
const stability = (was: readonly number[], is: readonly number[]): number => {
  const shares = (counts: readonly number[]): number[] => {
    const all = counts.reduce((sum, count) => sum + count, 0)
    return counts.map(count => (count + 0.5) / (all + 0.5 * counts.length))
  }
  const [before, now] = [shares(was), shares(is)]
  return before.reduce((sum, share, bin) => sum + ((now[bin] ?? share) - share) * Math.log((now[bin] ?? share) / share), 0)
}

/** Population stability index of two sets of numbers over the tenths of the first, what is missing (NaN) apart: above .25 they are no longer alike. */
export const drift = (before: Float64Array, now: Float64Array, bins = 10): number | null => {
  if (before.length === 0 || now.length === 0) return null
  const sorted = before.filter(value => !Number.isNaN(value)).toSorted()
  const cuts = [...new Set(Array.from({ length: bins - 1 }, (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / bins)] ?? 0))]
  const isMissing = [before, now].some(values => values.some(Number.isNaN))
  const counted = (values: Float64Array): number[] => {
    const counts = Array.from({ length: cuts.length + (isMissing ? 2 : 1) }, () => 0)
    for (const value of values) {
      const place = cuts.findIndex(cut => value < cut)
      const bin = Number.isNaN(value) ? cuts.length + 1 : place < 0 ? cuts.length : place
      counts[bin] = (counts[bin] ?? 0) + 1
    }
    return counts
  }
  return stability(counted(before), counted(now))
}

/** The same of words. */
const wordDrift = (before: readonly string[], now: readonly string[]): number => {
  const words = new Map([...new Set([...before, ...now])].map((word, place) => [word, place]))
  const counted = (values: readonly string[]): number[] => {
    const counts = Array.from({ length: words.size }, () => 0)
    for (const value of values) {
      const place = words.get(value) ?? 0
      counts[place] = (counts[place] ?? 0) + 1
    }
    return counts
  }
  return stability(counted(before), counted(now))
}

export type FeatureDrift = { readonly feature: string; readonly psi: number }

/** Drift of every feature from one set of units to another, the strongest first: says what a drift of scores comes from. */
export const featureDrifts = (before: FeatureTable, now: FeatureTable): readonly FeatureDrift[] => {
  if (before.rows === 0 || now.rows === 0) return []
  const later = new Map(now.columns.map(column => [column.name, column]))
  return before.columns
    .flatMap((column): FeatureDrift[] => {
      const other = later.get(column.name)
      if (column.kind === 'category')
        return other?.kind === 'category' ? [{ feature: column.name, psi: wordDrift(column.values, other.values) }] : []
      if (other === undefined || other.kind === 'category') return []
      const psi = drift(column.values, other.values)
      return psi === null ? [] : [{ feature: column.name, psi }]
    })
    .toSorted((a, b) => b.psi - a.psi || (a.feature < b.feature ? -1 : 1))
}
