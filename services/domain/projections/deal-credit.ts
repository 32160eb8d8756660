import type { Definitions } from '../definitions/definitions.ts'
import { qualifyingDealStages } from '../definitions/stage-map.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import { WHOLE } from './credit-by-model.ts'
import { creditableTouch, eligibleTouches, excludedIn } from './eligible-touches.ts'
import { type AccountScope, familyIdentities, familyTouches } from './families.ts'
import { ofGroup } from './group-members.ts'
import { foreverValid } from './in-force.ts'
import { type GroupInForce, type Linkage, unitCredit } from './unit-credit.ts'

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
  /** Whether anybody was ever merged into anybody; said where not. */
  readonly merges?: boolean
  /** The accounts that the deals name, where they are few. */
  readonly accounts?: readonly string[] | null
  /** What is kept is all of them; a report may need but some. */
  readonly conversions?: readonly string[]
  /** What is kept is `hybrid`; a report may ask for another. */
  readonly linkage?: Linkage | undefined
  /** Of linkage `buying_group`: the groups that were in force by `asOf`, in order. */
  readonly groups?: readonly GroupInForce[] | undefined
  /** What is kept is `account`; a report may ask for the touches of subsidiaries as well. */
  readonly scope?: AccountScope | undefined
}

/**
 * Credit of every deal (see unitCredit). A deal without the conversion keeps an empty row, so that a reopening leaves nothing
 * behind; an open one has provisional credit for `won`, by what is known of it so far.
 *
 * What may count: a response by the published list, not automatic, in the deal's account. Before all that what is excluded or not consented is out, and
 * a campaign is the one that is meant.
 */
export const dealCredit = (inputs: DealCreditInputs): Sql =>
  sql`SELECT * EXCEPT (unit), unit AS deal_id FROM (${unitCredit({ gathered: gathered(inScope(inputs)), linkage: inputs.linkage, groups: inputs.groups }, inputs.definitions.models)})`

type ScopedInputs = DealCreditInputs & { readonly keptTouches: Sql }

/** The same over the touches and leads of whole families, where they are asked for. */
const inScope = (inputs: DealCreditInputs): ScopedInputs => {
  const { leads, accountTouches: keptTouches } = inputs
  if (inputs.scope !== 'family') return { ...inputs, keptTouches }
  return {
    ...inputs,
    keptTouches,
    accountTouches: familyTouches(inputs),
    ...(leads ? { leads: { ...leads, identities: familyIdentities({ ...inputs, identities: leads.identities }) } } : {}),
  }
}

/** A touch's part among the accounts that it lies in; of a family that of all accounts of the family. */
const weightOf = ({ scope }: DealCreditInputs): Sql =>
  scope === 'family'
    ? sql`intDiv(${bind.uint(WHOLE)} * in_scope, greatest(accounts, 1))`
    : sql`intDiv(${bind.uint(WHOLE)}, greatest(accounts, 1))`

/** One row a deal, with the touches of its account in order, gathered once an account, and the leads of its account: (created at, recorded at, persons). */
const gathered = (inputs: ScopedInputs): Sql => sql`
  SELECT d.tenant AS tenant, d.deal_id AS unit, d.account AS account, d.created_at AS created_at, d.created_at AS deal_at, d.contact_roots AS contact_roots, d.conversions AS conversions,
    t.in_order AS in_order, t.leads AS leads
  FROM (
    SELECT tenant, account, arraySort(groupArrayIf(touch, what = 'touch')) AS in_order, arraySort(groupArrayIf((touch.1, touch.2, touch.11${inputs.linkage === 'buying_group' ? sql`, touch.13` : sql``}), what = 'lead')) AS leads
    FROM (
    SELECT 'touch' AS what, tenant, account, ${creditableTouch(inputs.definitions, weightOf(inputs), inGroup(inputs))} AS touch
    FROM ${eligibleTouches(inputs, sql`account != '' AND ${inDealAccounts(inputs)}`)}
    ${inputs.leads && needsLeads(inputs.definitions) ? sql`UNION ALL ${createdLeads(inputs, inputs.leads)}` : sql``}
    )
    GROUP BY tenant, account
  ) AS t
  RIGHT JOIN (${wantedConversions(inputs)}) AS d ON t.tenant = d.tenant AND t.account = d.account`

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
  const excluded = excludedIn(inputs)
  const placed = sql`
  SELECT l.tenant AS tenant, i.account AS account, l.occurred_at AS occurred_at, l.recorded_at AS recorded_at, l.event_id AS event_id, l.subject AS subject, i.persons AS persons
  FROM (SELECT tenant, subject, event_id, occurred_at, recorded_at FROM ${leadFacts} WHERE tenant = ${bind.string(tenant)} AND type = 'lead-created' AND recorded_at <= ${asOf}) AS l
  INNER JOIN (
    SELECT tenant, subject, persons, account, valid_from, valid_to FROM ${identities}
    WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf} AND ${inDealAccounts(inputs)}
  ) AS i ON i.tenant = l.tenant AND i.subject = l.subject
  WHERE i.valid_from <= l.occurred_at AND i.valid_to > l.occurred_at ${excluded === null ? sql`` : sql`AND l.subject NOT IN (SELECT record FROM (${excluded}))`}`
  const inGroup = (personas: readonly string[]): Sql =>
    ofGroup({ ...inputs, personas }, sql`SELECT event_id AS id, occurred_at AS at, persons FROM (${placed})`, {
      id: sql`event_id`,
      persons: sql`persons`,
    })
  return sql`
  SELECT 'lead' AS what, tenant, account, (occurred_at, recorded_at, event_id, '', '', '', '', '', '', subject, persons, toUInt32(0)${byGroup(inputs, inGroup)}) AS touch
  FROM (${placed})`
}

/** What is added, after a comma, where linkage asks for the buying group: one item for each group that ever was in force. */
const byGroup = ({ linkage, groups = [] }: DealCreditInputs, of: (personas: readonly string[]) => Sql): Sql =>
  linkage === 'buying_group'
    ? sql`, [${joinSql(
        groups.map(({ personas }) => of(personas)),
        ', ',
      )}]`
    : sql``

/** Of a touch: was it by somebody of the buying group, by each that was in force? Looks at the touches as they are kept: whose they are, no scope changes. */
const inGroup = (inputs: ScopedInputs): Sql => {
  const { keptTouches, tenant, asOf } = inputs
  return byGroup(inputs, personas => {
    const happened = sql`
      SELECT touch_id AS id, occurred_at AS at, persons FROM ${keptTouches}
      WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf} AND notEmpty(persons)
        AND touch_type IN (${bind.strings(inputs.definitions.responses.touch_types)})`
    return ofGroup({ ...inputs, personas }, happened, { id: sql`touch_id`, persons: sql`persons` })
  })
}

/** (tenant, record, reason): what does not count; null where nothing was ever excluded. */
type DealsInputs = Pick<DealCreditInputs, 'dealJourney' | 'roots' | 'merges' | 'deals' | 'accounts' | 'tenant' | 'asOf'>

/** (node, root) as of the knowledge time. */
const rootsAsOf = ({ roots, tenant, asOf }: Pick<DealsInputs, 'roots' | 'tenant' | 'asOf'>): Sql =>
  sql`SELECT node, root FROM ${roots} WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf}`

/** A condition on `account`: is it a root account of one of the deals? */
const inDealAccounts = (inputs: DealsInputs): Sql => {
  const { accounts = null, merges = true } = inputs
  return accounts !== null && !merges
    ? sql`account IN (${bind.strings(accounts)})`
    : sql`account IN (SELECT account FROM (${dealAccounts(inputs)}))`
}

/** (account): the root accounts of the deals. */
const dealAccounts = ({ dealJourney, roots, deals, accounts = null, merges = true, tenant, asOf }: DealsInputs): Sql => {
  const named =
    accounts === null
      ? sql`SELECT DISTINCT account FROM ${dealJourney} WHERE tenant = ${bind.string(tenant)} AND (tenant, deal_id) IN (${deals})`
      : sql`SELECT arrayJoin(${bind.strings(accounts)}) AS account`
  if (!merges) return named
  return sql`
  SELECT if(r.node = '', j.account, substring(r.root, 9)) AS account
  FROM (${named}) AS j
  LEFT JOIN (${rootsAsOf({ roots, tenant, asOf })}) AS r ON r.node = concat('account:', j.account)`
}

/** (tenant, deal_id, account, created_at, contact_roots, conversions): [(name, reached, instant)] of each deal. */
const dealsWithConversions = (inputs: DealsInputs & { readonly definitions: Definitions }): Sql => sql`
  SELECT tenant, deal_id, substring(rooted[1], 9) AS account, created_at, arraySort(arrayDistinct(arraySlice(rooted, 2))) AS contact_roots,
    [
      ('deal', toUInt8(counted), created_at),
      ('sqo', toUInt8(counted AND sqo_at < ${foreverValid}), sqo_at),
      -- 2: not yet, and still possible
      ('won', toUInt8(counted * multiIf(outcome = 'won', 1, outcome = 'open', 2, 0)), won_at)
    ] AS conversions
  FROM (${rootedDeals(inputs)})`

/** (tenant, deal_id, created_at, counted, outcome, sqo_at, won_at, rooted): the deals, with their account and then their contacts, each as what it was merged into. */
const rootedDeals = ({
  dealJourney,
  roots,
  merges = true,
  deals,
  tenant,
  definitions,
  asOf,
}: DealsInputs & { readonly definitions: Definitions }): Sql => {
  const told = sql`
        SELECT tenant, deal_id, created_at, counted, outcome, entered_at,
          arrayFirstIndex(s -> has(${bind.strings(qualifyingDealStages(definitions.stageMap))}, s), stages) AS has_sqo,
          if(has_sqo = 0, ${foreverValid}, entered_at[has_sqo]) AS sqo_at,
          -- touches count up to the closing or the end of the close date in the tenant's zone, whichever is first
          if(closed_at IS NULL, ${foreverValid}, least(assumeNotNull(closed_at),
            if(close_date IS NULL, ${foreverValid}, toTimeZone(toDateTime64(addDays(assumeNotNull(close_date), 1), 6, ${bind.string(definitions.zone)}), 'UTC') - toIntervalMicrosecond(1)))) AS won_at,
          arrayPushFront(contacts, concat('account:', account)) AS names
        FROM ${dealJourney}
        WHERE tenant = ${bind.string(tenant)} AND (tenant, deal_id) IN (${deals})`
  if (!merges) return sql`SELECT tenant, deal_id, created_at, counted, outcome, sqo_at, won_at, names AS rooted FROM (${told})`
  return sql`
    SELECT tenant, deal_id, created_at, counted, outcome, sqo_at, won_at,
      arrayMap(n -> n.2, arraySort(groupArray((place, if(r.node = '', named, r.root))))) AS rooted
    FROM (
      SELECT tenant, deal_id, created_at, counted, outcome, sqo_at, won_at, place, named
      FROM (${told})
      ARRAY JOIN names AS named, arrayEnumerate(names) AS place
    ) AS d
    LEFT JOIN (${rootsAsOf({ roots, tenant, asOf })}) AS r ON r.node = d.named
    GROUP BY tenant, deal_id, created_at, counted, outcome, sqo_at, won_at`
}
