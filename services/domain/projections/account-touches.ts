import { type Sql, sql } from '../sql.ts'
import { foreverKnown } from './in-force.ts'
import { isOneOf, type Key } from './keys.ts'

export type AccountTouchesInputs = {
  readonly touchFacts: Sql
  /** Rows of `identities`, at least those of the subjects. */
  readonly identities: Sql
  /** (tenant, subject): the subjects whose touches to compute. */
  readonly subjects: Sql
  /** Where they are few: which rows of `touch_facts` and of `identities` are wanted, as conditions that choose ranges of their keys. */
  readonly few?: FewTouches | null
  readonly asOf: Sql
}

export type FewTouches = { readonly touches: Sql; readonly identities: Sql }

/** Of these subjects everything (no touch is named), or the touches that were spoken of. */
export const fewTouches = (said: readonly (Key & { readonly touch?: string })[]): FewTouches => {
  const whole = said.filter(({ touch = '' }) => touch === '')
  const named = said.flatMap(({ tenant, touch = '' }) => (touch === '' ? [] : [{ tenant, key: touch }]))
  const which =
    named.length === 0
      ? sql``
      : sql` AND (${whole.length === 0 ? sql`` : sql`${isOneOf(sql`subject`, whole)} OR `}${isOneOf(sql`touch_id`, named)})`
  const subjects = isOneOf(sql`subject`, said)
  return { touches: sql`${subjects}${which}`, identities: subjects }
}

/** What a touch says, besides whose it is and when: the columns that `account_touches` carries on from the facts. */
const touchColumns: Sql = {
  parts: ['touch_type, channel, campaign, utm_source, utm_medium, content, outcome, direction, team, automatic, member'],
}

/**
 * Touches as stretches of knowledge: as recorded, as corrected from the moment of the correction on, gone from a retraction on. Of what is
 * known about a touch the last correction or retraction by (occurred_at, recorded_at, event_id) counts, else the recording.
 */
const touchStretches = (inputs: Omit<AccountTouchesInputs, 'identities'>): Sql => {
  const { touchFacts, subjects, few, asOf } = inputs
  // a walk through the words of each touch costs more than it says where there are millions, and less than to plan another look where there are hundreds
  if (few) return retold(touchFacts, sql`recorded_at <= ${asOf} AND ${few.touches}`)
  const changed = sql`
      SELECT tenant, subject, touch_id FROM ${touchFacts} WHERE type != 'touch-recorded' AND recorded_at <= ${asOf} AND (tenant, subject) IN (${subjects})`
  return sql`
  SELECT tenant, subject, touch_id, touched_at, recorded_at, ${touchColumns}, recorded_at AS known_from, ${foreverKnown} AS known_to
  FROM ${touchFacts}
  WHERE type = 'touch-recorded' AND recorded_at <= ${asOf} AND (tenant, subject) IN (${subjects}) AND (tenant, subject, touch_id) NOT IN (${changed})
  UNION ALL
  ${retold(touchFacts, sql`recorded_at <= ${asOf} AND (tenant, subject, touch_id) IN (${changed})`)}`
}

/** The stretches of the touches whose facts are wanted, by all that was said of each. */
const retold = (touchFacts: Sql, where: Sql): Sql => sql`
  SELECT tenant, subject, touch_id, s.1.5 AS touched_at, first_recorded_at AS recorded_at,
    s.1.6 AS touch_type, s.1.7 AS channel, s.1.8 AS campaign, s.1.9 AS utm_source, s.1.10 AS utm_medium, s.1.11 AS content, s.1.12 AS outcome,
    s.1.13 AS direction, s.1.14 AS team, s.1.15 AS automatic, s.1.16 AS member, s.2 AS known_from, s.3 AS known_to
  FROM (
    SELECT tenant, subject, touch_id, facts[1].1 AS first_recorded_at,
      arrayFilter(x -> x.4 AND x.1.4 != 'touch-retracted' AND x.2 < x.3, arrayMap((i, fact, next) -> (
        arraySort(f -> (f.4 != 'touch-recorded', f.3, f.1, f.2), arraySlice(facts, 1, i))[-1], fact.1, next,
        -- what was never recorded is no touch, whatever is said of it
        arrayExists(f -> f.4 = 'touch-recorded', arraySlice(facts, 1, i))
      ), arrayEnumerate(facts), facts, arrayPushBack(arrayPopFront(arrayMap(f -> f.1, facts)), ${foreverKnown}))) AS stretches
    FROM (
      SELECT tenant, subject, touch_id, arraySort(f -> (f.1, f.2), groupArray((recorded_at, event_id, occurred_at, type, touched_at,
        toString(touch_type), toString(channel), toString(campaign), toString(utm_source), toString(utm_medium), toString(content), toString(outcome),
        toString(direction), toString(team), automatic, toString(member)))) AS facts
      FROM ${touchFacts}
      WHERE ${where}
      GROUP BY tenant, subject, touch_id
    )
  )
  ARRAY JOIN stretches AS s`

/**
 * Every touch under each account that it counts for, in business time and in knowledge time (design D1): one row per touch, account and
 * stretch of knowledge. A subject of whom nothing is known yet stands for itself: a person without an account, an account, or nobody.
 */
export const accountTouches = ({ touchFacts, identities, subjects, few = null, asOf }: AccountTouchesInputs): Sql => sql`
  SELECT t.tenant AS tenant,
    if(i.subject = '', if(startsWith(t.subject, 'account:'), substring(t.subject, 9), ''), i.account) AS account,
    t.touched_at AS occurred_at, t.touch_id AS touch_id, t.subject AS subject,
    if(i.subject = '', if(startsWith(t.subject, 'person:'), [t.subject], []), i.persons) AS persons,
    if(i.subject = '', toUInt16(startsWith(t.subject, 'account:')), i.accounts) AS accounts,
    t.recorded_at AS recorded_at, ${touchColumns},
    if(i.subject = '', t.known_from, greatest(t.known_from, i.known_from)) AS known_from,
    if(i.subject = '', t.known_to, least(t.known_to, i.known_to)) AS known_to
  FROM (${touchStretches({ touchFacts, subjects, few, asOf })}) AS t
  LEFT JOIN (
    SELECT tenant, subject, persons, account, accounts, valid_from, valid_to, known_from, known_to FROM ${identities} WHERE ${few === null ? sql`(tenant, subject) IN (${subjects})` : few.identities}
  ) AS i ON i.tenant = t.tenant AND i.subject = t.subject
  WHERE known_from < known_to AND (i.subject = '' OR (i.valid_from <= t.touched_at AND t.touched_at < i.valid_to))`
