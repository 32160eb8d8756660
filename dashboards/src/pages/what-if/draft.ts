import type { Api } from '../../api/types.ts'

export const MILESTONES = [
  ['first', 'First touch, %'],
  ['lead_creation', 'Lead creation, %'],
  ['deal_creation', 'Deal creation, %'],
  ['closed_won', 'Closed won, %'],
  ['last', 'Last touch, %'],
  ['middle', 'All others together, %'],
] as const

type Milestone = (typeof MILESTONES)[number][0]
export type Draft = { readonly weights: Readonly<Record<Milestone, number>>; readonly lookback: number; readonly against: string }

export const start: Draft = {
  weights: { first: 20, lead_creation: 20, deal_creation: 40, closed_won: 0, last: 0, middle: 20 },
  lookback: 365,
  against: 'w-shaped',
}

export const sumOf = ({ weights }: Draft): number => Object.values(weights).reduce((sum, part) => sum + part, 0)

const PPM = 10_000

/** The document as it would be published: shares in millionths. */
export const documentOf = ({ weights, lookback }: Draft): Api['POST /v1/what-if']['body']['document'] => ({
  id: 'draft',
  version: 1,
  weights: {
    kind: 'position',
    shares: Object.fromEntries(Object.entries(weights).map(([name, part]) => [name, Math.round(part * PPM)])) as Record<Milestone, number>,
  },
  lookback_days: lookback,
  lookback_anchor: 'creation',
  sales_touches: true,
})
