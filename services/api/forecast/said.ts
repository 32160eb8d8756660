import { z } from 'zod'
import type { CallSaid } from '../../domain/forecast/calls.ts'
import type { TargetSaid } from '../../domain/forecast/targets.ts'

const text = z.string().default('')
/** A date as text, or as days since the epoch. */
const date = z
  .union([z.string(), z.number()])
  .nullable()
  .default(null)
  .transform(on => (typeof on === 'number' ? new Date(on * 86_400_000).toISOString().slice(0, 10) : on))
const minor = z.coerce.number().pipe(z.int()).nullable().default(null)

const Target = z.object({
  target_id: z.string(),
  metric: z.string(),
  period: z.string(),
  from_on: date,
  to_on: date,
  amount_minor: minor,
  currency: text,
  team: text,
  owner_id: text,
  segment: text,
  region: text,
  product: text,
  pipeline: text,
  channel: text,
  withdrawn: z.boolean().default(false),
})

export const targetOf = (at: number, recorded: number, eventId: string, payload: unknown): readonly TargetSaid[] => {
  const said = Target.safeParse(payload)
  if (!said.success) return []
  const { target_id: id, from_on: fromOn, to_on: toOn, amount_minor: amount, owner_id: owner, ...rest } = said.data
  return [{ at, recorded, eventId, id, fromOn, toOn, amount, owner, ...rest }]
}

const Call = z.object({
  member_id: z.string(),
  period: z.string(),
  category: text,
  amount_minor: z.coerce.number().pipe(z.int()),
  currency: z.string(),
  low_minor: minor,
  high_minor: minor,
  team: text,
  pipeline: text,
  segment: text,
})

export const callOf = (at: number, recorded: number, eventId: string, payload: unknown): readonly CallSaid[] => {
  const said = Call.safeParse(payload)
  if (!said.success) return []
  const { member_id: member, amount_minor: amount, low_minor: low, high_minor: high, ...rest } = said.data
  return [{ at, recorded, eventId, member, amount, low, high, ...rest }]
}
