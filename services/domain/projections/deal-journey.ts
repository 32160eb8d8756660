import { type Sql, sql } from '../sql.ts'

export type DealJourneyInputs = {
  readonly dealFacts: Sql
  /** (tenant, deal_id): what changed, or everything. */
  readonly deals: Sql
  /** (tenant, record, reason): what does not count; null where nothing was ever excluded. */
  readonly excluded: Sql | null
  /** Knowledge time; the watermark when the projector runs it. */
  readonly asOf: Sql
}

/** The last value among the events that speak of it, by the full tie-break; '' when none does. */
const last = (column: string, said: string): Sql => ({
  parts: [`argMaxIf(${column}, (f.occurred_at, f.recorded_at, f.event_id), ${said})`],
})

/** What the last event that spoke of it said of an attribute: a value, or that it is empty. */
const attribute = (name: string): Sql => last(`f.${name}`, `f.${name} != '' OR has(f.cleared, '${name}')`)

/**
 * One row per deal: what it is now and every stage it was in, in order, as known at `asOf`. Credit and M1–M20 are read from it.
 * `close_date` is the planned date of an open deal; of a closed one the date that the closing, or a change after it, gave (NULL: the day of the closing).
 * A deal is out by what was said of itself, else because its account, or what that was merged into, is excluded.
 */
export const dealJourney = (inputs: DealJourneyInputs): Sql => {
  const { excluded } = inputs
  if (excluded === null) return told(inputs)
  return sql`
    SELECT j.* EXCEPT (counted, excluded_because), toUInt8(why = '') AS counted,
      multiIf(j.excluded_because != '', j.excluded_because, own_reason != '', own_reason, account_reason) AS why, why AS excluded_because
    FROM (${told(inputs)}) AS j
    LEFT JOIN (SELECT tenant AS own_tenant, record AS own, reason AS own_reason FROM (${excluded})) AS d ON own_tenant = j.tenant AND own = concat('deal:', j.deal_id)
    LEFT JOIN (SELECT tenant AS its_tenant, record AS its, reason AS account_reason FROM (${excluded})) AS a ON its_tenant = j.tenant AND its = concat('account:', j.account)`
}

/** What the deals' own events say. */
const told = ({ dealFacts, deals, asOf }: DealJourneyInputs): Sql => sql`
  SELECT tenant, deal_id, account, pipeline, deal_type, product, owner, team, lead_source, created_at,
    arrayMap(m -> m.1, kept) AS stages, arrayMap(m -> m.2, kept) AS entered_at, arrayMap(m -> m.3, kept) AS entered_recorded_at,
    arrayMap(m -> m.4, kept) AS stage_event_ids,
    amount, currency,
    if(is_closed, if(empty(dates_since), NULL, dates_since[-1].4), if(empty(dates), NULL, dates[-1].4)) AS close_date,
    if(is_closed, closing.4, 'open') AS outcome,
    if(is_closed, toNullable(closing.1), NULL) AS closed_at,
    if(is_closed, closing.2, toDateTime64(0, 3, 'UTC')) AS closed_recorded_at,
    if(is_closed, closing.3, '') AS closed_event_id,
    contacts,
    toUInt8(excluded_because = '') AS counted,
    excluded_because, event_ids
  FROM (
    SELECT tenant, deal_id, account, pipeline, deal_type, product, owner, team, lead_source, created_at, amount, currency, closing, dates, event_ids,
      closing.5 = 'deal-closed' AS is_closed,
      arrayFilter(d -> (d.1, d.2, d.3) >= (closing.1, closing.2, closing.3), dates) AS dates_since,
      -- some CRMs save a deal again in the stage it is in; that is no move
      arrayFilter((move, i) -> i = 1 OR move.1 != moves[i - 1].1, moves, arrayEnumerate(moves)) AS kept,
      arraySort(arrayDistinct(arrayMap(c -> c.1, arrayFilter(c -> c.2 = 1 AND NOT arrayExists(d -> d.1 = c.1 AND (d.3, d.4, d.5) > (c.3, c.4, c.5), contact_facts), contact_facts)))) AS contacts,
      multiIf(created = 0, 'not_created', deleted = 1, 'deleted', into_deal != '' AND into_deal != deal_id, 'merged', '') AS excluded_because
    FROM (
      SELECT *,
        -- a reopening that names no stage puts the deal back into the last one before the closing
        arrayFilter(m -> m.1 != '', arrayMap((m, i) -> (
          if(m.1 = '' AND m.5 = 'deal-reopened', arrayFilter(b -> b.1 != '' AND b.5 != 'deal-closed', arraySlice(told, 1, i))[-1].1, m.1), m.2, m.3, m.4), told, arrayEnumerate(told))) AS moves
      FROM (
        SELECT f.tenant AS tenant, f.subject AS deal_id,
          -- an event about one thing alone says, with nothing in it, that there is none
          ${last('f.account', "f.account != '' OR f.type = 'deal-account-changed'")} AS account,
          ${attribute('pipeline')} AS pipeline,
          ${attribute('deal_type')} AS deal_type,
          ${attribute('product')} AS product,
          ${last('f.owner', "f.owner != '' OR f.type = 'deal-owner-changed'")} AS owner,
          ${last('f.team', "f.team != ''")} AS team,
          ${attribute('lead_source')} AS lead_source,
          countIf(f.type = 'deal-created') > 0 AS created,
          if(created, minIf(f.occurred_at, f.type = 'deal-created'), min(f.occurred_at)) AS created_at,
          argMaxIf((f.amount, toString(f.currency)), (f.occurred_at, f.recorded_at, f.event_id), f.amount IS NOT NULL OR f.type = 'deal-amount-changed') AS priced,
          priced.1 AS amount, if(isNull(priced.1), '', priced.2) AS currency,
          argMaxIf((f.occurred_at, f.recorded_at, f.event_id, toString(f.outcome), toString(f.type)), (f.occurred_at, f.recorded_at, f.event_id), f.type IN ('deal-closed', 'deal-reopened')) AS closing,
          -- a deletion is taken back by nothing; a merge by a merge into itself
          max(f.type = 'deal-deleted') AS deleted,
          ${last('f.into_deal', "f.type = 'deal-merged'")} AS into_deal,
          arraySort(m -> (m.2, m.3, m.4), groupArrayIf((toString(f.stage), f.occurred_at, f.recorded_at, f.event_id, toString(f.type)), f.stage != '' OR f.type = 'deal-reopened')) AS told,
          arraySort(d -> (d.1, d.2, d.3), groupArrayIf((f.occurred_at, f.recorded_at, f.event_id, f.close_date), f.close_date IS NOT NULL OR f.type = 'deal-close-date-changed')) AS dates,
          arraySort(groupArrayIf((f.person, f.type = 'deal-contact-linked', f.occurred_at, f.recorded_at, f.event_id), f.type IN ('deal-contact-linked', 'deal-contact-unlinked') AND f.person != '')) AS contact_facts,
          arraySort(groupArray(f.event_id)) AS event_ids
        FROM (SELECT * FROM ${dealFacts} WHERE recorded_at <= ${asOf} AND (tenant, subject) IN (${deals})) AS f
        GROUP BY f.tenant, f.subject
      )
    )
  )`
