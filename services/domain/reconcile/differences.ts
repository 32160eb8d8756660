/** What a system says that a deal is at one instant. Values are minor units of one currency, converted by the same rates on both sides; null: no amount, or no rate for it. */
export type Stated = {
  readonly id: string
  readonly state: 'open' | 'won' | 'lost'
  /** Month of the close date, planned or real; '' where there is none. */
  readonly month: string
  readonly value: bigint | null
  /** As it was said, before conversion. */
  readonly said: bigint | null
  readonly currency: string
  readonly deleted: boolean
}

/** The same here, with why it may not count. */
export type StatedHere = Stated & {
  /** Why the record is left out: deleted, merged, test …; '' where it counts. */
  readonly because: string
  /** Its type is one that is asked for. */
  readonly typed: boolean
  /** It was in a stage of pipeline; only those are open pipeline. */
  readonly qualified: boolean
  /** The stage map knows the stage that it is in. */
  readonly mapped: boolean
}

export const REASONS = [
  'missing_here',
  'missing_there',
  'deleted',
  'merged',
  'excluded',
  'late',
  'status',
  'open_type',
  'unmapped',
  'close_date',
  'currency',
  'amount',
] as const
export type Reason = (typeof REASONS)[number]
export type Measure = 'won' | 'open'

/** What a deal adds to a month of a measure. */
type Part = { readonly measure: Measure; readonly month: string; readonly value: bigint }

/** One named piece of a difference: here − there. */
export type Difference = {
  readonly measure: Measure
  readonly month: string
  readonly reason: Reason
  readonly id: string
  readonly value: bigint
  readonly count: number
}

/** A deal that counts on one side. */
export type Counted = Part & { readonly id: string }
export type Reconciled = {
  readonly counted: { readonly there: readonly Counted[]; readonly here: readonly Counted[] }
  readonly differences: readonly Difference[]
}

const partThere = ({ state, month, value, deleted }: Stated): Part | null =>
  state === 'lost' || deleted ? null : { measure: state, month, value: value ?? 0n }

const counts = ({ because, typed, qualified, mapped, state, deleted }: StatedHere): boolean =>
  because === '' && !deleted && typed && (state === 'won' || (state === 'open' && qualified && mapped))

const partHere = (deal: StatedHere): Part | null => (deal.state !== 'lost' && counts(deal) ? partThere(deal) : null)

const same = (a: Part | null, b: Part | null): boolean =>
  a === null || b === null ? a === b : a.measure === b.measure && a.month === b.month && a.value === b.value

/** Why a deal that both know is in a measure on one side only. */
const whyNotBoth = (there: Stated, here: StatedHere): Reason => {
  if (here.because === 'deleted' || here.deleted || there.deleted) return 'deleted'
  if (here.because === 'merged') return 'merged'
  if (here.because !== '') return 'excluded'
  if (there.state !== here.state) return 'status'
  return here.typed && here.qualified && !here.mapped ? 'unmapped' : 'open_type'
}

/**
 * Every difference between what a CRM says and what is known here, by deal, measure and month, each with one name. The pieces of a month add up to here − there exactly, in value and in
 * number. `then`: the deals as they were known here when the CRM was asked; what agrees with those became known later. A deal whose close date and amount both differ has both pieces.
 */
export const differences = (there: readonly Stated[], here: readonly StatedHere[], then: readonly StatedHere[] | null): Reconciled => {
  const [crm, accord] = [new Map(there.map(deal => [deal.id, deal])), new Map(here.map(deal => [deal.id, deal]))]
  const before = new Map((then ?? []).map(deal => [deal.id, deal]))
  const found: Difference[] = []
  const counted: { readonly there: Counted[]; readonly here: Counted[] } = { there: [], here: [] }
  for (const id of new Set([...crm.keys(), ...accord.keys()])) {
    const [c, a] = [crm.get(id), accord.get(id)]
    const [was, is] = [c === undefined ? null : partThere(c), a === undefined ? null : partHere(a)]
    if (was !== null) counted.there.push({ ...was, id })
    if (is !== null) counted.here.push({ ...is, id })
    if (same(was, is)) continue
    const away = (reason: Reason): void => {
      // a deal is named once in a month: two pieces of it could not be told apart
      if (was !== null && is !== null && was.measure === is.measure && was.month === is.month) {
        found.push({ ...is, reason, id, value: is.value - was.value, count: 0 })
        return
      }
      if (was !== null) found.push({ ...was, reason, id, value: -was.value, count: -1 })
      if (is !== null) found.push({ ...is, reason, id, count: 1 })
    }
    if (a === undefined) away('missing_here')
    else if (then !== null && same(was, knownThen(before.get(id)))) away('late')
    else if (c === undefined) away('missing_there')
    else if (was === null || is === null || was.measure !== is.measure) away(whyNotBoth(c, a))
    else {
      if (was.month !== is.month) {
        found.push({ ...was, reason: 'close_date', id, value: -was.value, count: -1 })
        found.push({ ...is, reason: 'close_date', id, value: was.value, count: 1 })
      }
      if (was.value !== is.value) {
        // the same amount may be worth something else: in another currency, without a rate, or at another day's
        const reason = c.said === a.said || (c.currency !== a.currency && c.said !== null && a.said !== null) ? 'currency' : 'amount'
        found.push({ ...is, reason, id, value: is.value - was.value, count: 0 })
      }
    }
  }
  return { counted, differences: found }
}

const knownThen = (deal: StatedHere | undefined): Part | null => (deal === undefined ? null : partHere(deal))
