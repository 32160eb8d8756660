import type { Input, Matrix } from './encoding.ts'
import { atOnce, type Steps } from './steps.ts'

/** log(p / (1 − p)) = intercept + Σ weight × (value − mean) / scale. */
export type Logistic = { readonly intercept: number; readonly weights: readonly number[] }

const sigmoid = (margin: number): number => 1 / (1 + Math.exp(-margin))

/** Solves A x = b for a symmetric positive definite A (rows after each other), in place, by Cholesky. */
const solveInPlace = (a: Float64Array, b: Float64Array): void => {
  const n = b.length
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] ?? 0
      for (let k = 0; k < j; k++) sum -= (a[i * n + k] ?? 0) * (a[j * n + k] ?? 0)
      if (i === j) {
        if (!(sum > 0)) throw new RangeError('the matrix is not positive definite')
        a[i * n + i] = Math.sqrt(sum)
      } else a[i * n + j] = sum / (a[j * n + j] ?? 1)
    }
  }
  for (let i = 0; i < n; i++) {
    let sum = b[i] ?? 0
    for (let k = 0; k < i; k++) sum -= (a[i * n + k] ?? 0) * (b[k] ?? 0)
    b[i] = sum / (a[i * n + i] ?? 1)
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i] ?? 0
    for (let k = i + 1; k < n; k++) sum -= (a[k * n + i] ?? 0) * (b[k] ?? 0)
    b[i] = sum / (a[i * n + i] ?? 1)
  }
}

const MAX_STEPS = 50

/**
 * Logistic regression by Newton's steps (iteratively reweighted least squares) with a ridge on the weights of the standardised inputs, none on the intercept:
 * what scikit-learn's `LogisticRegression(C=1/ridge)` minimises. Steps that would make it worse are halved. Same input, same bits.
 */
export function* logisticSteps(
  matrix: Matrix,
  inputs: readonly Pick<Input, 'mean' | 'scale'>[],
  labels: Uint8Array,
  ridge = 1,
): Steps<Logistic> {
  const { rows, width, values } = matrix
  const n = width + 1
  const x = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width; i++) {
      const input = inputs[i]
      x[row * width + i] = ((values[row * width + i] ?? 0) - (input?.mean ?? 0)) / (input?.scale ?? 1)
    }
  const loss = (w: Float64Array): number => {
    let sum = 0
    for (let row = 0; row < rows; row++) {
      let margin = w[width] ?? 0
      for (let i = 0; i < width; i++) margin += (w[i] ?? 0) * (x[row * width + i] ?? 0)
      const signed = labels[row] === 1 ? margin : -margin
      sum += signed > 0 ? Math.log1p(Math.exp(-signed)) : -signed + Math.log1p(Math.exp(signed))
    }
    for (let i = 0; i < width; i++) sum += (ridge / 2) * (w[i] ?? 0) ** 2
    return sum
  }
  const positives = labels.reduce((sum, label) => sum + label, 0)
  let w = new Float64Array(n)
  w[width] = Math.log((positives + 0.5) / (rows - positives + 0.5))
  let now = loss(w)
  for (let step = 0; step < MAX_STEPS; step++) {
    const gradient = new Float64Array(n)
    const hessian = new Float64Array(n * n)
    for (let row = 0; row < rows; row++) {
      const at = row * width
      let margin = w[width] ?? 0
      for (let i = 0; i < width; i++) margin += (w[i] ?? 0) * (x[at + i] ?? 0)
      const p = sigmoid(margin)
      const error = (labels[row] ?? 0) - p
      const weight = Math.max(p * (1 - p), 1e-12)
      for (let i = 0; i < width; i++) {
        const value = x[at + i] ?? 0
        if (value === 0) continue
        gradient[i] = (gradient[i] ?? 0) + error * value
        const heavy = weight * value
        for (let j = 0; j <= i; j++) hessian[i * n + j] = (hessian[i * n + j] ?? 0) + heavy * (x[at + j] ?? 0)
        hessian[width * n + i] = (hessian[width * n + i] ?? 0) + heavy
      }
      gradient[width] = (gradient[width] ?? 0) + error
      hessian[width * n + width] = (hessian[width * n + width] ?? 0) + weight
    }
    for (let i = 0; i < width; i++) {
      gradient[i] = (gradient[i] ?? 0) - ridge * (w[i] ?? 0)
      hessian[i * n + i] = (hessian[i * n + i] ?? 0) + ridge
    }
    solveInPlace(hessian, gradient)
    let [share, next] = [1, w]
    let found = now
    for (; share > 1e-6; share /= 2) {
      const factor = share
      next = w.map((weight, i) => weight + factor * (gradient[i] ?? 0))
      found = loss(next)
      if (found <= now) break
    }
    const gained = now - found
    w = next
    now = found
    if (gained < 1e-9 * Math.max(1, now)) break
    yield
  }
  return { intercept: w[width] ?? 0, weights: Array.from(w.subarray(0, width)) }
}

/** The same, all at once. */
export const fitLogistic = (...given: Parameters<typeof logisticSteps>): Logistic => atOnce(logisticSteps(...given))
