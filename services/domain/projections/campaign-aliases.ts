import { type Sql, sql } from '../sql.ts'

/**
 * (alias, campaign): which campaign a name means that touches use (design D6), as known at `asOf`. Of what was said of one campaign and name in one
 * system the last word decides; of the campaigns that then claim the name there, the one said last has it. Touches do not say a system: a name that
 * means different campaigns in two systems means none. An id of a planned campaign means that campaign, whatever else it is an alias of.
 * One step: nothing is reached over a second alias.
 */
export const campaignAliases = ({
  recordFacts,
  asOf,
  tenant,
}: {
  readonly recordFacts: Sql
  readonly asOf: Sql
  /** Condition on the column `tenant`, of one tenant. */
  readonly tenant: Sql
}): Sql => sql`
  SELECT alias, min(meant) AS campaign
  FROM (
    SELECT system, alias, argMax(claimed, said) AS meant
    FROM (
      SELECT system, alias, claimed, argMax(type, at) AS word, max(at) AS said
      FROM (
        SELECT JSONExtractString(payload, 'system') AS system, JSONExtractString(payload, 'alias') AS alias, subject AS claimed, toString(type) AS type,
          (occurred_at, recorded_at, event_id) AS at
        FROM ${recordFacts}
        WHERE ${tenant} AND type IN ('campaign-alias-added', 'campaign-alias-removed') AND recorded_at <= ${asOf}
      )
      GROUP BY system, alias, claimed
      HAVING word = 'campaign-alias-added'
    )
    GROUP BY system, alias
  )
  WHERE alias != '' AND alias NOT IN (SELECT subject FROM ${recordFacts} WHERE ${tenant} AND type = 'campaign-planned' AND recorded_at <= ${asOf})
  GROUP BY alias
  HAVING min(meant) = max(meant)`
