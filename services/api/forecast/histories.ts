import { z } from 'zod'
import type { CallSaid } from '../../domain/forecast/calls.ts'
import { dayOfDate } from '../../domain/forecast/days.ts'
import type { AccountSaid, DealHistory, ExclusionSaid, Move, RateSaid } from '../../domain/forecast/history.ts'
import type { TargetSaid } from '../../domain/forecast/targets.ts'
import { changedSince } from '../../domain/figures/credit-cells.ts'
import { accountAttributes, dealMoves, forecastRecords } from '../../domain/figures/deal-moves.ts'
import { bind } from '../../domain/sql.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'
import { callOf, targetOf } from './said.ts'

/** All that a forecast is made from: deals, rates, targets and calls, each with when it was known. */
export type ForecastHistory = {
  readonly deals: DealHistory
  readonly targets: readonly TargetSaid[]
  readonly calls: readonly CallSaid[]
}

export type HistoryReader = {
  /** What was known at the answer's instant; later knowledge may be in it too, every reader filters by `recorded`. */
  readonly of: (context: AnswerContext) => Promise<ForecastHistory>
}

const Text = z.string()
const MoveTuple = z
  .tuple([
    z.coerce.number(),
    z.coerce.number(),
    Text,
    Text,
    Text,
    Text,
    Text,
    Text,
    Text,
    Text,
    Text,
    Text,
    z.union([z.number(), z.string()]).nullable(),
    Text,
    z.number().nullable(),
    Text,
    Text,
    z.array(Text),
  ])
  .transform(
    ([
      at,
      recorded,
      id,
      type,
      account,
      stage,
      pipeline,
      dealType,
      product,
      owner,
      team,
      category,
      amount,
      currency,
      closeDay,
      outcome,
      into,
      cleared,
    ]): Move => ({
      at,
      recorded,
      id,
      type,
      account,
      stage,
      pipeline,
      dealType,
      product,
      owner,
      team,
      category,
      amount: amount === null ? null : Number(amount),
      currency,
      closeDay,
      outcome,
      into,
      cleared,
    }),
  )
const DealRow = z.object({ deal_id: Text, moves: z.array(MoveTuple) })
const AccountRow = z.object({
  account: Text,
  said: z.array(
    z
      .tuple([z.coerce.number(), z.coerce.number(), Text, Text, Text, z.array(Text)])
      .transform(([at, recorded, , region, segment, cleared]): AccountSaid => ({ at, recorded, region, segment, cleared })),
  ),
})
const RecordRow = z.object({ type: Text, subject: Text, event_id: Text, at: z.coerce.number(), recorded: z.coerce.number(), payload: Text })

const RatePayload = z.object({ base_currency: Text, quote_currency: Text, rate_on: z.union([z.number(), Text]), rate: z.coerce.string() })
const ExclusionPayload = z.object({ excluded: z.boolean().default(false), reason: Text.default('') })

const rateOf = (at: number, recorded: number, payload: unknown): RateSaid[] => {
  const rate = RatePayload.safeParse(payload)
  if (!rate.success) return []
  const { base_currency: base, quote_currency: quote, rate_on: on, rate: units } = rate.data
  const day = typeof on === 'number' ? on : dayOfDate(on)
  return Number.isInteger(day) && /^\d+(\.\d+)?$/.test(units) ? [{ at, recorded, base, quote, day, rate: units }] : []
}

export const readHistory = async (store: Store, { sources }: Pick<AnswerContext, 'sources'>): Promise<ForecastHistory> => {
  const limits = { maxMemoryBytes: 4 * 2 ** 30, maxSeconds: 60 }
  const [dealRows, accountRows, recordRows] = await Promise.all([
    store.read(dealMoves(sources), limits),
    store.read(accountAttributes(sources), limits),
    store.read(forecastRecords(sources), limits),
  ])
  const rates: RateSaid[] = []
  const exclusions: ExclusionSaid[] = []
  const targets: TargetSaid[] = []
  const calls: CallSaid[] = []
  for (const row of recordRows) {
    const { type, subject, event_id, at, recorded, payload: text } = RecordRow.parse(row)
    const payload: unknown = JSON.parse(text)
    if (type === 'fx-rate-recorded') rates.push(...rateOf(at, recorded, payload))
    else if (type === 'record-excluded') {
      const said = ExclusionPayload.safeParse(payload)
      if (said.success) exclusions.push({ at, recorded, record: subject, ...said.data })
    } else if (type === 'target-set') targets.push(...targetOf(at, recorded, event_id, payload))
    else calls.push(...callOf(at, recorded, event_id, payload))
  }
  return {
    deals: {
      deals: dealRows.map(row => DealRow.parse(row)).map(({ deal_id, moves }) => ({ id: deal_id, moves })),
      accounts: new Map(accountRows.map(row => AccountRow.parse(row)).map(({ account, said }) => [account, said])),
      rates,
      exclusions,
    },
    targets,
    calls,
  }
}

const MAX_HELD = 4
type Held = { readonly history: Promise<ForecastHistory>; readonly asOf: number }

const Changed = z.object({ changed: z.coerce.number() })

/**
 * Holds the histories of the latest tenants asked for while nothing of them changes: one reading serves every origin, every `as_of` before it, and every question
 * about forecast and bridge. An earlier `as_of` is answered from a held history of later knowledge, because each word has the instant at which it was known, unless
 * something was recorded since, which may be history.
 */
export const createHistoryReader = ({ store }: { readonly store: Store }): HistoryReader => {
  const held = new Map<string, Held>()
  const isUnchanged = async (tenant: string, after: number): Promise<boolean> => {
    const [row] = await store.read(changedSince(bind.string(tenant), bind.instant(after), null))
    return Changed.parse(row).changed === 0
  }
  return {
    of: async context => {
      const { tenant, observedTo, keptSince } = context
      const known = held.get(tenant)
      if (known !== undefined) {
        const serves = keptSince === null ? observedTo <= known.asOf && (await isUnchanged(tenant, known.asOf)) : known.asOf >= keptSince
        if (serves) return known.history
      }
      const history = readHistory(store, context)
      // what is known later serves earlier questions too, not the other way round
      if (keptSince === null) return history
      held.delete(tenant)
      held.set(tenant, { history, asOf: observedTo })
      history.catch(() => held.delete(tenant))
      const [oldest] = held.keys()
      if (held.size > MAX_HELD && oldest !== undefined) held.delete(oldest)
      return history
    },
  }
}
