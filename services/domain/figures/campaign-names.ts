import { joinSql, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/** What a cost that says nothing of them has from its campaign. */
const CAMPAIGN_ATTRIBUTES = ['channel', 'team', 'region', 'segment', 'product'] as const

const lastSaid = (value: string, field: string, given: string): string =>
  `argMaxIf(${value}, said, ${given} OR has(c.cleared, '${field}')) AS ${field}`

/**
 * One row per campaign that was planned or has an alias: (campaign, planned, channel, team, region, segment, product, budget, currency, starts_on, ends_on,
 * aliases [(said, system, alias)]), each as the last event said that spoke of it. `budget` is in minor units of `currency`, 0 for none.
 */
export const campaigns = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT campaign, planned, channel, team, region, segment, product, budget, currency, toDate32OrNull(starts_on) AS first_date, toDate32OrNull(ends_on) AS last_date,
    -- of what was said of one campaign and name the last is in force
    arrayMap(a -> (a.1, a.2, a.3), arrayFilter(a -> a.4 = 1 AND NOT arrayExists(b -> b.2 = a.2 AND b.3 = a.3 AND b.1 > a.1, told), told)) AS aliases
  FROM (
    SELECT subject AS campaign, max(type = 'campaign-planned') AS planned,
      ${{ parts: [[...CAMPAIGN_ATTRIBUTES, 'starts_on', 'ends_on'].map(name => lastSaid(`c.${name}`, name, `c.${name} != ''`)).join(', ')] }},
      argMaxIf(c.budget_minor, said, c.currency != '' OR has(c.cleared, 'budget_minor')) AS budget, argMaxIf(c.currency, said, c.currency != '') AS currency,
      arraySort(groupArrayIf((said, c.system, c.alias, type = 'campaign-alias-added'), c.alias != '')) AS told
    FROM (
      SELECT type, subject, (occurred_at, recorded_at, event_id) AS said,
        JSONExtract(payload, ${{ parts: [CAMPAIGN] }}) AS c
      FROM ${recordFacts}
      WHERE type IN ('campaign-planned', 'campaign-changed', 'campaign-alias-added', 'campaign-alias-removed')
    )
    GROUP BY campaign
  )`

const CAMPAIGN = `'Tuple(${[...CAMPAIGN_ATTRIBUTES, 'starts_on', 'ends_on', 'currency', 'system', 'alias'].map(name => `${name} String`).join(', ')}, budget_minor Int64, cleared Array(String))'`

const MEANT = joinSql(
  CAMPAIGN_ATTRIBUTES.map(name => ({ parts: [name] })),
  ', ',
)

/** Every system, after those that a name was given in. */
const ANYWHERE: Sql = sql`'*'`

/**
 * (name, meanings): every name of a campaign, its id and its aliases, with what it means where: [(system, campaign, channel, team, region, segment, product)],
 * to be read up to the first that fits. An id means its campaign whatever else it is an alias of; of several campaigns that claim a name in one system the
 * one said last has it; in a system that does not know the name it means what it means in all others, if that is one campaign.
 */
export const campaignNames = (sources: FigureSources): Sql => sql`
  SELECT name,
    if(ways[1].1 = '', [(${ANYWHERE}, ways[1].2.1, ways[1].2.2, ways[1].2.3, ways[1].2.4, ways[1].2.5, ways[1].2.6)],
      arrayMap(w -> (w.3, w.2.1, w.2.2, w.2.3, w.2.4, w.2.5, w.2.6), if(arrayUniq(arrayMap(w -> w.2.1, ways)) = 1, arrayPushBack(ways, ('x', ways[1].2, ${ANYWHERE})), ways))) AS meanings
  FROM (
    SELECT name, arraySort(groupArray((if(system = '=', '', 'x'), meant, system))) AS ways
    FROM (
      SELECT named.2 AS system, named.3 AS name, argMax((campaign, ${MEANT}), named.1) AS meant
      FROM (
        SELECT campaign, ${MEANT},
          arrayJoin(if(planned = 1, arrayPushBack(aliases, ((toDateTime64(0, 6, 'UTC'), toDateTime64(0, 3, 'UTC'), ''), '=', campaign)), aliases)) AS named
        FROM (${campaigns(sources)})
      )
      GROUP BY system, name
    )
    GROUP BY name
  )`

/** Of `meanings` the one that fits a system: a tuple as there, of empty strings where the name means nothing. */
export const meantIn = (system: Sql): Sql => sql`arrayFirst(m -> m.1 = ${system} OR m.1 = ${ANYWHERE}, meanings)`
