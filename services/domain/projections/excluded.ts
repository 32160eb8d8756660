import { type Sql, sql } from '../sql.ts'

export type ExcludedInputs = {
  /** Facts; those of `record-excluded` are looked at. */
  readonly recordFacts: Sql
  readonly roots: Sql
  readonly asOf: Sql
  /** Condition on the column `tenant`. */
  readonly tenants: Sql
}

/**
 * (tenant, record, reason): the nodes that do not count as of the knowledge time (metrics C7). The last word on a record decides; what was merged
 * into an excluded one is out with it. A record's own reason goes before that of its root.
 */
export const excludedRecords = ({ recordFacts, roots, asOf, tenants }: ExcludedInputs): Sql => {
  const said = sql`
    SELECT tenant, record, if(word.2 = '', 'excluded', word.2) AS why
    FROM (
      -- an event that takes the exclusion back has no field excluded
      SELECT tenant, subject AS record, argMax((JSONExtractBool(payload, 'excluded'), JSONExtractString(payload, 'reason')), (occurred_at, recorded_at, event_id)) AS word
      FROM ${recordFacts}
      WHERE ${tenants} AND type = 'record-excluded' AND recorded_at <= ${asOf}
      GROUP BY tenant, subject
    )
    WHERE word.1`
  return sql`
    SELECT tenant, record, argMin(why, (distance, why)) AS reason
    FROM (
      SELECT tenant, record, why, 0 AS distance FROM (${said})
      UNION ALL
      SELECT r.tenant AS tenant, r.node AS record, e.why AS why, 1 AS distance
      FROM (SELECT tenant, node, root FROM ${roots} WHERE ${tenants} AND known_from <= ${asOf} AND known_to > ${asOf}) AS r
      INNER JOIN (${said}) AS e ON e.tenant = r.tenant AND e.record = r.root
    )
    GROUP BY tenant, record`
}
