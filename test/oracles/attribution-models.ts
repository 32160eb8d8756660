import { byBytes } from './order.ts'
import { millionths } from './share.ts'

/** Business time in µs; bigint where it comes from the store, number where it comes from an event. */
export type Instant = bigint | number

/** An eligible touch of the conversion that is asked about: the allow-list, lookback, linkage, consent, session and direct rules have been applied. */
export type EligibleTouch = {
  readonly touchId: string
  readonly at: Instant
  readonly recordedAt: Instant
  /** Root ids; nobody, when the touch is an unknown visitor's of the account. */
  readonly persons: readonly string[]
  /** In how many accounts the person was when it happened, at least 1. */
  readonly accounts: number
  /** In how many of those that are asked about; 1 unless said otherwise. */
  readonly inScope?: number
}

export const MILESTONES = ['first', 'lead_creation', 'deal_creation', 'closed_won', 'last'] as const
export type Milestone = (typeof MILESTONES)[number]

/** Millionths of each milestone, and of all other touches together. Only their proportions count. */
export type Shares = Readonly<Record<Milestone | 'middle', number>>

export type AttributionModel =
  | { readonly kind: 'position'; readonly shares: Shares }
  | { readonly kind: 'decay'; readonly halfLifeDays: number }

export type Converted = {
  /** In any order. */
  readonly touches: readonly EligibleTouch[]
  readonly conversion: 'deal' | 'sqo' | 'won'
  readonly convertedAt: Instant
  readonly dealCreatedAt: Instant
  /** The earliest among the linked persons (root), not after the deal's creation and inside the lookback. */
  readonly leadCreated: { readonly person: string; readonly at: Instant } | null
}

/** `credits` has every eligible touch in order, those of no credit included, and is empty when something is `missing`. */
export type ModelCredit = {
  readonly credits: ReadonlyMap<string, number>
  readonly missing: '' | 'no_touch' | 'milestone_absent'
}

const DAY = 86_400_000_000
/** CRMs stamp the lead seconds after the form that made it, or the form minutes after the lead. */
const LEAD_GRACE = 3_600_000_000n

const position = (shares: Partial<Shares>): AttributionModel => ({
  kind: 'position',
  shares: { first: 0, lead_creation: 0, deal_creation: 0, closed_won: 0, last: 0, middle: 0, ...shares },
})

/** The closed-form rows of the dictionary's table of models. */
export const SHIPPED_MODELS = {
  first: position({ first: 1_000_000 }),
  last: position({ last: 1_000_000 }),
  'lead-creation': position({ lead_creation: 1_000_000 }),
  'deal-creation': position({ deal_creation: 1_000_000 }),
  linear: position({ middle: 1_000_000 }),
  'u-shaped': position({ first: 400_000, lead_creation: 400_000, middle: 200_000 }),
  'position-based': position({ first: 400_000, last: 400_000, middle: 200_000 }),
  'w-shaped': position({ first: 300_000, lead_creation: 300_000, deal_creation: 300_000, middle: 100_000 }),
  'full-path': position({ first: 225_000, lead_creation: 225_000, deal_creation: 225_000, closed_won: 225_000, middle: 100_000 }),
  'j-shaped': position({ first: 200_000, last: 600_000, middle: 200_000 }),
  'inverse-j': position({ first: 600_000, last: 200_000, middle: 200_000 }),
  'time-decay': { kind: 'decay', halfLifeDays: 7 },
} as const satisfies Readonly<Record<string, AttributionModel>>

/**
 * The credit (M53, integer millionths) that a model gives to the touches of one conversion. A touch of a person in n accounts counts 1/n (M53b).
 * A touch after the conversion, one told twice, in no account, or a model that can give nothing to anybody is a `RangeError`.
 */
export const modelCredit = ({ model, ...converted }: Converted & { readonly model: AttributionModel }): ModelCredit => {
  checkModel(model)
  checkTouches(converted)
  const touches = converted.touches.toSorted(byTouch)
  if (touches.length === 0) return { credits: new Map(), missing: 'no_touch' }

  const weights = model.kind === 'decay' ? decayed(touches, model.halfLifeDays) : positioned({ ...converted, touches }, model.shares)
  if (weights.every(weight => weight.over === 0n)) return { credits: new Map(), missing: 'milestone_absent' }

  const split = touches.map((touch, i) => times(weights[i] ?? NOTHING, { over: BigInt(touch.inScope ?? 1), under: BigInt(touch.accounts) }))
  // dividing by what is there is what hands the share of an absent milestone, or of an empty middle, to the others pro rata
  const credit = millionths(inProportion(split))
  return { credits: new Map(touches.map(({ touchId }, i) => [touchId, credit[i] ?? 0])), missing: '' }
}

/** Each touch has the shares of all the milestones that it holds, and if it holds none its part of the middle. */
const positioned = (converted: Converted, shares: Shares): readonly Fraction[] => {
  const { touches } = converted
  const holder = holders(converted)
  const held = MILESTONES.flatMap(milestone => {
    const touch = shares[milestone] > 0 ? holder[milestone] : undefined
    return touch === undefined ? [] : [{ touch, share: BigInt(shares[milestone]) }]
  })
  const others = touches.filter(touch => held.every(holding => holding.touch !== touch))
  return touches.map(touch =>
    others.includes(touch)
      ? { over: BigInt(shares.middle), under: BigInt(others.length) }
      : { over: held.reduce((sum, holding) => (holding.touch === touch ? sum + holding.share : sum), 0n), under: 1n },
  )
}

/** Who holds each milestone among touches in order; nobody, where it lies after the conversion or before every touch. */
const holders = ({ touches, conversion, convertedAt, dealCreatedAt, leadCreated }: Converted): Holders => {
  const lastUntil = (instant: Instant, by = touches): EligibleTouch | undefined => by.findLast(touch => touch.at <= instant)
  const leadMaker = (person: string, until: bigint): EligibleTouch | undefined =>
    lastUntil(
      until,
      touches.filter(({ persons }) => persons.includes(person)),
    ) ?? lastUntil(until)
  return {
    first: touches[0],
    lead_creation:
      leadCreated !== null && leadCreated.at <= convertedAt
        ? leadMaker(leadCreated.person, BigInt(leadCreated.at) + LEAD_GRACE)
        : undefined,
    deal_creation: dealCreatedAt <= convertedAt ? lastUntil(dealCreatedAt) : undefined,
    closed_won: conversion === 'won' ? lastUntil(convertedAt) : undefined,
    last: touches.at(-1),
  }
}

type Holders = Readonly<Record<Milestone, EligibleTouch | undefined>>

/** Half the weight for every half-life before the latest touch, in parts of 2³². Days are 86,400 s, no calendar's; the conversion's own instant cancels out. */
const decayed = (touches: readonly EligibleTouch[], halfLifeDays: number): readonly Fraction[] => {
  const latest = BigInt(touches.at(-1)?.at ?? 0)
  return touches.map(({ at }) => {
    const halfLives = Number(latest - BigInt(at)) / (halfLifeDays * DAY)
    return { over: BigInt(Math.round(2 ** 32 * 2 ** -halfLives)), under: 1n }
  })
}

type Fraction = { readonly over: bigint; readonly under: bigint }

const NOTHING: Fraction = { over: 0n, under: 1n }

const times = (a: Fraction, b: Fraction): Fraction => ({ over: a.over * b.over, under: a.under * b.under })

/** Integers of the same proportions as the fractions. */
const inProportion = (fractions: readonly Fraction[]): readonly bigint[] => {
  const common = [...new Set(fractions.map(({ under }) => under))].reduce((product, under) => product * under, 1n)
  return fractions.map(({ over, under }) => (over * common) / under)
}

const compare = (a: Instant, b: Instant): number => Number(a > b) - Number(a < b)

/** The full order of touches (D11): when it happened, when it became known, its name by bytes. */
const byTouch = (a: EligibleTouch, b: EligibleTouch): number =>
  compare(a.at, b.at) || compare(a.recordedAt, b.recordedAt) || byBytes(a.touchId, b.touchId)

const checkModel = (model: AttributionModel): void => {
  if (model.kind === 'decay') {
    if (!(model.halfLifeDays > 0 && Number.isFinite(model.halfLifeDays)))
      throw new RangeError(`halfLifeDays must be positive, got ${model.halfLifeDays}`)
    return
  }
  const shares = Object.entries(model.shares)
  for (const [place, share] of shares)
    if (!(Number.isSafeInteger(share) && share >= 0))
      throw new RangeError(`the share of ${place} must be whole and not negative, got ${share}`)
  if (shares.every(([, share]) => share === 0)) throw new RangeError('a model must give a share to something')
}

const checkTouches = ({ touches, convertedAt }: Converted): void => {
  const told = new Set<string>()
  for (const { touchId, at, accounts } of touches) {
    if (at > convertedAt) throw new RangeError(`touch ${touchId} at ${at} is after the conversion at ${convertedAt}`)
    if (!(Number.isSafeInteger(accounts) && accounts >= 1)) throw new RangeError(`touch ${touchId} must be in an account, got ${accounts}`)
    if (told.has(touchId)) throw new RangeError(`touch ${touchId} is told twice`)
    told.add(touchId)
  }
}
