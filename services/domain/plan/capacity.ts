import { ratio } from '../figures/rates.ts'

export type Seller = {
  readonly member: string
  readonly team: string
  /** Leads that the member can work on at a time; null where nobody said. */
  readonly leads: number | null
  /** Working minutes a week. */
  readonly minutes: number | null
  /** Leads that the member works on now. */
  readonly open: number
}

export type SellerLoad = Seller & {
  /** Open leads over capacity. */
  readonly load: number | null
  readonly free: number | null
}

export type CapacityNeed = {
  /** Leads that have to be worked in the period. */
  readonly leads: number
  readonly touchesPerLead: number
  readonly minutesPerTouch: number
  readonly weeks: number
}

export type Capacity = {
  readonly sellers: readonly SellerLoad[]
  /** Of those whose capacity is known. */
  readonly places: number
  readonly open: number
  readonly leadsPerSeller: number | null
  readonly touches: number
  readonly hoursNeeded: number
  /** Null where nobody's hours are known. */
  readonly hoursThere: number | null
}

/** Places for leads against those that come, and the hours that their touches take against those that there are. */
export const capacity = (sellers: readonly Seller[], need: CapacityNeed): Capacity => {
  const touches = need.leads * need.touchesPerLead
  const timed = sellers.filter(seller => seller.minutes !== null)
  return {
    sellers: sellers.map(seller => ({
      ...seller,
      load: seller.leads === null ? null : ratio(seller.open, seller.leads),
      free: seller.leads === null ? null : Math.max(0, seller.leads - seller.open),
    })),
    places: sellers.reduce((sum, seller) => sum + (seller.leads ?? 0), 0),
    open: sellers.reduce((sum, seller) => sum + seller.open, 0),
    leadsPerSeller: ratio(need.leads, sellers.length),
    touches,
    hoursNeeded: (touches * need.minutesPerTouch) / 60,
    hoursThere: timed.length === 0 ? null : (timed.reduce((sum, seller) => sum + (seller.minutes ?? 0), 0) * need.weeks) / 60,
  }
}
