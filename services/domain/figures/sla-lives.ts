import type { Definitions } from '../definitions/definitions.ts'
import { countedTouches } from '../projections/counted-touches.ts'
import { bind, type Bound, type Sql, sql } from '../sql.ts'
import { ECHOES } from './sales-touches.ts'
import type { FigureSources } from './sources.ts'
import { touchRules } from './touch-rules.ts'

/** What is read: everything, or of some persons, with all that their touches and their accounts' records can stand under; of deals those of a condition on a row of `deal_journey` named j. */
export type LivesQuestion = {
  readonly sources: FigureSources
  readonly definitions: Definitions
  readonly of: LivesOf | null
}
export type LivesOf = {
  readonly persons: readonly string[]
  readonly subjects: readonly string[]
  readonly accounts: readonly string[]
  /** Events of the persons that say more than their facts. */
  readonly eventIds: readonly string[]
}

const micros = (instant: Sql): Sql => sql`toUnixTimestamp64Micro(${instant})`
const knownMicros = (instant: Sql): Sql => sql`(toUnixTimestamp64Milli(${instant}) * 1000)`

/** Persons whose leads ever were worked: everybody else has no clock. Of some persons by their names, which the keys of the tables are looked up by. */
const workedBy = (subject: Sql, { sources: { leadFacts }, of }: Omit<LivesQuestion, 'definitions'>): Sql =>
  of === null
    ? sql`${subject} IN (SELECT DISTINCT subject FROM ${leadFacts} WHERE type IN ('lead-assigned', 'lead-stage-changed'))`
    : sql`${subject} IN (${bind.strings(of.persons)})`

/** (person, root, account, because, opened, opened_by, ended, outcome, channel, stages, entered, stage_ids): journeys as arrays, one item a journey. */
export const lifeJourneys = (question: LivesQuestion): Sql => {
  const { personJourney, roots } = question.sources
  return sql`
    SELECT j.person AS person, if(r.node = '', j.person, r.root) AS root, j.account AS account, toString(j.excluded_because) AS because,
      arrayMap(x -> ${micros(sql`x`)}, j.opened_at) AS opened, j.opened_by AS opened_by, arrayMap(x -> ${micros(sql`x`)}, j.ended_at) AS ended,
      j.outcome AS outcome, j.channel AS channel, j.stages AS stages, arrayMap(ss -> arrayMap(x -> ${micros(sql`x`)}, ss), j.entered_at) AS entered,
      j.stage_event_ids AS stage_ids
    FROM ${personJourney} AS j
    LEFT JOIN ${roots} AS r ON r.node = j.person
    WHERE ${workedBy(sql`j.person`, question)}
    ORDER BY person`
}

const WITH_PAYLOAD = ['lead-assigned', 'lead-accepted', 'lead-rejected', 'lead-created']

/** (event_id): events of the persons whose payload says more than their facts. */
export const wordyEvents = (question: Omit<LivesQuestion, 'definitions'>): Sql => sql`
  SELECT event_id FROM ${question.sources.leadFacts} WHERE type IN (${bind.strings(WITH_PAYLOAD)}) AND ${workedBy(sql`subject`, question)}`

/** (person, events): what was said of each lead, in order: (at, recorded_at, id, type, stage, owner, class, reason, source, handoff, team, queue, lead). */
export const lifeEvents = (question: LivesQuestion): Sql => {
  const { leadFacts, events } = question.sources
  const ofTheirs = workedBy(sql`subject`, question)
  return sql`
    SELECT person, arraySort(groupArray((at, known_at, event_id, type, stage, owner, reason_class, reason, lead_source, said.1, said.2, said.3, said.4))) AS events
    FROM (
      SELECT f.subject AS person, ${micros(sql`f.occurred_at`)} AS at, ${knownMicros(sql`f.recorded_at`)} AS known_at, f.event_id AS event_id,
        toString(f.type) AS type, toString(f.stage) AS stage, toString(f.owner) AS owner, toString(f.reason_class) AS reason_class, toString(f.reason) AS reason,
        toString(f.lead_source) AS lead_source, e.said AS said
      FROM (SELECT * FROM ${leadFacts} WHERE ${ofTheirs}) AS f
      LEFT JOIN (
        SELECT event_id, JSONExtract(payload, 'Tuple(handoff String, team String, queue String, lead_id String)') AS said
        FROM ${events}
        WHERE type IN (${bind.strings(WITH_PAYLOAD)}) AND event_id IN (${question.of === null ? wordyEvents(question) : bind.strings(question.of.eventIds)})
      ) AS e ON e.event_id = f.event_id
    )
    GROUP BY person
    ORDER BY person`
}

/** (root, mqls, returns): the instants in a person's life that touches are looked up for. */
const anchors = (question: LivesQuestion): Sql => {
  const { sources, definitions } = question
  const stage = definitions.stageMap.stages.find(({ name }) => name === 'mql') ?? definitions.stageMap.stages[0]
  return sql`
    SELECT root, arraySort(groupUniqArrayIf(at, is_mql)) AS mqls, arraySort(groupUniqArrayIf(at, is_return)) AS returns
    FROM (
      SELECT if(r.node = '', f.subject, r.root) AS root, ${micros(sql`f.occurred_at`)} AS at,
        f.type = 'lead-stage-changed' AND f.stage IN (${bind.strings([stage?.name ?? '', ...(stage?.lead_stages ?? [])])}) AS is_mql,
        f.type IN ('lead-rejected', 'lead-recycled') AS is_return
      FROM ${sources.leadFacts} AS f
      LEFT JOIN ${sources.roots} AS r ON r.node = f.subject
      WHERE ${workedBy(sql`f.subject`, question)}
    )
    GROUP BY root`
}

/**
 * (root, work, engagements, nurtures): touches of those who work leads and customers, in order, (at, recorded_at, id, type, channel, member, team, direction,
 * outcome); the last response up to each entry of MQL, and the first touch of marketing from each return on, each with the instant that it is of.
 */
export const lifeTouches = (question: LivesQuestion): Sql => {
  const { sources, definitions } = question
  const responses = sql`touch_type IN (${bind.strings(definitions.responses.touch_types)})`
  const isWork = sql`automatic = 0 AND (team IN ('sales', 'success') OR member != '') AND touch_type NOT IN (${bind.strings(ECHOES)})`
  const isNurture = sql`team = 'marketing' AND direction = 'outbound' AND touch_type != 'impression'`
  const touches = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`notEmpty(persons)${question.of === null ? sql`` : sql` AND subject IN (${bind.strings(question.of.subjects)})`} AND (${isWork} OR (automatic = 0 AND ${responses}) OR (${isNurture}))`,
    rules: touchRules(sources, definitions),
  })
  return sql`
    SELECT a.root AS root, t.work AS work,
      arrayMap(m -> (m, arrayLast(r -> r.1 <= m, t.responses)), a.mqls) AS engagements,
      arrayMap(m -> (m, arrayFirst(r -> r.1 >= m, t.nurtures)), a.returns) AS nurtures
    FROM (${anchors(question)}) AS a
    INNER JOIN (
      SELECT person, arraySort(groupUniqArrayIf((at, known_at, touch_id, touch_type, channel, member, team, direction, outcome), is_work)) AS work,
        arraySort(groupUniqArrayIf((at, touch_id), is_response)) AS responses, arraySort(groupUniqArrayIf((at, touch_id), is_nurture)) AS nurtures
      FROM (
        SELECT arrayJoin(persons) AS person, ${micros(sql`occurred_at`)} AS at, ${knownMicros(sql`recorded_at`)} AS known_at, touch_id,
          toString(touch_type) AS touch_type, toString(channel) AS channel, toString(member) AS member, toString(team) AS team, toString(direction) AS direction,
          toString(outcome) AS outcome, ${isWork} AS is_work, automatic = 0 AND ${responses} AS is_response, ${isNurture} AS is_nurture
        FROM (SELECT * FROM ${touches})
      )
      WHERE ${question.of === null ? sql`person IN (SELECT root FROM (${anchors(question)}))` : sql`person IN (${bind.strings(question.of.subjects)})`}
      GROUP BY person
    ) AS t ON t.person = a.root
    ORDER BY root`
}

/** (subject, title, persona, email, country, company, industry, employees, region): since when each is known of a person or account; 0: it is not. */
export const lifeKnowledge = (question: LivesQuestion): Sql => {
  const { recordFacts } = question.sources
  const { of } = question
  const ofTheirs =
    of === null ? sql`` : sql` AND subject IN (${bind.strings([...of.persons, ...of.accounts.map(account => `account:${account}`)])})`
  const since = (known: Sql): Sql => sql`minIf(at, ${known})`
  return sql`
    SELECT subject, ${since(sql`said.1 != ''`)} AS title, ${since(sql`said.2 != ''`)} AS persona, ${since(sql`said.3 != '' OR said.4 != ''`)} AS email,
      ${since(sql`said.5 != ''`)} AS country, ${since(sql`said.6 != '' OR type = 'account-updated'`)} AS company, ${since(sql`said.7 != ''`)} AS industry,
      ${since(sql`said.8 > 0`)} AS employees, ${since(sql`said.9 != ''`)} AS region
    FROM (
      SELECT subject, type, ${micros(sql`occurred_at`)} AS at, JSONExtract(payload,
        'Tuple(title String, persona String, email_hash String, email_domain String, country String, name String, industry String, employees Int64, region String)') AS said
      FROM ${recordFacts}
      WHERE type IN ('person-created', 'person-updated', 'account-updated')${ofTheirs}
    )
    GROUP BY subject
    ORDER BY subject`
}

/** (subject, scored): buckets as they were scored, in order: (at, recorded_at, id, bucket). */
export const lifeBuckets = (question: LivesQuestion): Sql => sql`
  SELECT subject, arraySort(groupArrayIf((at, known_at, event_id, bucket), bucket != '')) AS scored
  FROM (
    SELECT subject, ${micros(sql`occurred_at`)} AS at, ${knownMicros(sql`recorded_at`)} AS known_at, event_id,
      JSONExtract(payload, 'Tuple(bucket String, fit String, readiness String)') AS said,
      multiIf(said.1 != '', said.1, said.2 != '' AND said.3 != '', concat(said.2, '/', said.3), '') AS bucket
    FROM ${question.sources.recordFacts}
    WHERE type = 'score-recorded' AND ${workedBy(sql`subject`, question)}
  )
  GROUP BY subject
  ORDER BY subject`

/** (type, at, known_at, event_id, payload): members, excuses, escalations and signatures, in order. */
export const slaRecords = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT toString(type) AS type, ${micros(sql`occurred_at`)} AS at, ${knownMicros(sql`recorded_at`)} AS known_at, event_id, payload
  FROM ${recordFacts}
  WHERE type IN ('member-changed', 'sla-clock-excused', 'sla-escalated', 'audit-signed')
  ORDER BY occurred_at, recorded_at, event_id`

/** (deal_id, account, won_at, event_id, work): deals of new business that were won, with what success did with the account from then on. */
export const wonDeals = ({ sources, definitions }: Omit<LivesQuestion, 'of'>, deals: Sql | null): Sql => {
  const { dealJourney, roots } = sources
  const touches = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`account != '' AND automatic = 0 AND (team = 'success' OR member != '') AND touch_type NOT IN (${bind.strings(ECHOES)})`,
    rules: touchRules(sources, definitions),
  })
  return sql`
    SELECT d.deal_id AS deal_id, d.account AS account, d.won_at AS won_at, d.event_id AS event_id, arraySort(groupUniqArrayIf(t.touch, t.touch.1 >= d.won_at AND t.touch.3 != '')) AS work
    FROM (
      SELECT j.deal_id AS deal_id, if(r.node = '', toString(j.account), substring(r.root, 9)) AS account, ${micros(sql`assumeNotNull(j.closed_at)`)} AS won_at, j.closed_event_id AS event_id
      FROM ${dealJourney} AS j
      LEFT JOIN ${roots} AS r ON r.node = concat('account:', j.account)
      WHERE j.outcome = 'won' AND j.counted = 1 AND isNotNull(j.closed_at) AND j.deal_type IN ('new-business', '')${deals === null ? sql`` : sql` AND (${deals})`}
    ) AS d
    LEFT JOIN (
      SELECT account, (${micros(sql`occurred_at`)}, ${knownMicros(sql`recorded_at`)}, touch_id, toString(touch_type), toString(channel), toString(member), toString(team),
        toString(direction), toString(outcome)) AS touch
      FROM (SELECT * FROM ${touches})
    ) AS t ON t.account = d.account
    GROUP BY deal_id, account, won_at, event_id
    ORDER BY deal_id`
}

/** (kind, key) of what was recorded of a tenant in (after, to], at most `most`. */
export const changedKeys = (tenant: Bound, after: Bound, to: Bound, most: Bound): Sql => sql`
  SELECT toString(kind) AS kind, key FROM changes
  WHERE appended_at > ${after} AND appended_at <= ${to} AND tenant = ${tenant}
  GROUP BY kind, key
  ORDER BY kind, key
  LIMIT ${most}`

/**
 * (person): whose clocks can be others since kept tables were as of `after` (ms): the journeys that were written since, whom changed touches are by, the persons
 * that changed records are of or that an account's records are of, and everybody who became one of them. Of kept tables only: they say when a row was written.
 */
export const personsReached = (
  { personJourney, accountTouches, identities, roots }: FigureSources,
  { after, touched, records }: { readonly after: number; readonly touched: readonly string[]; readonly records: readonly string[] },
): Sql => sql`
  SELECT DISTINCT arrayJoin([reached, r.node]) AS person
  FROM (
    SELECT person AS reached FROM ${personJourney} WHERE version > ${bind.uint(after)}
    UNION DISTINCT SELECT arrayJoin(persons) AS reached FROM ${accountTouches} WHERE version > ${bind.uint(after)}
    UNION DISTINCT SELECT arrayJoin(persons) AS reached FROM ${identities} WHERE subject IN (${bind.strings(touched)})
    UNION DISTINCT SELECT person AS reached FROM ${personJourney} WHERE concat('account:', account) IN (${bind.strings(records)})
    UNION DISTINCT SELECT arrayJoin(${bind.strings([...touched, ...records])}) AS reached
  ) AS c
  LEFT JOIN ${roots} AS r ON r.root = c.reached
  WHERE startsWith(person, 'person:')`

/** (subject): by what else persons were ever known; their touches may stand under it. */
export const aliasesOf = ({ linkFacts }: FigureSources, persons: readonly string[]): Sql => sql`
  SELECT DISTINCT subject FROM ${linkFacts} WHERE relation = 'link' AND target IN (${bind.strings(persons)}) ORDER BY subject`

/** (account): where subjects belong or belonged. */
export const accountsOf = ({ identities }: FigureSources, subjects: readonly string[]): Sql => sql`
  SELECT DISTINCT account FROM ${identities} WHERE subject IN (${bind.strings(subjects)}) AND account != '' ORDER BY account`

/** Deals of some accounts, as a condition on a row of `deal_journey` named j. */
export const ofAccounts = (accounts: readonly string[]): Sql => sql`j.account IN (${bind.strings(accounts)})`
