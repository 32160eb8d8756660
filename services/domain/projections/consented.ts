import { bind, type Sql, sql } from '../sql.ts'

/** What attribution rests on: a person who refused one of these is not attributed; other purposes (sales, newsletters …) are another matter. */
const CONSENT_PURPOSES = ['marketing', 'analytics', 'profiling'] as const
/** Lawful basis of a tenant that counts nothing without consent. */
export const NO_LAWFUL_BASIS = 'none'

type ConsentInputs = {
  readonly consentFacts: Sql
  /** Rows of `account_touches` that may count, read after FROM with their WHERE. */
  readonly touches: Sql
  readonly roots: Sql
  readonly tenant: string
  readonly asOf: Sql
  /** Whether touches without a record of consent count. */
  readonly lawful: boolean
  /** The channel of a row of the touches. */
  readonly channel: Sql
}

/**
 * A condition on (subject, touch_id): were all the persons of the touch content with it when it happened (metric M53)? Of the records of a person, and of
 * everybody merged into it, that hold for the touch's channel or for all, the last until the touch decides for each purpose; a permission that
 * has ended by then is none. Without a record the tenant's lawful basis decides.
 */
export const consentedTouches = ({ consentFacts, touches, roots, tenant, asOf, lawful, channel }: ConsentInputs): Sql => {
  const own = bind.string(tenant)
  const said = sql`
    SELECT if(r.node = '', c.subject, r.root) AS person, arraySort(groupArray((occurred_at, recorded_at, event_id, toString(purpose), toString(channel), granted, expires_at))) AS said
    FROM (SELECT * FROM ${consentFacts} WHERE tenant = ${own} AND recorded_at <= ${asOf} AND purpose IN (${bind.strings(CONSENT_PURPOSES)})) AS c
    LEFT JOIN (SELECT node, root FROM ${roots} WHERE tenant = ${own} AND known_from <= ${asOf} AND known_to > ${asOf}) AS r ON r.node = c.subject
    GROUP BY person`
  const judged = sql`
    SELECT subject, touch_id, heard,
      -- of what was heard of a purpose the last counts
      arrayExists(s -> (s.6 = 0 OR s.7 <= occurred_at) AND NOT arrayExists(later -> later.4 = s.4 AND (later.1, later.2, later.3) > (s.1, s.2, s.3), heard), heard) AS refused
    FROM (
      SELECT t.subject AS subject, t.touch_id AS touch_id, t.occurred_at AS occurred_at,
        arrayFilter(s -> s.1 <= t.occurred_at AND (s.5 = '' OR s.5 = t.meant), c.said) AS heard
      FROM (SELECT subject, touch_id, occurred_at, ${channel} AS meant, arrayJoin(persons) AS person FROM ${touches}) AS t
      ${lawful ? sql`INNER JOIN` : sql`LEFT JOIN`} (${said}) AS c ON c.person = t.person
    )`
  return lawful
    ? sql`(subject, touch_id) NOT IN (SELECT subject, touch_id FROM (${judged}) WHERE refused)`
    : sql`(subject, touch_id) IN (SELECT subject, touch_id FROM (${judged}) GROUP BY subject, touch_id HAVING min(notEmpty(heard) AND NOT refused) = 1)`
}
