import { type Conversion, dealConversionsAt, type Model, SHIPPED } from './deal-credit.ts'
import type { Facts } from './facts.ts'

/** Millionths of a conversion by channel. */
export type ByChannel = ReadonlyMap<string, number>

/** M56 of all time by channel under each of some models, looking back so many days; what no touch earned under (unattributed). */
export const conversionsByChannel = (
  facts: Facts,
  asOf: number,
  { conversion, model, lookbackDays }: { readonly conversion: Conversion; readonly model: Model; readonly lookbackDays: number },
): ByChannel => {
  const found = new Map<string, number>()
  const add = (channel: string, credit: number): void => void found.set(channel, (found.get(channel) ?? 0) + credit)
  for (const deal of dealConversionsAt(facts, asOf, { ...SHIPPED, lookbackDays })) {
    if (deal.conversion !== conversion || deal.provisional || deal.model !== model) continue
    if (deal.missing !== '') add('(unattributed)', 1_000_000)
    for (const { channel, credit } of deal.touches) if (credit > 0) add(channel === '' ? '(none)' : channel, credit)
  }
  return found
}

/** M60: half of all differences between two ways to share one whole. */
export const apart = (one: ByChannel, other: ByChannel): number | null => {
  const whole = (of: ByChannel): number => [...of.values()].reduce((sum, credit) => sum + credit, 0)
  const share = (of: ByChannel, channel: string): number => (of.get(channel) ?? 0) / whole(of)
  if (whole(one) === 0 || whole(other) === 0) return null
  const channels = new Set([...one.keys(), ...other.keys()])
  return [...channels].reduce((sum, channel) => sum + Math.abs(share(one, channel) - share(other, channel)), 0) / 2
}
