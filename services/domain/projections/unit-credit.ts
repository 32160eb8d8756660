import { type AttributionModel } from '../definitions/attribution-model.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import { creditByModel } from './credit-by-model.ts'
import { everValid } from './in-force.ts'

/**
 * Whose touches count for a deal: its contacts' (`explicit`), everybody's of the account (`implicit`), the contacts' where they have any, else everybody's
 * (`hybrid`), or the contacts' and those of whoever else in the account is of the buying group (`buying_group`).
 */
export type Linkage = 'explicit' | 'hybrid' | 'implicit' | 'buying_group'

export type CreditedUnits = {
  /**
   * (tenant, unit, account, created_at, deal_at, contact_roots, conversions, in_order, leads), one row a unit. `created_at`: where a lookback begins; `deal_at`: the
   * creation of the deal, far in the future where there is none; `conversions`: [(name, 0 no | 1 yes | 2 not yet and still possible, instant)]; `in_order`: the touches that may count;
   * `leads`: [(created at, recorded at, persons)]. With linkage `buying_group` each of both has one more item: whether it is by somebody of the group, for each of `groups`.
   */
  readonly gathered: Sql
  readonly linkage?: Linkage | undefined
  /** Of linkage `buying_group`: what was in force one after the other. */
  readonly groups?: readonly GroupInForce[] | undefined
}

/** The personas of a buying group, as keys, and from when on it was in force (ms); null: before anything was agreed. */
export type GroupInForce = { readonly from: number | null; readonly personas: readonly string[] }

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

const windowsOf = (models: readonly AttributionModel[]): readonly EligibilityWindow[] =>
  [
    ...Map.groupBy(models, model =>
      [model.lookback_days ?? 'unlimited', model.lookback_anchor, model.sales_touches ? 'all' : 'without sales'].join(' '),
    ),
  ].flatMap(([name, members]) => (members[0] === undefined ? [] : [{ name, model: members[0], models: members }]))

/** Names of the eligibility windows that the models have: `365 creation all` … */
export const windowNames = (models: readonly AttributionModel[]): readonly string[] => windowsOf(models).map(({ name }) => name)

const ofWindow = (units: CreditedUnits, { name, model, models }: EligibilityWindow): Sql => sql`
  SELECT tenant, unit, conversion, ${bind.string(name)} AS window, account, converted, provisional, converted_at,
    tupleElement(eligible, 3) AS touch_ids, tupleElement(eligible, 1) AS touched_at, tupleElement(eligible, 4) AS channels,
    tupleElement(eligible, 5) AS campaigns, tupleElement(eligible, 6) AS sources, tupleElement(eligible, 7) AS contents,
    tupleElement(eligible, 8) AS teams, tupleElement(eligible, 10) AS subjects, models, credits, reasons
  FROM (${creditByModel({
    models,
    keep: sql`tenant, unit, conversion, account, converted, provisional, converted_at`,
    rows: withMilestones(eligibleOf(units, model), units),
  })})`

/** Which touches hold the milestones: of the lead that person's last one, else anybody's. A milestone after the conversion does not exist for it. */
const withMilestones = (rows: Sql, units: CreditedUnits): Sql => sql`
  SELECT tenant, unit, conversion, account, reached, toUInt8(reached = 1) AS converted, toUInt8(reached = 2) AS provisional, converted_at, eligible,
    if(of_person > 0 OR empty(lead.3), of_person, toUInt32(arrayLastIndex(t -> t.1 <= lead_until, eligible))) AS lead_touch,
    if(deal_at > converted_at, 0, toUInt32(arrayLastIndex(t -> t.1 <= deal_at, eligible))) AS deal_touch,
    toUInt8(conversion = 'won') AS closes
  FROM (
    SELECT *, lead.1 + toIntervalSecond(${bind.int(LEAD_GRACE_SECONDS)}) AS lead_until,
      toUInt32(arrayLastIndex(t -> t.1 <= lead_until AND hasAny(t.11, lead.3), eligible)) AS of_person
    FROM (
      SELECT tenant, unit, conversion, account, created_at, deal_at, reached, converted_at,
        eligible,
        arraySort(arrayFilter(l -> l.1 <= least(deal_at, converted_at) AND l.1 >= starts_at AND (by_contacts = 0 OR ${ofLinked({ persons: sql`l.3`, inGroup: sql`l.4` }, units)}), leads))[1] AS lead
      FROM (${rows})
    )
  )`

/**
 * Touches that may count, once, of each deal and conversion, in order. Which ones is found out in arrays of marks beside the touches, because a touch is a dozen
 * columns wide: they are copied once, at the end.
 */
const eligibleOf = (units: CreditedUnits, model: EligibilityWindow['model']): Sql => sql`
  SELECT tenant, unit, conversion, account, created_at, deal_at, contact_roots, reached, converted_at, leads, starts_at, by_contacts,
    -- direct only if there is nothing else
    toUInt8(arrayExists((t, counts) -> counts = 1 AND t.4 != 'direct', in_order, once)) AS is_led,
    arrayFilter((t, counts) -> counts = 1 AND (is_led = 0 OR t.4 != 'direct'), in_order, once) AS eligible
  FROM (
    SELECT tenant, unit, conversion, account, created_at, deal_at, contact_roots, reached, converted_at, leads, starts_at, by_contacts, in_order,
      arrayMap((counts, place) -> toUInt8(counts = 1 AND NOT has(again, place)), linked, arrayEnumerate(linked)) AS once,
      arrayMap(t -> t.3, arrayFilter((t, counts) -> counts = 0, alike, arrayFold(
        -- (who did what, when it last counted, which count)
        (acc, act, at) -> (act, if(act != acc.1 OR at > acc.2 + ${bind.int(SESSION_SECONDS * 1_000_000)}, at, acc.2),
          arrayPushBack(acc.3, toUInt8(act != acc.1 OR at > acc.2 + ${bind.int(SESSION_SECONDS * 1_000_000)}))),
        arrayEnumerateDense(arrayMap(t -> t.1, alike)), arrayMap(t -> t.2, alike),
        (toUInt32(0), toInt64(0), emptyArrayUInt8())).3)) AS again
    FROM (
      SELECT tenant, unit, conversion, account, created_at, deal_at, contact_roots, reached, converted_at, leads, starts_at, in_order, by_contacts, linked,
        -- (who did what, when, which touch), only where somebody did the same twice
        toUInt8(arrayUniq(arrayFilter((t, counts) -> counts = 1, arrayMap(t -> cityHash64(t.5, t.9, t.11), in_order), linked)) != arraySum(linked)) AS repeats,
        arraySort(arrayFilter((t, counts) -> counts = 1 AND repeats = 1,
          arrayMap((t, place) -> ((t.5, t.9, t.11), toUnixTimestamp64Micro(t.1), place), in_order, arrayEnumerate(in_order)), linked)) AS alike
      FROM (
        SELECT tenant, unit, conversion, account, created_at, deal_at, contact_roots, reached, converted_at, leads, starts_at, in_order,
          arrayMap(t -> toUInt8(reached != 0 AND t.1 <= converted_at AND t.1 >= starts_at${model.sales_touches ? sql`` : sql` AND t.8 != 'sales'`}), in_order) AS within,
          ${linkedOf(units)}
        FROM (
          SELECT tenant, unit, account, created_at, deal_at, contact_roots, in_order, leads, reach.1 AS conversion, reach.2 AS reached, reach.3 AS converted_at,
            ${startsAt(model)} AS starts_at
          FROM (${units.gathered})
          ARRAY JOIN conversions AS reach
        )
      )
    )
  )`

/** `by_contacts`: do the deal's contacts decide; `linked`: which touches count then. */
const linkedOf = (units: CreditedUnits): Sql => {
  const { linkage = 'hybrid' } = units
  if (linkage === 'implicit') return sql`toUInt8(0) AS by_contacts, within AS linked`
  const of = sql`arrayMap((t, inside) -> toUInt8(inside = 1 AND ${ofLinked({ persons: sql`t.11`, inGroup: sql`t.13` }, units)}), in_order, within)`
  if (linkage !== 'hybrid') return sql`toUInt8(1) AS by_contacts, ${of} AS linked`
  return sql`${of} AS of_contacts, toUInt8(has(of_contacts, 1)) AS by_contacts, if(by_contacts = 1, of_contacts, within) AS linked`
}

/** Is a touch, or a lead, by somebody who is linked to the deal? */
const ofLinked = ({ persons, inGroup }: { readonly persons: Sql; readonly inGroup: Sql }, { linkage, groups = [] }: CreditedUnits): Sql =>
  linkage === 'buying_group'
    ? sql`(${inGroup}[${groupInForce(groups)}] = 1 OR hasAny(${persons}, contact_roots))`
    : sql`hasAny(${persons}, contact_roots)`

/** Which of the groups a conversion is judged by: the one in force when it happened, of a deal that is still open the latest (metrics C15). */
const groupInForce = (groups: readonly GroupInForce[]): Sql => {
  const later = groups.flatMap(({ from }) => (from === null ? [] : [sql`${bind.businessInstant(from)}`]))
  if (later.length === 0) return sql`1`
  const until = sql`${bind.uint(groups.length - later.length)} + arrayCount(since -> since <= converted_at, [${joinSql(later, ', ')}])`
  return sql`if(reached = 1, ${until}, ${bind.uint(groups.length)})`
}

const startsAt = ({ lookback_days, lookback_anchor }: EligibilityWindow['model']): Sql => {
  if (lookback_days === null) return everValid
  const span = sql`toIntervalSecond(${bind.int(lookback_days * 86_400)})`
  // an open deal has no conversion to look back from: it looks back from its creation
  return lookback_anchor === 'creation' ? sql`created_at - ${span}` : sql`if(reached = 1, converted_at, created_at) - ${span}`
}

/**
 * Credit of every conversion of every unit under every model: one row a conversion and eligibility window with the eligible touches in order, and for each
 * model its credit in millionths that add up to 1,000,000 exactly (metrics M53, M53b; design D11). A unit without the conversion has an empty row.
 *
 * Eligible of what was gathered: up to the conversion, inside the lookback; of the linked contacts where they have any, else anybody's; the
 * same person, campaign and type within 30 minutes once; direct only if there is nothing else.
 */
export const unitCredit = (units: CreditedUnits, models: readonly AttributionModel[]): Sql =>
  joinSql(
    windowsOf(models).map(window => ofWindow(units, window)),
    ' UNION ALL ',
  )
