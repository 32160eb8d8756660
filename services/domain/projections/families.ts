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

const TOUCH = sql`tenant, occurred_at, touch_id, subject, persons, accounts, recorded_at, touch_type, channel, campaign, utm_source, utm_medium, content, outcome, direction, team,
  automatic, member`

/**
 * Rows of `account_touches` as of the knowledge time, to be read after FROM, under each account that was above theirs when they happened as well; `in_scope` says under how many
 * accounts of the family a touch is, which it is there once: who works for two subsidiaries counts for both.
 */
export const familyTouches = (inputs: FamilyInputs & { readonly accountTouches: Sql }): Sql => {
  const { accountTouches, tenant, asOf } = inputs
  const family = subsidiaries(inputs)
  const known = sql`SELECT * FROM ${accountTouches} WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf} AND account != ''`
  return sql`(
    SELECT ${TOUCH}, account, toUInt16(1) AS in_scope, ${everKnown} AS known_from, ${foreverKnown} AS known_to
    FROM (${known} AND account NOT IN (SELECT ancestor FROM (${family})))
    UNION ALL
    SELECT ${TOUCH}, account, toUInt16(count()) AS in_scope, ${everKnown} AS known_from, ${foreverKnown} AS known_to
    FROM (
      SELECT ${TOUCH}, account FROM (${known} AND account IN (SELECT ancestor FROM (${family})))
      UNION ALL
      SELECT ${TOUCH}, f.ancestor AS account
      FROM (${known} AND account IN (SELECT account FROM (${family}))) AS t
      INNER JOIN (${family}) AS f ON f.account = t.account
      WHERE f.valid_from <= t.occurred_at AND t.occurred_at < f.valid_to
    )
    GROUP BY ${TOUCH}, account
  )`
}

/** Rows of `identities` as of the knowledge time, to be read after FROM, under each account that was above theirs as well. */
export const familyIdentities = (inputs: FamilyInputs & { readonly identities: Sql }): Sql => {
  const { identities, tenant, asOf } = inputs
  const known = sql`SELECT tenant, subject, persons, account, accounts, valid_from, valid_to, known_from, known_to FROM ${identities}
    WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf}`
  return sql`(
    ${known}
    UNION ALL
    SELECT i.tenant AS tenant, i.subject AS subject, i.persons AS persons, f.ancestor AS account, i.accounts AS accounts,
      greatest(i.valid_from, f.valid_from) AS valid_from, least(i.valid_to, f.valid_to) AS valid_to, i.known_from AS known_from, i.known_to AS known_to
    FROM (${known} AND account IN (SELECT account FROM (${subsidiaries(inputs)}))) AS i
    INNER JOIN (${subsidiaries(inputs)}) AS f ON f.account = i.account
    WHERE greatest(i.valid_from, f.valid_from) < least(i.valid_to, f.valid_to)
  )`
}
