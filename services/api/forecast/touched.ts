import { z } from 'zod'
import { lastTouches } from '../../domain/figures/last-touches.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'

const Touched = z.object({ deal_id: z.string(), touched: z.coerce.number() })

export type TouchedReader = (context: AnswerContext) => Promise<ReadonlyMap<string, number>>

const MAX_HELD = 4
type Held = { readonly touched: Promise<ReadonlyMap<string, number>>; readonly asOf: number }

/** When open deals were last touched, by id (µs; metrics M90). The latest answers are held while nothing of their tenant changes: looking through all touches takes longer than a forecast. */
export const createTouchedReader = (store: Store): TouchedReader => {
  const held = new Map<string, Held>()
  const read = async ({ sources, definitions }: AnswerContext): Promise<ReadonlyMap<string, number>> =>
    new Map(
      (await store.read(lastTouches(sources, definitions)))
        .map(row => Touched.parse(row))
        .map(({ deal_id, touched }) => [deal_id, touched]),
    )
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
