import { FUNNEL_DIMENSIONS } from './funnel-dimensions.ts'
import type { Ruling } from './judging/rulings.ts'

/** What a lead has besides what every journey has: the bucket that it was in at the instant that counts. */
export const LEAD_DIMENSIONS = [...FUNNEL_DIMENSIONS, 'bucket'] as const
export type LeadDimension = (typeof LEAD_DIMENSIONS)[number]

export const LEAD_METRICS = [
  'M23a',
  'M23b',
  'M24',
  'M24b',
  'M25',
  'M25f',
  'M27',
  'M28',
  'M29',
  'M31',
  'M32',
  'M33',
  'M33d',
  'M34',
  'M105',
  'M107r',
  'M107b',
] as const
export type LeadMetric = (typeof LEAD_METRICS)[number]

export type LeadQuestion = {
  readonly rulings: readonly Ruling[]
  /** Days in which a lead may convert (M32, M33, M107). */
  readonly horizonDays: number
  readonly by: readonly LeadDimension[]
  readonly filters: Readonly<Partial<Record<LeadDimension, readonly string[]>>>
  /** Of the instant that counts (ms), `to` exclusive. */
  readonly from: number | null
  readonly to: number | null
  readonly zone: string
  readonly observedTo: number
  readonly metrics: readonly LeadMetric[]
  /** Periods that are told apart, none of them in another: they go before `from` and `to`. */
  readonly periods?: readonly LeadPeriod[]
}

/** Milliseconds, `to` exclusive. */
export type LeadPeriod = { readonly name: string; readonly from: number; readonly to: number }
