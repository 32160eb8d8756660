import { capacity, type CapacityNeed, type Seller } from '../../domain/plan/capacity.ts'
import type { Store } from '../../store/port.ts'
import type { FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { type Derived, partTerms, type Proof, type Term } from './derived.ts'
import { DEVELOPMENT, readSellers } from './seller-list.ts'

export const CAPACITY_DEFINITION = 'capacity@1'

/** Places and hours of those who work on leads against the leads that come. */
export const capacityAnswer = async (store: Store, context: AnswerContext, need: CapacityNeed): Promise<Derived> => {
  const { flags } = context
  const { members, unreadable } = await readSellers(store, context)
  // whoever of sales was given places for leads works on them too
  const found = members.flatMap(
    ({ member, function: works, role, team, open, capacity_leads: leads, capacity_minutes: minutes }): Seller[] =>
      DEVELOPMENT.includes(role) || (works === 'sales' && leads !== null) ? [{ member, team, leads, minutes, open }] : [],
  )
  const all = capacity(found, need)
  const proofs = new Map<FigureRow, Proof>()
  const row = (
    measure: string,
    value: number | null,
    unit: string,
    terms: readonly Term[],
    more: Record<string, string> = {},
    said: readonly string[] = [],
  ): FigureRow => {
    const made: FigureRow = { ...more, measure, metric: 'M97', value, unit, flags: [...flags, ...said].toSorted() }
    proofs.set(made, partTerms(value ?? 0, terms))
    return made
  }
  const one = (id: string, value: number | null, note: string): readonly Term[] => [{ id, value: value ?? 0, note }]
  /** What each of them adds. */
  const each = (of: (seller: (typeof all.sellers)[number]) => number | null, note: string): readonly Term[] =>
    all.sellers.flatMap(seller => one(seller.member, of(seller), note))
  const { leads, touchesPerLead, minutesPerTouch, weeks } = need
  return {
    rows: all.sellers.flatMap(seller => {
      const who = { member: seller.member, team: seller.team }
      const { member, open, leads: places, load } = seller
      return [
        row('open_leads', open, 'count', one(member, open, 'open journeys that feed no deal yet'), who),
        row(
          'places',
          places,
          'count',
          one(member, places, 'as the member was last described'),
          who,
          places === null ? ['capacity_missing'] : [],
        ),
        row('load', load, 'ratio', one(member, load, `${open} of ${places ?? 0}`), who, (load ?? 0) > 1 ? ['over_capacity'] : []),
      ]
    }),
    total: [
      row('leads', leads, 'count', one('leads', leads, 'as it was asked')),
      row(
        'sellers',
        all.sellers.length,
        'count',
        each(() => 1, ''),
      ),
      row('leads_per_seller', all.leadsPerSeller, 'count', one('leads', all.leadsPerSeller, `${leads} / ${all.sellers.length}`)),
      row(
        'open_leads',
        all.open,
        'count',
        each(({ open }) => open, ''),
      ),
      row(
        'places',
        all.places,
        'count',
        each(({ leads: places }) => places, ''),
      ),
      row('touches', all.touches, 'count', one('leads', all.touches, `${leads} × ${touchesPerLead}`)),
      row('hours_needed', all.hoursNeeded, 'hours', one('touches', all.hoursNeeded, `${all.touches} × ${minutesPerTouch} minutes`)),
      row(
        'hours_there',
        all.hoursThere,
        'hours',
        each(({ minutes }) => ((minutes ?? 0) * weeks) / 60, `${weeks} weeks`),
        {},
        all.hoursThere === null ? ['capacity_missing'] : all.hoursThere < all.hoursNeeded ? ['over_capacity'] : [],
      ),
    ],
    excluded: unreadable > 0 ? { unreadable } : {},
    proofs,
  }
}
