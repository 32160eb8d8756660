import { createHash } from 'node:crypto'
import { z } from 'zod'
import { bind, sql } from '../domain/sql.ts'
import type { Codec } from '../log/codec.ts'
import type { EventLog } from '../log/port.ts'
import { recordKey } from '../log/record-key.ts'
import type { TopicNames } from '../log/topics.ts'
import type { Store } from '../store/port.ts'
import type { FoundKeys } from './compute.ts'

const EXACT_EMAIL_RULE = 'exact-email@1'

const DuplicateRow = z.object({ tenant: z.string(), persons: z.array(z.string()) })

/**
 * Persons with the same email address are one person: says so in the log as `person-merged` events of rule exact-email@1, from the later id into the
 * first in byte order. The event's id follows from the two persons, so saying it twice counts once, and a person's unmerging it by hand, being said later, stands.
 */
export const mergeExactEmails = async ({
  log,
  store,
  codec,
  topics,
  from,
  to,
  whole,
  identified,
  now,
}: {
  readonly log: EventLog
  readonly store: Store
  readonly codec: Codec
  readonly topics: TopicNames
  readonly from: number
  readonly to: number
  /** Tenants that went live in the step: of theirs it counts whatever was known before. */
  readonly whole: readonly string[]
  /** Whose identity the step computed. */
  readonly identified: FoundKeys | null
  readonly now: () => number
}): Promise<number> => {
  if (identified === null || identified.named?.some(({ key }) => key.startsWith('email:')) === false) return 0
  const rows = await store.read(sql`
    SELECT tenant, persons FROM identities FINAL
    WHERE startsWith(subject, 'email:') AND (tenant, subject) IN (${identified.keys}) AND length(persons) > 1 AND version = ${bind.uint(to)} AND known_from <= ${bind.instant(to)} AND known_to > ${bind.instant(to)}
      AND (known_from > ${bind.instant(from)} OR tenant IN (${bind.strings(whole)}))`)
  const merges = rows.flatMap(row => {
    const { tenant, persons } = DuplicateRow.parse(row)
    const [into, ...others] = persons.map(person => person.slice('person:'.length))
    return into === undefined ? [] : others.map(person => ({ tenant, person, into }))
  })
  if (merges.length === 0) return 0
  await log.append(
    merges.map(({ tenant, person, into }) => ({
      topic: topics.leads,
      key: recordKey(tenant, `person:${person}`),
      value: codec.encode({
        type: 'person-merged',
        event_id: `${EXACT_EMAIL_RULE}/${createHash('sha256')
          .update(JSON.stringify([person, into]))
          .digest('hex')}`,
        tenant,
        occurred_at: now() * 1000,
        known_at: null,
        source: 'accord',
        actor: 'accord',
        person_id: person,
        into_person_id: into,
        rule: EXACT_EMAIL_RULE,
      }),
    })),
  )
  return merges.length
}
