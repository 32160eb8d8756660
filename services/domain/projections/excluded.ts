import { type Sql, sql } from '../sql.ts'

type ExcludedInputs = {
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
export const excludedRecords = ({ recordFacts, roots, asOf, tenants }: ExcludedInputs): Sql => sql`
  SELECT tenant, named.1 AS record, argMin(why, (named.2, why)) AS reason
  FROM (
    SELECT e.tenant AS tenant, if(e.word.2 = '', 'excluded', e.word.2) AS why, arrayConcat([(e.record, 0)], arrayMap(node -> (node, 1), m.nodes)) AS records
    FROM (
      -- an event that takes the exclusion back has no field excluded
      SELECT tenant, subject AS record, argMax((JSONExtractBool(payload, 'excluded'), JSONExtractString(payload, 'reason')), (occurred_at, recorded_at, event_id)) AS word
      FROM ${recordFacts}
      WHERE ${tenants} AND type = 'record-excluded' AND recorded_at <= ${asOf}
      GROUP BY tenant, subject
      HAVING word.1
    ) AS e
    LEFT JOIN (
      SELECT tenant, root, arraySort(groupArray(node)) AS nodes FROM ${roots} WHERE ${tenants} AND known_from <= ${asOf} AND known_to > ${asOf} GROUP BY tenant, root
    ) AS m ON m.tenant = e.tenant AND m.root = e.record
  )
  ARRAY JOIN records AS named
  GROUP BY tenant, record`
