import { foreverValid } from '../projections/in-force.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

export type LeadSamples = {
  /** Stage of the map that is foretold, and those that come after it: a lead that was there already is not asked about. */
  readonly outcome: string
  readonly later: readonly string[]
  readonly horizonDays: number
  /**
   * `ages`: each journey so many hours after it opened, if it was still under way then and its horizon is over by `until` (ms); `now`: each open journey at that
   * instant. What is looked at is what had been recorded by the sample's own instant, whatever came to be known later.
   */
  readonly moments: { readonly ages: readonly number[]; readonly until: number } | { readonly now: number }
  /** What the company calls the stage of marketing’s own word, as its sources say it. */
  readonly mqlStages: readonly string[]
  /** Touch types by which a person acts (the document responses), beside those that are known here. */
  readonly responses: readonly string[]
  /** Whether what sales wrote after contact is looked at too: sales touches. */
  readonly includeSales: boolean
  /** One person alone; null: everybody. */
  readonly person: string | null
}

/** What touches are about, by their types; dashes and underscores are the same. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  sessions: ['web_session', 'session', 'page_view'],
  ad_clicks: ['ad_click_session', 'ad_click'],
  downloads: ['download', 'content_download'],
  events: ['webinar_attended', 'event_attended', 'webinar', 'event'],
  forms: ['form', 'form_submitted'],
  hand_raises: ['demo_request', 'contact_request', 'trial_start', 'trial_started', 'pricing_request', 'chat', 'meeting_request'],
  mail_clicks: ['email_clicked', 'email_click'],
  mail_opens: ['email_opened', 'email_open'],
  mails: ['email_sent', 'email_delivered'],
}
const DAYS = [7, 30, 365] as const

/** `seconds`: how many of the column's seconds make one of the feature's units. */
export type ScoreFeature = { readonly name: string; readonly kind: 'number' | 'count' | 'category' | 'flag'; readonly seconds?: number }

const PERSON = ['seniority', 'persona', 'department', 'region'] as const
const ACCOUNT = ['industry', 'segment', 'tier'] as const

/** What a lead is judged by, in the order of the columns of `leadSamples`. */
export const leadFeatures = (includeSales: boolean): readonly ScoreFeature[] => [
  ...Object.keys(KINDS).flatMap(kind => DAYS.map((days): ScoreFeature => ({ name: `${kind}_${days}d`, kind: 'count' }))),
  { name: 'kinds_30d', kind: 'count' },
  { name: 'days_since_response', kind: 'number', seconds: 86_400 },
  { name: 'days_known', kind: 'number', seconds: 86_400 },
  { name: 'hours_open', kind: 'number', seconds: 3_600 },
  { name: 'first_channel', kind: 'category' },
  { name: 'last_channel', kind: 'category' },
  { name: 'lead_source', kind: 'category' },
  { name: 'is_mql', kind: 'flag' },
  { name: 'journey', kind: 'count' },
  { name: 'others_responded_30d', kind: 'count' },
  { name: 'account_responses_30d', kind: 'count' },
  { name: 'account_responses_365d', kind: 'count' },
  { name: 'has_account', kind: 'flag' },
  ...PERSON.map((name): ScoreFeature => ({ name: `person_${name}`, kind: 'category' })),
  ...ACCOUNT.map((name): ScoreFeature => ({ name: `account_${name}`, kind: 'category' })),
  { name: 'employees', kind: 'number' },
  ...(includeSales ? (['sales_touches_30d', 'sales_two_way_30d'] as const).map((name): ScoreFeature => ({ name, kind: 'count' })) : []),
]

const RESPONSES: readonly string[] = Object.entries(KINDS).flatMap(([kind, types]) =>
  kind === 'mails' || kind === 'mail_opens' ? [] : types,
)
const TWO_WAY: readonly string[] = ['call_connected', 'meeting', 'meeting_held', 'reply']

/**
 * (key, touches): all touches of each person, or account, in one array: (at, type, channel, whether it is of sales, touch_id, subject, known from, known to). A touch is there once for each
 * place and stretch of knowledge that it was ever in: `knownBy` leaves what was known at a sample's instant.
 */
const touchesBy = ({ everKnown }: FigureSources, key: 'person' | 'account'): Sql => sql`
  SELECT ${key === 'person' ? sql`arrayJoin(persons)` : sql`account`} AS key,
    arraySort(t -> (t.1, t.5, t.7), groupArray((occurred_at, replaceAll(toString(touch_type), '-', '_'), toString(channel), toUInt8(team IN ('sales', 'success', 'support')), touch_id, subject,
      greatest(recorded_at, known_from), known_to))) AS touches
  FROM ${everKnown.accountTouches}
  WHERE automatic = 0 OR direction = 'outbound'
  GROUP BY key`

/** Touches that were known at the sample's moment, each once, in order. */
const knownBy = (touches: Sql): Sql =>
  sql`arraySort(t -> (t.1, t.5), arrayDistinct(arrayMap(t -> (t.1, t.2, t.3, t.4, t.5, t.6), arrayFilter(t -> t.1 <= moment AND t.7 <= moment AND t.8 > moment, ${touches}))))`

const recordsBy = ({ recordFacts }: FigureSources, types: readonly string[], names: readonly string[]): Sql => sql`
  SELECT subject AS key, arraySort(r -> (r.1, r.2, r.3), groupArray((occurred_at, recorded_at, event_id, ${joinSql(
    names.map(name => sql`JSONExtractString(payload, ${bind.string(name)})`),
    ', ',
  )}))) AS said
  FROM ${recordFacts}
  WHERE type IN (${bind.strings(types)})
  GROUP BY subject`

/** Journeys, one a row, with the instants of the outcome and of the stages after it. */
const journeys = ({ personJourney }: FigureSources, { outcome, later, person }: LeadSamples): Sql => sql`
  SELECT person, n, j.1 AS opened_at, j.2 AS ended_at,
    arrayFirst((at, stage) -> has(${bind.strings([outcome, ...later])}, stage), arrayPushBack(j.4, ${foreverValid}), arrayPushBack(j.3, ${bind.string(outcome)})) AS reached_at
  FROM (
    SELECT person, arrayZip(opened_at, ended_at, stages, entered_at) AS journeys FROM ${personJourney}
    WHERE excluded_because = '' ${person === null ? sql`` : sql`AND person = ${bind.string(person)}`}
  )
  ARRAY JOIN journeys AS j, arrayEnumerate(journeys) AS n`

const sampled = (sources: FigureSources, asked: LeadSamples): Sql => {
  const { moments, horizonDays } = asked
  const from = journeys(sources, asked)
  if ('now' in moments) {
    const now = bind.businessInstant(moments.now)
    return sql`SELECT *, ${now} AS moment FROM (${from}) WHERE opened_at <= moment AND ended_at > moment AND reached_at > moment`
  }
  const until = bind.businessInstant(moments.until - horizonDays * 86_400_000)
  return sql`
    SELECT *, toDateTime64(opened_at + toIntervalHour(age), 6, 'UTC') AS moment FROM (${from})
    ARRAY JOIN ${bind.ints(moments.ages)} AS age
    WHERE moment <= ${until} AND ended_at > moment AND reached_at > moment`
}

/**
 * One row per sample: (person, n, moment, reached, bucket, and the features of `leadFeatures`). Nothing that was recorded after `moment` is in a feature; `reached` is
 * 1 where the outcome came within the horizon after it.
 */
export const leadSamples = (sources: FigureSources, asked: LeadSamples): Sql => {
  const own = asked.includeSales ? sql`1` : sql`t.4 = 0`
  const span = (days: number): Sql => sql`t.1 > moment - toIntervalDay(${bind.int(days)})`
  const counts = Object.entries(KINDS).flatMap(([kind, types]) =>
    DAYS.map(days => sql`arrayCount(t -> ${span(days)} AND t.2 IN (${bind.strings(types)}), seen) AS ${{ parts: [`${kind}_${days}d`] }}`),
  )
  const person = PERSON.map(
    (name, i) =>
      sql`arrayLast(r -> r.2 <= moment AND r.1 <= moment AND r.${{ parts: [String(4 + i)] }} != '', p.said).${{ parts: [String(4 + i)] }} AS ${{ parts: [`person_${name}`] }}`,
  )
  const account = ACCOUNT.map(
    (name, i) =>
      sql`arrayLast(r -> r.2 <= moment AND r.1 <= moment AND r.${{ parts: [String(4 + i)] }} != '', a.said).${{ parts: [String(4 + i)] }} AS ${{ parts: [`account_${name}`] }}`,
  )
  const responses = bind.strings([...new Set([...RESPONSES, ...asked.responses.map(type => type.replaceAll('-', '_'))])])
  return sql`
    WITH ${knownBy(sql`g.touches`)} AS around
    SELECT person, n, toUnixTimestamp64Milli(moment) AS moment_ms, toUInt8(reached_at <= moment + toIntervalDay(${bind.int(asked.horizonDays)})) AS reached,
      arrayLast(r -> r.2 <= moment AND r.1 <= moment AND r.4 != '', b.said).4 AS bucket, ${joinSql(counts, ', ')},
      length(arrayDistinct(arrayMap(t -> t.2, arrayFilter(t -> ${span(30)} AND t.2 IN (${responses}), seen)))) AS kinds_30d,
      if(notEmpty(answered), dateDiff('second', answered[-1].1, moment), NULL) AS days_since_response,
      if(notEmpty(seen), dateDiff('second', seen[1].1, moment), 0) AS days_known,
      dateDiff('second', opened_at, moment) AS hours_open,
      answered[1].3 AS first_channel, answered[-1].3 AS last_channel,
      arrayLast(l -> l.2 <= moment AND l.1 <= moment AND l.4 = 'lead-created', l.said).5 AS lead_source,
      toUInt8(arrayExists(s -> s.2 <= moment AND s.1 <= moment AND s.4 = 'lead-stage-changed' AND s.6 IN (${bind.strings(asked.mqlStages)}), l.said)) AS is_mql,
      n AS journey,
      length(arrayDistinct(arrayMap(t -> t.6, arrayFilter(t -> ${span(30)} AND t.6 != person, around)))) AS others_responded_30d,
      arrayCount(t -> ${span(30)}, around) AS account_responses_30d, arrayCount(t -> ${span(365)}, around) AS account_responses_365d,
      toUInt8(place != '') AS has_account,
      ${joinSql(person, ', ')}, ${joinSql(account, ', ')},
      toInt64OrNull(arrayLast(r -> r.2 <= moment AND r.1 <= moment AND r.7 NOT IN ('', '0'), a.said).7) AS employees
      ${
        asked.includeSales
          ? sql`, arrayCount(t -> ${span(30)} AND t.4 = 1, seen) AS sales_touches_30d, arrayCount(t -> ${span(30)} AND t.4 = 1 AND t.2 IN (${bind.strings(TWO_WAY)}), seen) AS sales_two_way_30d`
          : sql``
      }
    FROM (
      SELECT s.*, arrayFilter(t -> ${own}, ${knownBy(sql`h.touches`)}) AS seen,
        arrayFilter(t -> t.2 IN (${responses}), seen) AS answered,
        arrayFirst(p -> p.2 <= moment AND p.5 > moment AND p.3 <= moment AND p.4 > moment, i.places).1 AS place
      FROM (${sampled(sources, asked)}) AS s
      LEFT JOIN (${touchesBy(sources, 'person')}) AS h ON h.key = s.person
      LEFT JOIN (
        SELECT subject, arraySort(p -> (p.2, p.1), groupArray((account, known_from, valid_from, valid_to, known_to))) AS places FROM ${sources.everKnown.identities}
        WHERE account != '' GROUP BY subject
      ) AS i ON i.subject = s.person
    ) AS s
    LEFT JOIN (
      SELECT key, arrayFilter(t -> t.4 = 0 AND t.2 IN (${responses}), touches) AS touches FROM (${touchesBy(sources, 'account')}) WHERE key != ''
    ) AS g ON g.key = s.place
    LEFT JOIN (
      SELECT subject AS key, arraySort(l -> (l.1, l.2, l.3), groupArray((occurred_at, recorded_at, event_id, toString(type), toString(lead_source), toString(stage)))) AS said
      FROM ${sources.leadFacts} WHERE type IN ('lead-created', 'lead-stage-changed') GROUP BY subject
    ) AS l ON l.key = s.person
    LEFT JOIN (${recordsBy(sources, ['person-created', 'person-updated'], PERSON)}) AS p ON p.key = s.person
    LEFT JOIN (${recordsBy(sources, ['account-updated'], [...ACCOUNT, 'employees'])}) AS a ON a.key = concat('account:', s.place)
    LEFT JOIN (${recordsBy(sources, ['score-recorded'], ['bucket'])}) AS b ON b.key = s.person
    ORDER BY moment, person, n`
}
