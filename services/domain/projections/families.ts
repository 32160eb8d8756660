import { bind, type Sql, sql } from '../sql.ts'
import { everKnown, foreverKnown, foreverValid } from './in-force.ts'

/** Of which accounts touches count for a deal: its own, or those of its subsidiaries as well. */
export const ACCOUNT_SCOPES = ['account', 'family'] as const
export type AccountScope = (typeof ACCOUNT_SCOPES)[number]

export type FamilyInputs = {
  /** Facts; those of `account-parent-changed` are looked at. */
  readonly recordFacts: Sql
  readonly roots: Sql
  readonly tenant: string
  readonly asOf: Sql
}

/**
 * (ancestor, account, valid_from, valid_to): from when to when an account was a subsidiary, at any remove, as known at `asOf`. Accounts are what they were merged into. Of
 * what was said of an account's parent the last by (occurred_at, recorded_at, event_id) holds until the next; above an account stands nobody twice, so a circle ends.
 */
export const subsidiaries = ({ recordFacts, roots, tenant, asOf }: FamilyInputs): Sql => {
  const own = bind.string(tenant)
  const rootOf = sql`SELECT node, root FROM ${roots} WHERE tenant = ${own} AND startsWith(node, 'account:') AND known_from <= ${asOf} AND known_to > ${asOf}`
  return sql`
    WITH RECURSIVE steps AS (
      SELECT child, step.1 AS parent, step.2 AS valid_from, step.3 AS valid_to
      FROM (
        SELECT child, arrayFilter(s -> s.1 NOT IN ('', child) AND s.2 < s.3, arrayMap((s, next) -> (s.4, s.1, next), said,
          arrayPushBack(arrayPopFront(arrayMap(s -> s.1, said)), ${foreverValid}))) AS stretches
        FROM (
          SELECT substring(if(c.node = '', f.subject, c.root), 9) AS child, arraySort(groupArray((f.occurred_at, f.recorded_at, f.event_id, substring(if(p.node = '', f.parent, p.root), 9)))) AS said
          FROM (
            SELECT subject, occurred_at, recorded_at, event_id, concat('account:', JSONExtractString(payload, 'parent_account_id')) AS parent
            FROM ${recordFacts}
            WHERE tenant = ${own} AND type = 'account-parent-changed' AND recorded_at <= ${asOf}
          ) AS f
          LEFT JOIN (${rootOf}) AS c ON c.node = f.subject
          LEFT JOIN (${rootOf}) AS p ON p.node = f.parent
          GROUP BY child
        )
      )
      ARRAY JOIN stretches AS step
    ),
    above AS (
      SELECT child AS account, parent AS ancestor, [child, parent] AS path, valid_from, valid_to FROM steps
      UNION ALL
      SELECT a.account, s.parent AS ancestor, arrayPushBack(a.path, s.parent) AS path, greatest(a.valid_from, s.valid_from) AS valid_from, least(a.valid_to, s.valid_to) AS valid_to
      FROM above AS a
      INNER JOIN steps AS s ON s.child = a.ancestor
      WHERE NOT has(a.path, s.parent) AND greatest(a.valid_from, s.valid_from) < least(a.valid_to, s.valid_to)
    )
    SELECT ancestor, account, valid_from, valid_to FROM above`
}

/** The same once for a statement, however often it is looked at: (account, above), `above` as [(ancestor, valid_from, valid_to)]. */
const familiesOf = (inputs: FamilyInputs): Sql => sql`
  SELECT family.1 AS account, family.2 AS above
  FROM (SELECT arrayJoin((SELECT arraySort(groupArray((account, above))) FROM (
    SELECT account, arraySort(groupArray((ancestor, valid_from, valid_to))) AS above FROM (${subsidiaries(inputs)}) GROUP BY account ORDER BY account))) AS family)`

const TOUCH = sql`tenant, occurred_at, touch_id, subject, persons, accounts, recorded_at, touch_type, channel, campaign, utm_source, utm_medium, content, outcome, direction, team,
  automatic, member`

/**
 * Rows of `account_touches` as of the knowledge time, to be read after FROM, under each account that was above theirs when they happened as well; `in_scope` says under how many
 * accounts of the family a touch is, which it is there once: who works for two subsidiaries counts for both.
 */
export const familyTouches = (inputs: FamilyInputs & { readonly accountTouches: Sql }): Sql => {
  const { accountTouches, tenant, asOf } = inputs
  return sql`(
    SELECT ${TOUCH}, scope AS account, toUInt16(count()) AS in_scope, ${everKnown} AS known_from, ${foreverKnown} AS known_to
    FROM (
      SELECT ${TOUCH}, arrayJoin(arrayPushFront(arrayMap(a -> a.1, arrayFilter(a -> a.2 <= occurred_at AND occurred_at < a.3, above)), own)) AS scope
      FROM (
        SELECT t.*, toString(t.account) AS own, f.above AS above
        FROM (SELECT * FROM ${accountTouches} WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf} AND account != '') AS t
        LEFT JOIN (${familiesOf(inputs)}) AS f ON f.account = t.account
      )
    )
    GROUP BY ${TOUCH}, scope
  )`
}

/** Rows of `identities` as of the knowledge time, to be read after FROM, under each account that was above theirs as well. */
export const familyIdentities = (inputs: FamilyInputs & { readonly identities: Sql }): Sql => {
  const { identities, tenant, asOf } = inputs
  return sql`(
    SELECT tenant, subject, persons, place.1 AS account, accounts, place.2 AS valid_from, place.3 AS valid_to, known_from, known_to
    FROM (
      SELECT i.tenant AS tenant, i.subject AS subject, i.persons AS persons, i.accounts AS accounts, i.known_from AS known_from, i.known_to AS known_to,
        arrayPushFront(arrayFilter(a -> a.2 < a.3, arrayMap(a -> (a.1, greatest(a.2, i.valid_from), least(a.3, i.valid_to)), f.above)), (toString(i.account), i.valid_from, i.valid_to)) AS places
      FROM (
        SELECT tenant, subject, persons, account, accounts, valid_from, valid_to, known_from, known_to FROM ${identities}
        WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf}
      ) AS i
      LEFT JOIN (${familiesOf(inputs)}) AS f ON f.account = i.account
    )
    ARRAY JOIN places AS place
  )`
}
