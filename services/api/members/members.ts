import { z } from 'zod'
import { saidOfRecords } from '../../domain/figures/records.ts'
import type { Store } from '../../store/port.ts'
import { instantOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { byBytes } from '../../domain/bytes.ts'

const text = z.string().default('')

export const Member = z
  .object({
    member_id: z.string(),
    function: text,
    role: text,
    team: text,
    manager_id: text,
    zone: text,
    calendar: text,
    region: text,
    capacity_leads: z.int().nullable().default(null).describe('Leads that the member can work on at a time'),
    capacity_minutes: z.int().nullable().default(null).describe('Working minutes a week for leads and deals'),
    approver: z.boolean().default(false),
    delegates: z.array(z.string()).default([]),
    permissions: z.array(z.string()).default([]).describe('Event types that the member may send beyond those of the role'),
    person_id: text.describe('The member as a person, where touches name them'),
    attributes: z.record(z.string(), z.string()).default({}),
    active: z.boolean().default(false),
    since: z.string().describe('When first heard of'),
  })
  .meta({ id: 'Member', description: 'Who works here, as of a day' })
export type Member = z.output<typeof Member>

const Row = z.object({ payload: z.string(), occurred_ms: z.coerce.number() })
const MemberId = z.object({ member_id: z.string() })
const Payload = z.record(z.string(), z.unknown())

/** Every member as known at `as_of`, in the order of ids. What is said of a member is all of it: the last word replaces the one before. */
export const readMembers = async (store: Store, { sources }: Pick<AnswerContext, 'sources'>): Promise<readonly Member[]> => {
  const rows = await store.read(saidOfRecords(sources, ['member-changed']))
  const said = Map.groupBy(
    rows.map(row => Row.parse(row)),
    ({ payload }) => MemberId.parse(JSON.parse(payload)).member_id,
  )
  return [...said]
    .flatMap(([member_id, about]) => {
      const [first, last] = [about[0], about.at(-1)]
      if (first === undefined || last === undefined) return []
      return [Member.parse({ ...Payload.parse(JSON.parse(last.payload)), member_id, since: instantOf(first.occurred_ms) })]
    })
    .toSorted((a, b) => byBytes(a.member_id, b.member_id))
}
