import { z } from 'zod'
import { sellers } from '../../domain/figures/targets.ts'
import { capacity, type CapacityNeed, type Seller } from '../../domain/plan/capacity.ts'
import type { Store } from '../../store/port.ts'
import type { FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Figures } from '../figure-route.ts'

const Member = z.object({
  function: z.string(),
  role: z.string().default(''),
  team: z.string().default(''),
  capacity_leads: z.number().nullish(),
  capacity_minutes: z.number().nullish(),
  // kept as said: false is left out
  active: z.boolean().default(false),
})
const Row = z.object({ member: z.string(), payload: z.string(), open: z.coerce.number() })

/** Who works on leads: development roles, and whoever of sales was given places for leads. */
const DEVELOPMENT: readonly string[] = ['sdr', 'bdr']

/** Places and hours of those who work on leads against the leads that come. */
export const capacityAnswer = async (store: Store, { sources, flags }: AnswerContext, need: CapacityNeed): Promise<Figures> => {
  const excluded: Record<string, number> = {}
  const found = (await store.read(sellers(sources))).flatMap((row): Seller[] => {
    const { member, payload, open } = Row.parse(row)
    const said = Member.safeParse(JSON.parse(payload))
    if (!said.success) {
      excluded['unreadable'] = (excluded['unreadable'] ?? 0) + 1
      return []
    }
    const { role, team, active, capacity_leads: leads = null, capacity_minutes: minutes = null } = said.data
    if (!active || !(DEVELOPMENT.includes(role) || (said.data.function === 'sales' && leads !== null))) return []
    return [{ member, team, leads, minutes, open }]
  })
  const all = capacity(found, need)
  const row = (
    measure: string,
    value: number | null,
    unit: string,
    more: Record<string, string> = {},
    said: readonly string[] = [],
  ): FigureRow => ({
    ...more,
    measure,
    metric: 'M97',
    value,
    unit,
    flags: [...flags, ...said].toSorted(),
  })
  return {
    rows: all.sellers.flatMap(seller => {
      const who = { member: seller.member, team: seller.team }
      return [
        row('open_leads', seller.open, 'count', who),
        row('places', seller.leads, 'count', who, seller.leads === null ? ['capacity_missing'] : []),
        row('load', seller.load, 'ratio', who, (seller.load ?? 0) > 1 ? ['over_capacity'] : []),
      ]
    }),
    total: [
      row('leads', need.leads, 'count'),
      row('sellers', all.sellers.length, 'count'),
      row('leads_per_seller', all.leadsPerSeller, 'count'),
      row('open_leads', all.open, 'count'),
      row('places', all.places, 'count'),
      row('touches', all.touches, 'count'),
      row('hours_needed', all.hoursNeeded, 'hours'),
      row(
        'hours_there',
        all.hoursThere,
        'hours',
        {},
        all.hoursThere === null ? ['capacity_missing'] : all.hoursThere < all.hoursNeeded ? ['over_capacity'] : [],
      ),
    ],
    excluded,
  }
}
