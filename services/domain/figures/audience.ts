import { bind, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/**
 * (node, subject, account): whom nodes mean: the person of an email, a person itself, an account, the account of a domain. More than one row of a node: more than one is known
 * by it. Nobody whose record is erased is known.
 */
export const knownSubjects = ({ identities, recordFacts, linkFacts, asOf }: FigureSources, nodes: readonly string[]): Sql => {
  const wanted = bind.strings(nodes)
  return sql`
    SELECT DISTINCT node, subject, account
    FROM (
      SELECT subject AS node, persons[1] AS subject, if(account = '', '', concat('account:', account)) AS account
      FROM ${identities}
      WHERE subject IN (${wanted}) AND length(persons) = 1 AND valid_from <= ${asOf} AND valid_to > ${asOf}
      UNION ALL
      SELECT DISTINCT subject AS node, subject, subject AS account
      FROM ${recordFacts}
      WHERE type = 'account-updated' AND subject IN (${wanted})
      UNION ALL
      SELECT DISTINCT concat('domain:', domain) AS node, subject, subject AS account
      FROM (SELECT subject, arrayJoin(domains) AS domain FROM ${linkFacts} WHERE relation = 'domains' AND subject LIKE 'account:%' AND linked = 1)
      WHERE concat('domain:', domain) IN (${wanted})
    )
    WHERE subject NOT IN (SELECT concat('person:', JSONExtractString(payload, 'person_id')) FROM ${recordFacts} WHERE type = 'person-erased')
    ORDER BY node, subject, account`
}

/** (subject): who is on a campaign's lists: the last word about each decides. */
export const audienceSubjects = ({ recordFacts }: FigureSources, campaign: string): Sql => sql`
  SELECT subject
  FROM (
    SELECT member AS subject, argMax(type = 'campaign-audience-added', (occurred_at, recorded_at, event_id)) AS is_on
    FROM (
      SELECT type, occurred_at, recorded_at, event_id, arrayJoin(JSONExtract(payload, 'subjects', 'Array(String)')) AS member
      FROM ${recordFacts}
      WHERE type IN ('campaign-audience-added', 'campaign-audience-removed') AND subject = ${bind.string(campaign)}
    )
    GROUP BY member
  )
  WHERE is_on
  ORDER BY subject`
