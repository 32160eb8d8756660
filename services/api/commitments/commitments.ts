import { z } from 'zod'
import { saidOfRecords } from '../../domain/figures/records.ts'
import { dateAt } from '../../domain/periods.ts'
import { foldRecord } from '../../domain/records/fold.ts'
import type { Store } from '../../store/port.ts'
import { instantOf, Whole } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { byBytes } from '../../domain/bytes.ts'

export const COMMITMENT_STATES = ['open', 'kept', 'missed', 'dropped'] as const

const text = z.string().default('')

export const Commitment = z
  .object({
    commitment_id: z.string(),
    title: text,
    description: text,
    owner_id: text,
    function: text,
    counterpart_id: text,
    made_on: z.string().describe('Day in the tenant’s zone'),
    due_on: z.string().nullable().default(null),
    meeting_id: text,
    review_id: text,
    metric: text,
    target_minor: Whole.nullable().default(null),
    currency: text,
    target_count: Whole.nullable().default(null),
    target_ppm: z.int().nullable().default(null),
    status: z.enum(COMMITMENT_STATES).default('open'),
    overdue: z.boolean().describe('Open after its last day, on the day of as_of'),
    reason: text,
    decided_at: z.string().nullable().describe('When it was last said to be kept, missed or dropped'),
  })
  .meta({ id: 'Commitment', description: 'Who promised what to whom, and what became of it' })
export type Commitment = z.output<typeof Commitment>

const Row = z.object({ subject: z.string(), type: z.string(), payload: z.string(), occurred_ms: z.coerce.number() })
const Payload = z.record(z.string(), z.unknown())
const Standing = z.object({ status: z.enum(COMMITMENT_STATES).default('open'), due_on: z.string().nullable().default(null) })

/** Every commitment as known at `as_of`, in the order in which they are due, those without a day last. */
export const readCommitments = async (store: Store, { sources, settings, observedTo }: AnswerContext): Promise<readonly Commitment[]> => {
  const rows = await store.read(saidOfRecords(sources, ['commitment-made', 'commitment-changed']))
  const today = dateAt(observedTo, settings.zone)
  const said = Map.groupBy(
    rows.map(row => Row.parse(row)),
    ({ subject }) => subject,
  )
  return [...said]
    .flatMap(([id, about]) => {
      const facts = about.map(({ payload, ...rest }) => ({ ...rest, payload: Payload.parse(JSON.parse(payload)) }))
      const made = facts.find(({ type }) => type === 'commitment-made')
      if (made === undefined) return []
      const known = foldRecord(facts)
      const { status, due_on } = Standing.parse(known)
      const decided = facts.findLast(({ payload }) => Standing.parse(payload).status !== 'open')
      return [
        Commitment.parse({
          ...known,
          commitment_id: id,
          made_on: dateAt(made.occurred_ms, settings.zone),
          overdue: status === 'open' && due_on !== null && due_on < today,
          decided_at: status === 'open' || decided === undefined ? null : instantOf(decided.occurred_ms),
        }),
      ]
    })
    .toSorted((a, b) => byBytes(a.due_on ?? '9999', b.due_on ?? '9999') || byBytes(a.commitment_id, b.commitment_id))
}
