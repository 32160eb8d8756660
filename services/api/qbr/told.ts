import type { Commitment } from '../commitments/commitments.ts'
import type { AskedFigures } from './ask.ts'

/** The quarter of a review, and those beside it; dates in the tenant's zone, `to` exclusive. */
export type PackPeriod = {
  readonly quarter: string
  readonly next: string
  readonly from: string
  readonly to: string
  readonly currency: string
}

/** What a part's sentence is made from. */
export type Told = {
  readonly answers: ReadonlyMap<string, AskedFigures | null>
  readonly period: PackPeriod
  readonly commitments: readonly Commitment[]
}
