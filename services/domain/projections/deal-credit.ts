import { modelName } from '../definitions/attribution-model.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { qualifyingDealStages } from '../definitions/stage-map.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import { campaignAliases } from './campaign-aliases.ts'
import { consentedTouches, NO_LAWFUL_BASIS } from './consented.ts'
import { countedTouches } from './counted-touches.ts'
import { excludedRecords } from './excluded.ts'
import { everValid, foreverValid } from './in-force.ts'

export type DealCreditInputs = {
  /** Rows of `deal_journey` as of `asOf`. */
  readonly dealJourney: Sql
  /** Rows of `account_touches`; only those known at `asOf` are looked at. */
  readonly accountTouches: Sql
  readonly recordFacts: Sql
  readonly consentFacts: Sql
  readonly roots: Sql
  /** (tenant, deal_id): the deals to compute. */
  readonly deals: Sql
  readonly tenant: string
  readonly definitions: Definitions
  readonly asOf: Sql
}

/** The same person, campaign and type within this time counts once (metric M53). */
const SESSION_SECONDS = 30 * 60
/** Divisible by every number of accounts up to 16, so that a touch in n accounts weighs exactly 1/n. */
const WHOLE = 720_720

/** Models by lookback, because what is eligible depends on nothing else: [(seconds or -1, [(name, first, last, middle)])]. */
const modelsByLookback = ({ models }: Definitions): Sql => {
  const groups = Map.groupBy(models, model => model.lookback_days)
  const rows = [...groups].map(
    ([days, members]) =>
      sql`(${bind.int(days === null ? -1 : days * 86_400)}, [${joinSql(
        members.map(
          model =>
            sql`(${bind.string(modelName(model))}, ${bind.uint(model.weights.first)}, ${bind.uint(model.weights.last)}, ${bind.uint(model.weights.middle)})`,
        ),
        ', ',
      )}])`,
  )
  return sql`[${joinSql(rows, ', ')}]`
}

/**
 * Credit of every deal by conversion and model, in millionths that add up to 1,000,000 exactly (metrics M53, M53b; design D11): floor and largest
 * remainders, ties to the earliest touch. A deal without the conversion keeps an empty row, so that a reopening leaves nothing behind.
 *
 * Eligible: a response by the published list, not automatic, up to the conversion, inside the lookback before the deal's creation; of the linked
 * contacts where they have any, else of the whole account; the same person, campaign and type within 30 minutes once; direct only if there is nothing else.
 * Before all that what is excluded or not consented is out, and a campaign is the one that is meant.
 */
export const dealCredit = (inputs: DealCreditInputs): Sql => {
  const { dealJourney, roots, deals, tenant, definitions, asOf } = inputs
  return sql`
  SELECT tenant, deal_id, conversion, by_model.1 AS model, account, converted, converted_at,
    arrayMap(t -> t.3, eligible) AS touch_ids, arrayMap(t -> t.1, eligible) AS touched_at, arrayMap(t -> t.4, eligible) AS channels,
    arrayMap(t -> t.5, eligible) AS campaigns, arrayMap(t -> t.6, eligible) AS sources, arrayMap(t -> t.7, eligible) AS contents,
    arrayMap(t -> t.8, eligible) AS teams, arrayMap(t -> t.10, eligible) AS subjects,
    -- what the floors leave goes to the largest remainders
    arrayMap((f, i) -> toUInt32(f + has(arraySlice(by_remainder, 1, 1000000 - arraySum(floors)), i)), floors, arrayEnumerate(floors)) AS credit,
    if(converted = 1 AND empty(eligible), 'no_touch', '') AS missing
  FROM (
    SELECT tenant, deal_id, conversion, by_model, account, converted, converted_at, eligible,
      arrayMap(w -> toUInt32(intDiv(w * 1000000, whole)), weights) AS floors,
      arraySort((i, w) -> (-toInt128((w * 1000000) % whole), i), arrayEnumerate(weights), weights) AS by_remainder
    FROM (
      SELECT tenant, deal_id, conversion, by_model, account, converted, converted_at, eligible, weights,
        greatest(arraySum(weights), toUInt128(1)) AS whole
      FROM (
        SELECT tenant, deal_id, conversion, by_model, account, converted, converted_at, eligible,
          arrayMap((t, i) -> toUInt128(intDiv(${bind.uint(WHOLE)}, greatest(t.12, 1))) * (
              if(i = 1, by_model.2, 0) * middles + if(i = length(eligible), by_model.3, 0) * middles
              + if((i = 1 AND by_model.2 > 0) OR (i = length(eligible) AND by_model.3 > 0), 0, by_model.4)
            ), eligible, arrayEnumerate(eligible)) AS weights
        FROM (
          SELECT tenant, deal_id, conversion, account, converted, converted_at, eligible, by_model,
            toUInt64(greatest(1, toInt64(length(eligible)) - if(length(eligible) = 1, toInt64(by_model.2 > 0 OR by_model.3 > 0), (by_model.2 > 0) + (by_model.3 > 0)))) AS middles
          FROM (
            SELECT tenant, deal_id, conversion, account, converted, converted_at, of_lookback.2 AS models,
              if(arrayExists(t -> t.4 != 'direct', once), arrayFilter(t -> t.4 != 'direct', once), once) AS eligible
            FROM (
              SELECT tenant, deal_id, conversion, account, converted, converted_at, of_lookback,
                arraySort(t -> (t.1, t.2, t.3), arrayFilter((t, counts) -> counts = 1, alike, arrayFold(
                  -- (who did what, when it last counted, which count)
                  (acc, act, at) -> (act, if(act != acc.1 OR at > acc.2 + ${bind.int(SESSION_SECONDS * 1_000_000)}, at, acc.2),
                    arrayPushBack(acc.3, toUInt8(act != acc.1 OR at > acc.2 + ${bind.int(SESSION_SECONDS * 1_000_000)}))),
                  arrayEnumerateDense(arrayMap(t -> (t.5, t.9, t.11), alike)), arrayMap(t -> toUnixTimestamp64Micro(t.1), alike),
                  (toUInt32(0), toInt64(0), emptyArrayUInt8())).3)) AS once
              FROM (
                SELECT tenant, deal_id, conversion, account, converted, converted_at, of_lookback,
                  arraySort(t -> (t.5, t.9, t.11, t.1, t.2, t.3), linked) AS alike
                FROM (
                  SELECT tenant, deal_id, conversion, account, converted, converted_at, of_lookback,
                    if(arrayExists(t -> hasAny(t.11, contact_roots), within), arrayFilter(t -> hasAny(t.11, contact_roots), within), within) AS linked
                  FROM (
                    SELECT tenant, deal_id, conversion, account, converted, converted_at, contact_roots, of_lookback,
                      arrayFilter(t -> of_lookback.1 < 0 OR t.1 >= created_at - toIntervalSecond(of_lookback.1), candidates) AS within
                    FROM (
                      SELECT tenant, deal_id, reach.1 AS conversion, account, toUInt8(reach.2) AS converted, reach.3 AS converted_at, created_at, contact_roots,
                        if(reach.2 = 1, arrayFilter(t -> t.1 <= reach.3, in_order), arraySlice(in_order, 1, 0)) AS candidates
                      FROM (
                        -- the touches of a deal are gathered once, up to the last conversion that it reached
                        SELECT d.tenant AS tenant, d.deal_id AS deal_id, d.account AS account, d.created_at AS created_at, d.contact_roots AS contact_roots,
                          d.conversions AS conversions,
                          arraySort(t -> (t.1, t.2, t.3), groupArrayIf(t.touch, t.tenant != '' AND t.occurred_at <= d.latest)) AS in_order
                        FROM (
                          SELECT *, arraySort(arrayMap(c -> if(c.2 = 1, c.3, ${everValid}), conversions))[-1] AS latest
                          FROM (${dealsWithConversions({ dealJourney, roots, deals, tenant, definitions, asOf })})
                        ) AS d
                      LEFT JOIN (
                        SELECT tenant, account, occurred_at,
                          (occurred_at, recorded_at, touch_id, toString(channel), toString(campaign), toString(utm_source), toString(content), toString(team),
                            toString(touch_type), subject, if(empty(persons), [subject], persons), accounts) AS touch
                        FROM ${eligibleTouches(inputs)}
                        ) AS t ON t.tenant = d.tenant AND t.account = d.account
                        GROUP BY tenant, deal_id, account, created_at, contact_roots, conversions
                      )
                      ARRAY JOIN conversions AS reach
                    )
                    ARRAY JOIN ${modelsByLookback(definitions)} AS of_lookback
                  )
                )
              )
            )
          )
          ARRAY JOIN models AS by_model
        )
      )
    )
  )`
}

/** Rows of `account_touches` that may earn credit of the deals, to be read after FROM. */
const eligibleTouches = (inputs: DealCreditInputs): Sql => {
  const { accountTouches, recordFacts, consentFacts, roots, tenant, definitions, asOf } = inputs
  const { exceptions, lawfulBasis } = definitions
  const own = sql`tenant = ${bind.string(tenant)}`
  const where = sql`${own} AND account != '' AND known_from <= ${asOf} AND known_to > ${asOf} AND automatic = 0
    AND touch_type IN (${bind.strings(definitions.responses.touch_types)})
    AND account IN (SELECT account FROM (${dealAccounts(inputs)}))`
  const rules = {
    excluded: exceptions.exclusions ? excludedRecords({ recordFacts, roots, asOf, tenants: own }) : null,
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
      ('won', toUInt8(counted AND outcome = 'won'), won_at)
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
