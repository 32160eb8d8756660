import type { AttributionModel } from '../definitions/attribution-model.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { qualifyingDealStages } from '../definitions/stage-map.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import { campaignAliases } from './campaign-aliases.ts'
import { consentedTouches, NO_LAWFUL_BASIS } from './consented.ts'
import { countedTouches } from './counted-touches.ts'
import { creditByModel } from './credit-by-model.ts'
import { excludedRecords } from './excluded.ts'
import { everValid, foreverValid } from './in-force.ts'

/** Whose touches count for a deal: its contacts' (`explicit`), everybody's of the account (`implicit`), or the contacts' where they have any (`hybrid`). */
export type Linkage = 'explicit' | 'hybrid' | 'implicit'

export type DealCreditInputs = {
  /** Rows of `deal_journey` as of `asOf`. */
  readonly dealJourney: Sql
  /** Rows of `account_touches`; only those known at `asOf` are looked at. */
  readonly accountTouches: Sql
  /** Where leads and their persons are found; null: no touch is a lead's, as for journeys that have none. */
  readonly leads?: { readonly leadFacts: Sql; readonly identities: Sql } | null
  readonly recordFacts: Sql
  readonly consentFacts: Sql
  readonly roots: Sql
  /** (tenant, deal_id): the deals to compute. */
  readonly deals: Sql
  readonly tenant: string
  readonly definitions: Definitions
  readonly asOf: Sql
  /** What is kept is all of them; a report may need but some. */
  readonly conversions?: readonly string[]
  /** What is kept is `hybrid`; a report may ask for another. */
  readonly linkage?: Linkage
}

/** The same person, campaign and type within this time counts once (metric M53). */
const SESSION_SECONDS = 30 * 60
/** CRMs stamp a lead seconds after the form that made it. */
const LEAD_GRACE_SECONDS = 60 * 60

/** Models for which the same touches are eligible. */
type EligibilityWindow = {
  readonly name: string
  readonly model: Pick<AttributionModel, 'lookback_days' | 'lookback_anchor' | 'sales_touches'>
  readonly models: readonly AttributionModel[]
}

const windowsOf = ({ models }: Definitions): readonly EligibilityWindow[] =>
  [
    ...Map.groupBy(models, model =>
      [model.lookback_days ?? 'unlimited', model.lookback_anchor, model.sales_touches ? 'all' : 'without sales'].join(' '),
    ),
  ].flatMap(([name, members]) => (members[0] === undefined ? [] : [{ name, model: members[0], models: members }]))

/**
 * Credit of every deal, one row a conversion and eligibility window: the eligible touches in order, and for each model its credit in millionths that add
 * up to 1,000,000 exactly (metrics M53, M53b; design D11). A deal without the conversion keeps an empty row, so that a reopening leaves nothing
 * behind; an open one has provisional credit for `won`, by what is known of it so far.
 *
 * Eligible: a response by the published list, not automatic, up to the conversion, inside the lookback; of the linked
 * contacts where they have any, else of the whole account; the same person, campaign and type within 30 minutes once; direct only if there is nothing else.
 * Before all that what is excluded or not consented is out, and a campaign is the one that is meant.
 */
export const dealCredit = (inputs: DealCreditInputs): Sql =>
  joinSql(
    windowsOf(inputs.definitions).map(window => ofWindow(inputs, window)),
    ' UNION ALL ',
  )

const ofWindow = (inputs: DealCreditInputs, { name, model, models }: EligibilityWindow): Sql => sql`
  SELECT tenant, deal_id, conversion, ${bind.string(name)} AS window, account, converted, provisional, converted_at,
    arrayMap(t -> t.3, eligible) AS touch_ids, arrayMap(t -> t.1, eligible) AS touched_at, arrayMap(t -> t.4, eligible) AS channels,
    arrayMap(t -> t.5, eligible) AS campaigns, arrayMap(t -> t.6, eligible) AS sources, arrayMap(t -> t.7, eligible) AS contents,
    arrayMap(t -> t.8, eligible) AS teams, arrayMap(t -> t.10, eligible) AS subjects, models, credits, reasons
  FROM (${creditByModel({
    models,
    keep: sql`tenant, deal_id, conversion, account, converted, provisional, converted_at`,
    rows: withMilestones(eligibleOf(inputs, model)),
  })})`

/** Which touches hold the milestones: of the lead that person's last one, else anybody's. A milestone after the conversion does not exist for it. */
const withMilestones = (rows: Sql): Sql => sql`
  SELECT tenant, deal_id, conversion, account, reached, toUInt8(reached = 1) AS converted, toUInt8(reached = 2) AS provisional, converted_at, eligible,
    if(of_person > 0 OR empty(lead.3), of_person, toUInt32(arrayLastIndex(t -> t.1 <= lead_until, eligible))) AS lead_touch,
    if(created_at > converted_at, 0, toUInt32(arrayLastIndex(t -> t.1 <= created_at, eligible))) AS deal_touch,
    toUInt8(conversion = 'won') AS closes
  FROM (
    SELECT *, lead.1 + toIntervalSecond(${bind.int(LEAD_GRACE_SECONDS)}) AS lead_until,
      toUInt32(arrayLastIndex(t -> t.1 <= lead_until AND hasAny(t.11, lead.3), eligible)) AS of_person
    FROM (
      SELECT tenant, deal_id, conversion, account, created_at, reached, converted_at,
        if(arrayExists(t -> t.4 != 'direct', once), arrayFilter(t -> t.4 != 'direct', once), once) AS eligible,
        arraySort(arrayFilter(l -> l.1 <= created_at AND l.1 >= starts_at AND (by_contacts = 0 OR hasAny(l.3, contact_roots)), leads))[1] AS lead
      FROM (${rows})
    )
  )`

/** Touches that may count, once, of each deal and conversion, in order. */
const eligibleOf = (inputs: DealCreditInputs, model: EligibilityWindow['model']): Sql => sql`
  SELECT tenant, deal_id, conversion, account, created_at, contact_roots, reached, converted_at, leads, starts_at, by_contacts,
    if(empty(alike), linked, arraySort(arrayFilter((t, counts) -> counts = 1, alike, arrayFold(
      -- (who did what, when it last counted, which count)
      (acc, act, at) -> (act, if(act != acc.1 OR at > acc.2 + ${bind.int(SESSION_SECONDS * 1_000_000)}, at, acc.2),
        arrayPushBack(acc.3, toUInt8(act != acc.1 OR at > acc.2 + ${bind.int(SESSION_SECONDS * 1_000_000)}))),
      arrayEnumerateDense(arrayMap(t -> (t.5, t.9, t.11), alike)), arrayMap(t -> toUnixTimestamp64Micro(t.1), alike),
      (toUInt32(0), toInt64(0), emptyArrayUInt8())).3))) AS once
  FROM (
    SELECT tenant, deal_id, conversion, account, created_at, contact_roots, reached, converted_at, leads, starts_at, by_contacts, linked,
      -- only where somebody did the same twice
      arraySort(t -> (t.5, t.9, t.11, t.1, t.2, t.3),
        if(arrayUniq(arrayMap(t -> cityHash64(t.5, t.9, t.11), linked)) = length(linked), arraySlice(linked, 1, 0), linked)) AS alike
    FROM (
      SELECT tenant, deal_id, conversion, account, created_at, contact_roots, reached, converted_at, leads, starts_at,
        ${contactsDecide(inputs.linkage ?? 'hybrid')} AS by_contacts, if(by_contacts = 1, arrayFilter(t -> hasAny(t.11, contact_roots), within), within) AS linked
    FROM (
      SELECT tenant, deal_id, conversion, account, created_at, contact_roots, reached, converted_at, leads, starts_at,
        if(reached = 0, arraySlice(in_order, 1, 0), arrayFilter(t -> t.1 <= converted_at AND t.1 >= starts_at${model.sales_touches ? sql`` : sql` AND t.8 != 'sales'`}, in_order)) AS within
      FROM (
        SELECT tenant, deal_id, account, created_at, contact_roots, in_order, leads, reach.1 AS conversion, reach.2 AS reached, reach.3 AS converted_at,
          ${startsAt(model)} AS starts_at
        FROM (${gathered(inputs)})
        ARRAY JOIN conversions AS reach
      )
    )
    )
  )`

const contactsDecide = (linkage: Linkage): Sql => {
  if (linkage === 'implicit') return sql`toUInt8(0)`
  return linkage === 'explicit' ? sql`toUInt8(1)` : sql`toUInt8(arrayExists(t -> hasAny(t.11, contact_roots), within))`
}

const startsAt = ({ lookback_days, lookback_anchor }: EligibilityWindow['model']): Sql => {
  if (lookback_days === null) return everValid
  const span = sql`toIntervalSecond(${bind.int(lookback_days * 86_400)})`
  // an open deal has no conversion to look back from: it looks back from its creation
  return lookback_anchor === 'creation' ? sql`created_at - ${span}` : sql`if(reached = 1, converted_at, created_at) - ${span}`
}

/** One row a deal, with the touches of its account in order, gathered once an account, and the leads of its account: (created at, recorded at, persons). */
const gathered = (inputs: DealCreditInputs): Sql => sql`
  SELECT d.tenant AS tenant, d.deal_id AS deal_id, d.account AS account, d.created_at AS created_at, d.contact_roots AS contact_roots, d.conversions AS conversions,
    t.in_order AS in_order, t.leads AS leads
  FROM (${wantedConversions(inputs)}) AS d
  LEFT JOIN (
    SELECT tenant, account, arraySort(groupArrayIf(touch, what = 'touch')) AS in_order, groupArrayIf((touch.1, touch.2, touch.11), what = 'lead') AS leads
    FROM (
    SELECT 'touch' AS what, tenant, account,
      (occurred_at, recorded_at, touch_id, toString(channel), toString(campaign), toString(utm_source), toString(content), toString(team),
        toString(touch_type), subject, if(empty(persons), [subject], persons), accounts) AS touch
    FROM ${eligibleTouches(inputs)}
    ${inputs.leads && needsLeads(inputs.definitions) ? sql`UNION ALL ${createdLeads(inputs, inputs.leads)}` : sql``}
    )
    GROUP BY tenant, account
  ) AS t ON t.tenant = d.tenant AND t.account = d.account`

const needsLeads = ({ models }: Definitions): boolean =>
  models.some(({ weights }) => weights.kind === 'position' && weights.shares.lead_creation > 0)

const wantedConversions = (inputs: DealCreditInputs): Sql => {
  const rows = dealsWithConversions(inputs)
  if (inputs.conversions === undefined) return rows
  return sql`SELECT * REPLACE (arrayFilter(c -> has(${bind.strings(inputs.conversions)}, c.1), conversions) AS conversions) FROM (${rows})`
}

/** Creations of leads in the shape of touches, in the account where the person was then. */
const createdLeads = (inputs: DealCreditInputs, { leadFacts, identities }: NonNullable<DealCreditInputs['leads']>): Sql => {
  const { tenant, asOf } = inputs
  const excluded = excludedOf(inputs)
  return sql`
  SELECT 'lead' AS what, l.tenant AS tenant, i.account AS account,
    (l.occurred_at, l.recorded_at, l.event_id, '', '', '', '', '', '', l.subject, i.persons, i.accounts) AS touch
  FROM (SELECT tenant, subject, event_id, occurred_at, recorded_at FROM ${leadFacts} WHERE tenant = ${bind.string(tenant)} AND type = 'lead-created' AND recorded_at <= ${asOf}) AS l
  INNER JOIN (
    SELECT tenant, subject, persons, account, accounts, valid_from, valid_to FROM ${identities}
    WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf} AND account IN (SELECT account FROM (${dealAccounts(inputs)}))
  ) AS i ON i.tenant = l.tenant AND i.subject = l.subject
  WHERE i.valid_from <= l.occurred_at AND i.valid_to > l.occurred_at ${excluded === null ? sql`` : sql`AND l.subject NOT IN (SELECT record FROM (${excluded}))`}`
}

/** (tenant, record, reason): what does not count; null where nothing was ever excluded. */
const excludedOf = ({ recordFacts, roots, asOf, tenant, definitions: { exceptions } }: DealCreditInputs): Sql | null =>
  exceptions.exclusions ? excludedRecords({ recordFacts, roots, asOf, tenants: sql`tenant = ${bind.string(tenant)}` }) : null

/** Rows of `account_touches` that may earn credit of the deals, to be read after FROM. */
const eligibleTouches = (inputs: DealCreditInputs): Sql => {
  const { accountTouches, recordFacts, consentFacts, roots, tenant, definitions, asOf } = inputs
  const { exceptions, lawfulBasis } = definitions
  const own = sql`tenant = ${bind.string(tenant)}`
  const where = sql`${own} AND account != '' AND known_from <= ${asOf} AND known_to > ${asOf} AND automatic = 0
    AND touch_type IN (${bind.strings(definitions.responses.touch_types)})
    AND account IN (SELECT account FROM (${dealAccounts(inputs)}))`
  const rules = {
    excluded: excludedOf(inputs),
    campaigns: exceptions.aliases ? campaignAliases({ recordFacts, asOf, tenant: own }) : null,
  }
  const touches = countedTouches({ accountTouches, where, rules })
  const lawful = lawfulBasis !== NO_LAWFUL_BASIS
  if (lawful && !exceptions.consents) return touches
  return sql`(SELECT * FROM ${touches}) WHERE ${consentedTouches({ consentFacts, touches, roots, tenant, asOf, lawful })}`
}

type DealsInputs = Pick<DealCreditInputs, 'dealJourney' | 'roots' | 'deals' | 'tenant' | 'asOf'>

/** (node, root) as of the knowledge time. */
const rootsAsOf = ({ roots, tenant, asOf }: Pick<DealsInputs, 'roots' | 'tenant' | 'asOf'>): Sql =>
  sql`SELECT node, root FROM ${roots} WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf}`

/** (account): the root accounts of the deals. */
const dealAccounts = ({ dealJourney, roots, deals, tenant, asOf }: DealsInputs): Sql => sql`
  SELECT if(r.node = '', j.account, substring(r.root, 9)) AS account
  FROM (SELECT DISTINCT account FROM ${dealJourney} WHERE tenant = ${bind.string(tenant)} AND (tenant, deal_id) IN (${deals})) AS j
  LEFT JOIN (${rootsAsOf({ roots, tenant, asOf })}) AS r ON r.node = concat('account:', j.account)`

/** (tenant, deal_id, account, created_at, contact_roots, conversions): [(name, reached, instant)] of each deal. */
const dealsWithConversions = ({
  dealJourney,
  roots,
  deals,
  tenant,
  definitions,
  asOf,
}: DealsInputs & { readonly definitions: Definitions }): Sql => sql`
  SELECT tenant, deal_id, substring(rooted[1], 9) AS account, created_at, arraySort(arrayDistinct(arraySlice(rooted, 2))) AS contact_roots,
    [
      ('deal', toUInt8(counted), created_at),
      ('sqo', toUInt8(counted AND sqo_at < ${foreverValid}), sqo_at),
      -- 2: not yet, and still possible
      ('won', toUInt8(counted * multiIf(outcome = 'won', 1, outcome = 'open', 2, 0)), won_at)
    ] AS conversions
  FROM (
    SELECT tenant, deal_id, created_at, counted, outcome, if(has_sqo = 0, ${foreverValid}, entered_at[has_sqo]) AS sqo_at, won_at,
      -- the deal's account first, then its contacts, each as what it was merged into
      arrayMap(n -> n.2, arraySort(groupArray((place, if(r.node = '', named, r.root))))) AS rooted
    FROM (
      SELECT tenant, deal_id, created_at, counted, outcome, entered_at, has_sqo, won_at, place, named
      FROM (
        SELECT tenant, deal_id, created_at, counted, outcome, entered_at,
          arrayFirstIndex(s -> has(${bind.strings(qualifyingDealStages(definitions.stageMap))}, s), stages) AS has_sqo,
          -- touches count up to the closing or the end of the close date in the tenant's zone, whichever is first
          if(closed_at IS NULL, ${foreverValid}, least(assumeNotNull(closed_at),
            if(close_date IS NULL, ${foreverValid}, toTimeZone(toDateTime64(addDays(assumeNotNull(close_date), 1), 6, ${bind.string(definitions.zone)}), 'UTC') - toIntervalMicrosecond(1)))) AS won_at,
          arrayPushFront(contacts, concat('account:', account)) AS names
        FROM ${dealJourney}
        WHERE tenant = ${bind.string(tenant)} AND (tenant, deal_id) IN (${deals})
      )
      ARRAY JOIN names AS named, arrayEnumerate(names) AS place
    ) AS d
    LEFT JOIN (${rootsAsOf({ roots, tenant, asOf })}) AS r ON r.node = d.named
    GROUP BY tenant, deal_id, created_at, counted, outcome, sqo_at, won_at
  )`
