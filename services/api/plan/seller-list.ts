import { z } from 'zod'
import { sellers } from '../../domain/figures/targets.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'

const Member = z.object({
  function: z.string(),
  role: z.string().default(''),
  team: z.string().default(''),
  manager_id: z.string().default(''),
  capacity_leads: z.number().nullable().default(null),
  capacity_minutes: z.number().nullable().default(null),
  // kept as said: false is left out
  active: z.boolean().default(false),
})
const Row = z.object({ member: z.string(), payload: z.string(), open: z.coerce.number() })

export type Known = z.output<typeof Member> & {
  readonly member: string
  /** Leads that the member works on now. */
  readonly open: number
}

/** Who develops leads. */
export const DEVELOPMENT: readonly string[] = ['sdr', 'bdr']

/** Everybody who works here, as last said; whoever has left is not among them. */
export const readSellers = async (
  store: Store,
  { sources }: AnswerContext,
): Promise<{ readonly members: readonly Known[]; readonly unreadable: number }> => {
  let unreadable = 0
  const members = (await store.read(sellers(sources))).flatMap((row): Known[] => {
    const { member, payload, open } = Row.parse(row)
    const said = Member.safeParse(JSON.parse(payload))
    if (!said.success) unreadable += 1
    return said.success && said.data.active ? [{ member, open, ...said.data }] : []
  })
  return { members, unreadable }
}
