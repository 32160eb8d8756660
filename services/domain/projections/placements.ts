import { type Sql, sql } from '../sql.ts'
import { everKnown, everValid, foreverKnown, foreverValid, linkStretches } from './in-force.ts'

export type PlacementsInputs = {
  readonly linkFacts: Sql
  readonly roots: Sql
  /** (tenant, person): the persons to compute. */
  readonly persons: Sql
  readonly asOf: Sql
}

/** (tenant, node, domain, known_from, known_to): which business email domains a person or an account had, by what was known. */
const domainStretches = ({ linkFacts, where }: { readonly linkFacts: Sql; readonly where: Sql }): Sql => sql`
  SELECT tenant, node, arrayJoin(stretch.1) AS domain, stretch.2 AS known_from, stretch.3 AS known_to
  FROM (
    SELECT tenant, node,
      arrayFilter(s -> s.2 < s.3, arrayMap((fact, next, i) -> (arraySort(f -> (f.3, f.1, f.2), arraySlice(facts, 1, i))[-1].4, fact.1, next),
        facts, arrayPushBack(arrayPopFront(arrayMap(f -> f.1, facts)), ${foreverKnown}), arrayEnumerate(facts))) AS stretches
    FROM (
      SELECT tenant, subject AS node, arraySort(f -> (f.1, f.2), groupArray((recorded_at, event_id, occurred_at, domains))) AS facts
      FROM ${linkFacts}
      WHERE relation = 'domains' AND ${where}
      GROUP BY tenant, subject
    )
  )
  ARRAY JOIN stretches AS stretch`

/** (tenant, person, root, member, known_from, known_to): everybody with the same root as the person, and the person. */
const clusters = ({ roots, persons }: { readonly roots: Sql; readonly persons: Sql }): Sql => sql`
  SELECT r.tenant AS tenant, r.person AS person, r.root AS root, if(m.node = '', r.root, m.node) AS member,
    if(m.node = '', r.known_from, greatest(r.known_from, m.known_from)) AS known_from,
    if(m.node = '', r.known_to, least(r.known_to, m.known_to)) AS known_to
  FROM (
    SELECT p.tenant AS tenant, p.person AS person, if(n.node = '', p.person, n.root) AS root,
      if(n.node = '', ${everKnown}, n.known_from) AS known_from, if(n.node = '', ${foreverKnown}, n.known_to) AS known_to
    FROM (SELECT DISTINCT tenant, person FROM (${persons})) AS p
    LEFT JOIN (SELECT tenant, node, root, known_from, known_to FROM ${roots} WHERE startsWith(node, 'person:')) AS n ON n.tenant = p.tenant AND n.node = p.person
  ) AS r
  LEFT JOIN (SELECT tenant, node, root, known_from, known_to FROM ${roots} WHERE startsWith(node, 'person:')) AS m ON m.tenant = r.tenant AND m.root = r.root
  WHERE known_from < known_to`

/**
 * What the evidence says about where a person belongs (design D6), one row per person: tuples (root, account node, strength, valid_from,
 * valid_to, known_from, known_to), sorted. A person shares the accounts of everybody merged with it; each account is replaced by what it
 * was merged into. `identities` lays the tuples over one another.
 */
export const placements = ({ linkFacts, roots, persons, asOf }: PlacementsInputs): Sql => {
  // everybody whose evidence bears on the persons: those who ever shared a root with them
  const near = sql`
    ${persons}
    UNION DISTINCT SELECT tenant, node FROM ${roots} WHERE (tenant, root) IN (SELECT tenant, root FROM ${roots} WHERE (tenant, node) IN (${persons}))`
  return sql`
    SELECT tenant, person, arraySort(arrayDistinct(groupArrayArray(arrayConcat(
      if(member = person, [(root, '', toUInt8(0), ${everValid}, ${foreverValid}, cluster_from, cluster_to)], []),
      if(account != '' AND known_from < known_to, [(root, account, toUInt8(strength), valid_from, valid_to, known_from, known_to)], [])
    )))) AS placements
    FROM (
      SELECT e.tenant AS tenant, e.person AS person, e.root AS root, e.member AS member, e.cluster_from AS cluster_from, e.cluster_to AS cluster_to,
        if(a.node = '', e.account, a.root) AS account, e.strength AS strength, e.valid_from AS valid_from, e.valid_to AS valid_to,
        if(a.node = '', e.known_from, greatest(e.known_from, a.known_from)) AS known_from,
        if(a.node = '', e.known_to, least(e.known_to, a.known_to)) AS known_to
      FROM (
        SELECT c.tenant AS tenant, c.person AS person, c.root AS root, c.member AS member, c.known_from AS cluster_from, c.known_to AS cluster_to,
          n.account AS account, n.strength AS strength, n.valid_from AS valid_from, n.valid_to AS valid_to,
          greatest(c.known_from, n.known_from) AS known_from, least(c.known_to, n.known_to) AS known_to
        FROM (${clusters({ roots, persons })}) AS c
        LEFT JOIN (
          SELECT tenant, subject AS member, target AS account, 1 AS strength, valid_from, valid_to, known_from, known_to
          FROM (${linkStretches({ linkFacts, where: sql`recorded_at <= ${asOf} AND startsWith(target, 'account:') AND (tenant, subject) IN (${near})` })})
          UNION ALL
          SELECT d.tenant AS tenant, d.node AS member, a.node AS account, 2 AS strength, ${everValid} AS valid_from, ${foreverValid} AS valid_to,
            greatest(d.known_from, a.known_from) AS known_from, least(d.known_to, a.known_to) AS known_to
          FROM (${domainStretches({ linkFacts, where: sql`recorded_at <= ${asOf} AND startsWith(subject, 'person:') AND (tenant, subject) IN (${near})` })}) AS d
          INNER JOIN (${domainStretches({ linkFacts, where: sql`recorded_at <= ${asOf} AND startsWith(subject, 'account:')` })}) AS a
            ON a.tenant = d.tenant AND a.domain = d.domain
          WHERE known_from < known_to
        ) AS n ON n.tenant = c.tenant AND n.member = c.member
      ) AS e
      LEFT JOIN (SELECT tenant, node, root, known_from, known_to FROM ${roots} WHERE startsWith(node, 'account:')) AS a ON a.tenant = e.tenant AND a.node = e.account
    )
    GROUP BY tenant, person`
}
