import { type Sql, sql } from '../sql.ts'

export type TouchRules = {
  /** (tenant, record, reason): what does not count; null where nothing was ever excluded. */
  readonly excluded: Sql | null
  /** (alias, campaign): what campaigns are meant; null where there never was an alias. */
  readonly campaigns: Sql | null
}

export type CountedInputs = {
  readonly accountTouches: Sql
  /** Which touches are wanted. */
  readonly where: Sql
  readonly rules: TouchRules
}

/** Names of a touch by which it can be excluded as a whole. */
const NAMES = sql`[concat('touch:', touch_id), subject, concat('campaign:', named), concat('campaign:', campaign)]`

const named = (rows: Sql, campaigns: Sql | null): Sql =>
  campaigns === null
    ? sql`SELECT *, toString(campaign) AS named FROM ${rows}`
    : sql`
      SELECT t.* EXCEPT (campaign), toString(t.campaign) AS named, if(a.alias = '', toString(t.campaign), a.campaign) AS campaign
      FROM (SELECT * FROM ${rows}) AS t
      LEFT JOIN (${campaigns}) AS a ON a.alias = t.campaign`

/** Rows with `hits`: which of the nodes of a touch are excluded. */
const withHits = (rows: Sql, excluded: Sql): Sql => sql`
  SELECT *, arrayFilter(node -> node IN (SELECT record FROM (${excluded})), arrayConcat(${NAMES}, persons)) AS hits
  FROM (${rows})`

const isOut = sql`(hasAny(hits, ${NAMES}) OR (notEmpty(persons) AND hasAll(hits, persons)))`

/**
 * Rows of `account_touches`, to be read after FROM: under the campaign that is meant, without the touches that are excluded, and without the excluded
 * among their persons. A touch is out when it is, or its subject, its campaign, or everybody whom it is by. Where nothing of the kind was ever
 * said the rows are read as they are kept, which is what most statements do.
 */
export const countedTouches = ({ accountTouches, where, rules: { excluded, campaigns } }: CountedInputs): Sql => {
  if (excluded === null && campaigns === null) return sql`${accountTouches} WHERE ${where}`
  const rows = named(sql`${accountTouches} WHERE ${where}`, campaigns)
  if (excluded === null) return sql`(${rows})`
  return sql`(
    SELECT * EXCEPT (hits, named) REPLACE (arrayFilter(person -> NOT has(hits, person), persons) AS persons)
    FROM (SELECT * FROM (${withHits(rows, excluded)}) WHERE empty(hits) OR NOT ${isOut}))`
}

/** (reason, touches): how many touches are left out, by the reason of the first of its names that is excluded. */
export const touchesLeftOut = ({ accountTouches, where, rules: { excluded, campaigns } }: CountedInputs): Sql | null =>
  excluded === null
    ? null
    : sql`
      SELECT e.reason AS reason, uniqExact((subject, touch_id)) AS touches
      FROM (SELECT tenant, subject, touch_id, hits[1] AS hit FROM (${withHits(named(sql`${accountTouches} WHERE ${where}`, campaigns), excluded)}) WHERE notEmpty(hits) AND ${isOut}) AS t
      INNER JOIN (${excluded}) AS e ON e.tenant = t.tenant AND e.record = t.hit
      GROUP BY reason
      ORDER BY reason`
