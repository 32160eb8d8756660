import { z } from 'zod'
import { byBytes } from '../../domain/bytes.ts'
import { targetsInForce } from '../../domain/figures/targets.ts'
import { isIsoDate, parsePeriod } from '../../domain/periods.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'

/** A date is written as text, or as days since the epoch. */
const Day = z
  .union([z.string(), z.number().transform(days => new Date(days * 86_400_000).toISOString().slice(0, 10))])
  .refine(isIsoDate)
  .nullish()
const Said = z.object({
  target_id: z.string(),
  metric: z.string(),
  period: z.string(),
  from_on: Day,
  to_on: Day,
  amount_minor: z.coerce.number().nullish(),
  currency: z.string().default(''),
  count: z.coerce.number().nullish(),
  ratio_ppm: z.number().nullish(),
  team: z.string().default(''),
  owner_id: z.string().default(''),
  segment: z.string().default(''),
  region: z.string().default(''),
  product: z.string().default(''),
  pipeline: z.string().default(''),
  channel: z.string().default(''),
  withdrawn: z.boolean().default(false),
})

export const TARGET_DIMENSIONS = ['team', 'owner', 'segment', 'region', 'product', 'pipeline', 'channel'] as const
type TargetDimension = (typeof TARGET_DIMENSIONS)[number]

export type Target = {
  readonly id: string
  readonly eventId: string
  readonly metric: string
  readonly period: string
  /** Dates, `to` exclusive. */
  readonly from: string
  readonly to: string
  readonly value: number
  readonly unit: 'money' | 'count' | 'ratio'
  readonly currency: string
  /** Only those that the target names. */
  readonly dims: Readonly<Partial<Record<TargetDimension, string>>>
}

const Row = z.object({ event_id: z.string(), payload: z.string() })

/** The targets in force as known at as_of, in order of period, metric and id; those whose period nobody can read are left out and counted. */
export const readTargets = async (
  store: Store,
  { sources, settings }: AnswerContext,
): Promise<{ readonly targets: readonly Target[]; readonly excluded: Record<string, number> }> => {
  const targets: Target[] = []
  const excluded: Record<string, number> = {}
  for (const row of await store.read(targetsInForce(sources))) {
    const { event_id: eventId, payload } = Row.parse(row)
    const said = Said.safeParse(JSON.parse(payload))
    if (!said.success) {
      excluded['unreadable'] = (excluded['unreadable'] ?? 0) + 1
      continue
    }
    const {
      target_id: id,
      metric,
      period,
      from_on,
      to_on,
      amount_minor,
      count,
      ratio_ppm,
      currency,
      withdrawn,
      owner_id,
      ...named
    } = said.data
    if (withdrawn) continue
    const fiscal = parsePeriod(period, settings.fiscal)
    const from = from_on ?? (fiscal.ok ? fiscal.value.from : null)
    const to = to_on ?? (fiscal.ok ? fiscal.value.to : null)
    const value = amount_minor ?? count ?? (typeof ratio_ppm === 'number' ? ratio_ppm / 1_000_000 : null)
    if (from === null || to === null || value === null || from >= to) {
      excluded['unreadable'] = (excluded['unreadable'] ?? 0) + 1
      continue
    }
    const all = {
      team: named.team,
      owner: owner_id,
      segment: named.segment,
      region: named.region,
      product: named.product,
      pipeline: named.pipeline,
      channel: named.channel,
    }
    targets.push({
      id,
      eventId,
      metric,
      period,
      from,
      to,
      value,
      unit: typeof amount_minor === 'number' ? 'money' : typeof count === 'number' ? 'count' : 'ratio',
      currency,
      dims: Object.fromEntries(Object.entries(all).filter(([, name]) => name !== '')),
    })
  }
  const key = ({ from, metric, id }: Target): string => `${from} ${metric} ${id}`
  return { targets: targets.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)), excluded }
}

/**
 * Of targets of one metric those that together are the company's: they are often set by team and again by region, so of those that cut it in the same way one set is taken, the one with
 * the fewest cuts.
 */
export const wholeOf = (targets: readonly Target[]): readonly Target[] => {
  const cutsOf = ({ dims }: Target): string => Object.keys(dims).toSorted(byBytes).join()
  const sets = [...Map.groupBy(targets, cutsOf)]
  const [fewest] = sets.toSorted(([a], [b]) => a.split(',').filter(Boolean).length - b.split(',').filter(Boolean).length || byBytes(a, b))
  return fewest?.[1] ?? []
}
