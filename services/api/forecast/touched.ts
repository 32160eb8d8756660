import { z } from 'zod'
import { lastTouches, mergedAccounts } from '../../domain/figures/last-touches.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'

const Touched = z.object({ account: z.string(), touched: z.coerce.number() })
const Merged = z.object({ account: z.string(), into: z.string() })

export type TouchedReader = (context: AnswerContext) => Promise<ReadonlyMap<string, number>>

const MAX_HELD = 4
type Held = { readonly touched: Promise<ReadonlyMap<string, number>>; readonly asOf: number }

/** When accounts were last touched (µs; metrics M90). The latest answers are held while nothing of their tenant changes: looking through all touches takes longer than a forecast. */
export const createTouchedReader = (store: Store): TouchedReader => {
  const held = new Map<string, Held>()
  const read = async ({ sources, definitions }: AnswerContext): Promise<ReadonlyMap<string, number>> => {
    const [touches, merged] = await Promise.all([store.read(lastTouches(sources, definitions)), store.read(mergedAccounts(sources))])
    const touched = new Map(touches.map(row => Touched.parse(row)).map(({ account, touched: at }) => [account, at]))
    for (const { account, into } of merged.map(row => Merged.parse(row))) {
      const at = touched.get(into)
      if (at !== undefined) touched.set(account, Math.max(at, touched.get(account) ?? 0))
    }
    return touched
  }
  return context => {
    const { tenant, observedTo, keptSince } = context
    if (keptSince === null) return read(context)
    const known = held.get(tenant)
    if (known !== undefined && known.asOf >= keptSince && known.asOf <= observedTo) return known.touched
    const touched = read(context)
    held.delete(tenant)
    held.set(tenant, { touched, asOf: observedTo })
    touched.catch(() => held.delete(tenant))
    const [oldest] = held.keys()
    if (held.size > MAX_HELD && oldest !== undefined) held.delete(oldest)
    return touched
  }
}
