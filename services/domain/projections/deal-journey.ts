import { type Sql, sql } from '../sql.ts'

export type DealJourneyInputs = {
  readonly dealFacts: Sql
  /** (tenant, deal_id): what changed, or everything. */
  readonly deals: Sql
  /** Knowledge time; the watermark when the projector runs it. */
  readonly asOf: Sql
}

/** The last value that any of the deal's events gave, by the full tie-break; '' (or NULL) when none did. */
const last = (column: string, said: string): Sql => ({ parts: [`argMaxIf(${column}, (occurred_at, recorded_at, event_id), ${said})`] })

/** One row per deal: what it is now and every stage it was in, in order, as known at `asOf`. Credit and M1–M20 are read from it. */
export const dealJourney = ({ dealFacts, deals, asOf }: DealJourneyInputs): Sql => sql`
  SELECT tenant, deal_id, account, pipeline, deal_type, product, owner, team, lead_source, created_at,
    arrayMap(m -> m.1, kept) AS stages, arrayMap(m -> m.2, kept) AS entered_at, arrayMap(m -> m.4, kept) AS stage_event_ids,
    amount, currency, close_date,
    if(closing.1 = 'deal-closed', closing.2, 'open') AS outcome,
    if(closing.1 = 'deal-closed', closing.3, NULL) AS closed_at,
    if(closing.1 = 'deal-closed', closing.4, '') AS closed_event_id,
    contacts,
    toUInt8(excluded_because = '') AS counted,
    excluded_because, event_ids
  FROM (
    SELECT tenant, deal_id, account, pipeline, deal_type, product, owner, team, lead_source, created_at, amount, currency, close_date, closing, event_ids,
      -- some CRMs save a deal again in the stage it is in; that is no move
      arrayFilter((move, before, i) -> i = 1 OR move.1 != before.1, moves, arrayPopBack(arrayPushFront(moves, moves[1])), arrayEnumerate(moves)) AS kept,
      arraySort(arrayDistinct(arrayMap(c -> c.1, arrayFilter(c -> c.2 = 1 AND NOT arrayExists(d -> d.1 = c.1 AND (d.3, d.4, d.5) > (c.3, c.4, c.5), contact_facts), contact_facts)))) AS contacts,
      multiIf(created = 0, 'not_created', deleted = 1, 'deleted', into_deal != '' AND into_deal != deal_id, 'merged', '') AS excluded_because
    FROM (
      SELECT tenant, subject AS deal_id,
        ${last('account', "account != '' AND type IN ('deal-created', 'deal-account-changed')")} AS account,
        ${last('pipeline', "pipeline != ''")} AS pipeline,
        ${last('deal_type', "deal_type != ''")} AS deal_type,
        ${last('product', "product != ''")} AS product,
        ${last('owner', "owner != ''")} AS owner,
        ${last('team', "team != ''")} AS team,
        ${last('lead_source', "lead_source != ''")} AS lead_source,
        countIf(type = 'deal-created') > 0 AS created,
        if(created, minIf(occurred_at, type = 'deal-created'), min(occurred_at)) AS created_at,
        argMaxIf(toNullable(amount), (occurred_at, recorded_at, event_id), amount IS NOT NULL) AS amount,
        ${last('currency', "amount IS NOT NULL AND currency != ''")} AS currency,
        argMaxIf(toNullable(close_date), (occurred_at, recorded_at, event_id), close_date IS NOT NULL) AS close_date,
        argMaxIf((type, toString(outcome), occurred_at, event_id), (occurred_at, recorded_at, event_id), type IN ('deal-closed', 'deal-reopened')) AS closing,
        -- a deletion is taken back by nothing; a merge by a merge into itself
        max(type = 'deal-deleted') AS deleted,
        ${last('into_deal', "type = 'deal-merged'")} AS into_deal,
        arraySort(m -> (m.2, m.3, m.4), groupArrayIf((toString(stage), occurred_at, recorded_at, event_id), stage != '')) AS moves,
        arraySort(groupArrayIf((person, type = 'deal-contact-linked', occurred_at, recorded_at, event_id), type IN ('deal-contact-linked', 'deal-contact-unlinked'))) AS contact_facts,
        arraySort(groupArray(event_id)) AS event_ids
      FROM ${dealFacts}
      WHERE recorded_at <= ${asOf} AND (tenant, subject) IN (${deals})
      GROUP BY tenant, subject
    )
  )`
