import type { Definitions } from '../definitions/definitions.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import { foreverValid } from './in-force.ts'
import { isOneOf, type Key, rowsOfKeys } from './keys.ts'

/** The facts appended in (from, to] of the tenants that are projected, and everything of those that went live in it (design D2). ms. */
export type Window = {
  readonly from: number
  readonly to: number
  readonly skip: readonly string[]
  readonly whole: readonly string[]
  /** What was said in it, where it is little: statements then name it instead of looking it up. */
  readonly said: readonly Said[] | null
}

/** One row of `changes`: an entity of which something was said, by which event, and of a touch which. */
export type Said = Key & { readonly kind: ChangeKind; readonly event_id: string; readonly touch: string }

/**
 * What a fact can change: the word of its table, evidence of identity by what it says (`link`: whom an alias stands for; `placement`: where a
 * person belongs).
 */
export type ChangeKind =
  | 'touch'
  | 'link'
  | 'placement'
  | 'merge'
  | 'domains'
  | 'lead'
  | 'deal'
  | 'exclusion'
  | 'campaign'
  | 'consent'
  | 'record'
/** What takes touches or records out, or gives touches another campaign. */
export const EXCEPTION_KINDS: readonly ChangeKind[] = ['exclusion', 'campaign', 'consent']

/** What changes who somebody is; all but `link` also where persons belong. */
export const IDENTITY_KINDS: readonly ChangeKind[] = ['link', 'placement', 'merge', 'domains']
export const changeKinds: readonly ChangeKind[] = ['touch', ...IDENTITY_KINDS, 'lead', 'deal', ...EXCEPTION_KINDS, 'record']
const PLACEMENT_KINDS: readonly ChangeKind[] = ['placement', 'merge', 'domains']

/** The facts of each kind, as a source of (tenant, subject). */
const FACTS: Readonly<Record<ChangeKind, Sql>> = {
  touch: sql`touch_facts WHERE 1`,
  link: sql`link_facts WHERE relation = 'link' AND NOT startsWith(subject, 'person:')`,
  placement: sql`link_facts WHERE relation = 'link' AND startsWith(subject, 'person:')`,
  merge: sql`link_facts WHERE relation = 'merge'`,
  domains: sql`link_facts WHERE relation = 'domains'`,
  lead: sql`lead_facts WHERE 1`,
  deal: sql`deal_facts WHERE 1`,
  exclusion: sql`record_facts WHERE type = 'record-excluded'`,
  campaign: sql`record_facts WHERE type IN ('campaign-alias-added', 'campaign-alias-removed', 'campaign-planned')`,
  consent: sql`consent_facts WHERE 1`,
  record: sql`record_facts WHERE 1`,
}

/** (tenant, key): the subjects of those kinds of fact. */
const changed = ({ from, to, skip, whole, said }: Window, kinds: readonly ChangeKind[]): Sql => {
  if (said !== null) return rowsOfKeys(said.filter(({ kind }) => kinds.includes(kind)))
  const window = sql`
    SELECT tenant, key FROM changes
    WHERE appended_at > ${bind.instant(from)} AND appended_at <= ${bind.instant(to)} AND kind IN (${bind.strings(kinds)}) AND tenant NOT IN (${bind.strings(skip)})`
  if (whole.length === 0) return window
  const all = kinds.map(kind => sql`SELECT DISTINCT tenant, subject AS key FROM ${FACTS[kind]} AND tenant IN (${bind.strings(whole)})`)
  return joinSql([window, ...all], ' UNION DISTINCT ')
}

/** (tenant, key): the nodes, and all that ever shared a root with them. */
const sharingRoot = (nodes: Sql): Sql => sql`
  ${nodes}
  UNION DISTINCT SELECT tenant, node AS key FROM roots WHERE (tenant, root) IN (SELECT tenant, root FROM roots WHERE (tenant, node) IN (${nodes}))`

/** (tenant, key): nodes of merges whose root may have changed, targets included, so that every node of a merge has its rows. */
export const affectedRoots = (window: Window): Sql => {
  const merged = changed(window, ['merge'])
  return sql`
    ${merged}
    UNION DISTINCT SELECT tenant, target AS key FROM link_facts WHERE relation = 'merge' AND (tenant, subject) IN (${merged})
    UNION DISTINCT SELECT tenant, node AS key FROM roots WHERE (tenant, root) IN (${merged})
    UNION DISTINCT SELECT tenant, node AS key FROM roots WHERE (tenant, root) IN (SELECT tenant, root FROM roots WHERE (tenant, node) IN (${merged}))`
}

/** Accounts whose merges or domains changed, and all that ever shared a root with them. */
const movedAccounts = (window: Window): Sql =>
  sharingRoot(sql`SELECT tenant, key FROM (${changed(window, ['merge', 'domains'])}) WHERE startsWith(key, 'account:')`)

/** Persons who may belong elsewhere than before. Account merges and domains reach everybody of the account, which takes a longer look. */
const movedPersons = (window: Window, kinds: ReadonlySet<ChangeKind>): Sql => {
  const own = changed(window, PLACEMENT_KINDS)
  const reached = [sql`SELECT tenant, key FROM (${own}) WHERE startsWith(key, 'person:')`]
  if (kinds.has('merge'))
    reached.push(
      sql`SELECT tenant, target AS key FROM link_facts WHERE relation = 'merge' AND startsWith(target, 'person:') AND (tenant, subject) IN (${own})`,
    )
  if (kinds.has('merge') || kinds.has('domains')) {
    const accounts = movedAccounts(window)
    reached.push(
      sql`SELECT tenant, subject AS key FROM link_facts WHERE relation = 'link' AND startsWith(subject, 'person:') AND (tenant, target) IN (${accounts})`,
      sql`SELECT tenant, subject AS key FROM link_facts WHERE relation = 'domains' AND startsWith(subject, 'person:')
        AND hasAny(domains, (SELECT groupUniqArrayArray(domains) FROM link_facts WHERE relation = 'domains' AND startsWith(subject, 'account:') AND (tenant, subject) IN (${accounts})))`,
    )
  }
  return sql`SELECT tenant, key FROM (${sharingRoot(joinSql(reached, ' UNION DISTINCT '))}) WHERE startsWith(key, 'person:')`
}

const PLACED = sql`['placements', 'identities', 'account_touches']`
const IDENTIFIED = sql`['identities', 'account_touches']`

/**
 * (name, tenant, key): the entities of `placements`, `identities`, `account_touches` and `deal_journey` that a window can have changed, found in one
 * look, because whoever is placed anew is also somebody else, and whoever is somebody else has their touches elsewhere.
 * To be asked when `roots` has been computed.
 */
export const affectedByFacts = (window: Window, kinds: ReadonlySet<ChangeKind>): Sql | null => {
  const found: Sql[] = []
  // what is named needs no look
  if (kinds.has('touch') && window.said === null)
    found.push(sql`SELECT ['account_touches'] AS names, tenant, key FROM (${changed(window, ['touch'])})`)
  if (kinds.has('deal') && window.said === null)
    found.push(sql`SELECT ['deal_journey'] AS names, tenant, key FROM (${changed(window, ['deal'])})`)
  if (IDENTITY_KINDS.some(kind => kinds.has(kind))) {
    const subjects = changed(window, IDENTITY_KINDS)
    const targets = sql`SELECT DISTINCT tenant, target AS key FROM link_facts WHERE relation = 'link' AND (tenant, subject) IN (${subjects})`
    found.push(
      sql`SELECT ${IDENTIFIED} AS names, tenant, key FROM (${subjects})`,
      // whoever is named for the first time stands for itself from now on
      sql`SELECT ${PLACED} AS names, tenant, key FROM (${targets}) WHERE (tenant, key) NOT IN (
        SELECT tenant, subject FROM identities WHERE version <= ${bind.uint(window.from)} AND (tenant, subject) IN (${targets}))`,
    )
    if (PLACEMENT_KINDS.some(kind => kinds.has(kind))) {
      const persons = movedPersons(window, kinds)
      found.push(
        sql`SELECT ${PLACED} AS names, tenant, key FROM (${persons})`,
        sql`SELECT ${IDENTIFIED} AS names, tenant, subject AS key FROM link_facts WHERE relation = 'link' AND (tenant, target) IN (${persons})`,
      )
    }
    if (kinds.has('merge') || kinds.has('domains')) {
      const accounts = movedAccounts(window)
      found.push(
        sql`SELECT ${IDENTIFIED} AS names, tenant, key FROM (${accounts})`,
        sql`SELECT ${IDENTIFIED} AS names, tenant, subject AS key FROM link_facts WHERE relation = 'link' AND (tenant, target) IN (${accounts})`,
      )
    }
  }
  if (EXCEPTION_KINDS.some(kind => kinds.has(kind))) found.push(...reachedByExceptions(window, kinds))
  // a deal is out with what its account was merged into
  if (kinds.has('merge')) found.push(dealsOf(movedAccounts(window)))
  if (found.length === 0) return null
  return sql`
    SELECT name, tenant, key FROM (${joinSql(found, ' UNION ALL ')}) ARRAY JOIN names AS name
    WHERE name != 'placements' OR startsWith(key, 'person:')`
}

/** Does the window say nothing about who somebody is but whom aliases stand for? */
export const saysLinksOnly = (kinds: ReadonlySet<ChangeKind>): boolean =>
  kinds.has('link') && ![...IDENTITY_KINDS, ...EXCEPTION_KINDS].some(kind => kind !== 'link' && kinds.has(kind))

/** (tenant, key): whom the aliases ever stood for. */
export const targetsOf = (aliases: readonly Key[]): Sql =>
  sql`SELECT DISTINCT toString(tenant) AS tenant, target AS key FROM link_facts WHERE relation = 'link' AND ${isOneOf(sql`subject`, aliases)}`

/** (tenant, key): who of them stood for something before the window. */
export const knownBefore = ({ from }: Pick<Window, 'from'>, subjects: readonly Key[]): Sql =>
  sql`SELECT DISTINCT toString(tenant) AS tenant, subject AS key FROM identities WHERE version <= ${bind.uint(from)} AND ${isOneOf(sql`subject`, subjects)}`

const dealsOf = (accounts: Sql): Sql =>
  sql`SELECT ['deal_journey'] AS names, tenant, subject AS key FROM deal_facts WHERE account != '' AND (tenant, concat('account:', account)) IN (${accounts})`

/** Persons whom an exclusion reaches, as `find` writes them down; no table has this name. */
const EXCLUDED = 'excluded'

/**
 * (names, tenant, key): what exclusions, consents and names of campaigns reach. Touches that count otherwise than before are computed anew though their rows
 * say the same: the credit and the journeys that they are in follow from that.
 */
const reachedByExceptions = (window: Window, kinds: ReadonlySet<ChangeKind>): readonly Sql[] => {
  const said = changed(window, ['exclusion', 'consent'])
  const nodes = sharingRoot(said)
  const campaigns = sql`
    SELECT tenant, key FROM (${changed(window, ['campaign'])})
    UNION DISTINCT SELECT tenant, substring(s.key, 10) AS key FROM (${said}) AS s WHERE startsWith(s.key, 'campaign:')`
  // with its table's name: where the key is cut, the whole one is meant
  const found: Sql[] = []
  if (kinds.has('exclusion') || kinds.has('consent'))
    found.push(
      sql`SELECT ['account_touches'] AS names, tenant, key FROM (${nodes})`,
      sql`SELECT ['account_touches'] AS names, tenant, subject AS key FROM link_facts WHERE relation = 'link' AND (tenant, target) IN (${nodes})`,
    )
  if (kinds.has('exclusion') || kinds.has('campaign'))
    found.push(
      sql`SELECT ['account_touches'] AS names, tenant, subject AS key FROM account_touches WHERE (tenant, toString(campaign)) IN (
        ${campaigns}
        UNION DISTINCT SELECT tenant, JSONExtractString(payload, 'alias') AS key FROM record_facts
        WHERE type IN ('campaign-alias-added', 'campaign-alias-removed') AND (tenant, subject) IN (${campaigns}))`,
    )
  if (kinds.has('exclusion'))
    found.push(
      sql`SELECT ['account_touches'] AS names, tenant, subject AS key FROM events
        WHERE type = 'touch-recorded' AND (tenant, event_id) IN (SELECT tenant, substring(key, 7) FROM (${said}) WHERE startsWith(key, 'touch:'))`,
      sql`SELECT ['deal_journey'] AS names, tenant, substring(s.key, 6) AS key FROM (${said}) AS s WHERE startsWith(s.key, 'deal:')`,
      dealsOf(nodes),
      sql`SELECT ['${{ parts: [EXCLUDED] }}'] AS names, tenant, key FROM (${nodes})`,
      sql`SELECT ['${{ parts: [EXCLUDED] }}'] AS names, tenant, subject AS key FROM identities WHERE startsWith(subject, 'person:') AND (tenant, concat('account:', account)) IN (${nodes})`,
    )
  return found
}

/** What of a tenant to compute: what the tables before it say, or all of it. */
export type OfTenant = {
  readonly tenant: string
  readonly all: boolean
  readonly kinds: ReadonlySet<ChangeKind>
  readonly definitions: Pick<Definitions, 'responses'>
  /** Whether there ever was a merge, and a lead. */
  readonly merges: boolean
  readonly leads: boolean
}

/** (tenant, key): what was computed of a table before in the same step. Null where that is nothing. */
type ComputedKeys = (table: string) => Sql | null

/** What decides whose lead was created when, and in which account. */
const LEAD_KINDS: readonly ChangeKind[] = ['lead', 'exclusion', ...IDENTITY_KINDS]

const union = (parts: readonly (Sql | null)[]): Sql | null => {
  const there = parts.filter(part => part !== null)
  return there.length === 0 ? null : joinSql(there, ' UNION DISTINCT ')
}

/** The condition, where it can hold at all. */
const ifAny = (rows: Sql | null, condition: (rows: Sql) => Sql): Sql | null => (rows === null ? null : condition(rows))

/** Accounts in which a lead was created, as was ever known of the persons whose leads, accounts or exclusion changed: with or without a touch of theirs. */
const accountsOfLeads = (window: Window, { tenant, kinds, leads }: OfTenant, computed: ComputedKeys): Sql | null => {
  if (!leads || !LEAD_KINDS.some(kind => kinds.has(kind))) return null
  const own = bind.string(tenant)
  const persons = union([
    kinds.has('lead') ? changed(window, ['lead']) : null,
    computed('identities'),
    kinds.has('exclusion') ? computed(EXCLUDED) : null,
  ])
  return ifAny(
    persons,
    rows => sql`
    SELECT concat('account:', account) FROM identities WHERE tenant = ${own} AND account != '' AND (tenant, subject) IN (
      SELECT tenant, subject FROM lead_facts WHERE tenant = ${own} AND type = 'lead-created' AND (tenant, subject) IN (${rows}))`,
  )
}

/**
 * (account, since, persons): accounts in which responses were computed by the window, the earliest of them, and by whom they are. Rows of a later version than `from` were computed
 * for this window: by this step, or, for a rebuild that catches up, by the steps since. What is no response earns no credit and opens no journey.
 */
export const movedResponses = (
  { from }: Pick<Window, 'from'>,
  { tenant, definitions }: Pick<OfTenant, 'tenant' | 'definitions'>,
): Sql => sql`
  SELECT toString(account) AS account, toUnixTimestamp64Micro(min(occurred_at)) AS since, arraySort(groupUniqArrayArray(persons)) AS persons
  FROM account_touches
  WHERE tenant = ${bind.string(tenant)} AND version > ${bind.uint(from)} AND automatic = 0 AND touch_type IN (${bind.strings(definitions.responses.touch_types)})
  GROUP BY account`

/** What `movedResponses` found, where it is little. µs. */
type MovedResponses = { readonly account: string; readonly since: number; readonly persons: readonly string[] }

/** Conditions on a deal of the tenant: what can change its credit besides the touches of its account. */
const creditMovedBy = (window: Window, of: OfTenant, computed: ComputedKeys, more: Sql | null): readonly Sql[] => {
  const own = bind.string(of.tenant)
  const nodes = union([
    ifAny(computed('roots'), rows => sql`SELECT key FROM (${rows}) WHERE tenant = ${own} AND startsWith(key, 'account:')`),
    accountsOfLeads(window, of, computed),
    more,
  ])
  return [
    ifAny(computed('deal_journey'), rows => sql`(tenant, deal_id) IN (${rows})`),
    ifAny(
      nodes,
      rows =>
        sql`concat('account:', account) IN (${rows} UNION DISTINCT SELECT node FROM roots WHERE tenant = ${own} AND root IN (${rows}))`,
    ),
  ].filter(condition => condition !== null)
}

/** (tenant, key): deals whose credit may have changed, where they may be many. */
export const affectedCredits = (window: Window, of: OfTenant, computed: ComputedKeys): Sql => {
  const own = bind.string(of.tenant)
  if (of.all) return sql`SELECT tenant, deal_id AS key FROM deal_journey WHERE tenant = ${own}`
  const touched = sql`SELECT concat('account:', account) FROM (${movedResponses(window, of)}) WHERE account != ''`
  return sql`SELECT DISTINCT tenant, deal_id AS key FROM deal_journey WHERE tenant = ${own} AND (${joinSql(creditMovedBy(window, of, computed, touched), ' OR ')})`
}

/**
 * (key, account, until, sure): deals whose credit may have changed, with the account that they name. `until`: nothing that happens after it changes anything of a deal that is closed, µs;
 * `sure`: whatever happened, and not for the touches of its account alone.
 */
export const fewAffectedCredits = (window: Window, of: OfTenant, computed: ComputedKeys, moved: readonly MovedResponses[]): Sql => {
  const accounts = moved.map(({ account }) => account).filter(account => account !== '')
  const nodes = bind.strings(accounts.map(account => `account:${account}`))
  const own = bind.string(of.tenant)
  const sure = [
    ...creditMovedBy(window, of, computed, null),
    // those that name an account that was merged into one of them
    ...(of.merges && accounts.length > 0
      ? [sql`concat('account:', account) IN (SELECT node FROM roots WHERE tenant = ${own} AND root IN (${nodes}))`]
      : []),
  ]
  const surely = sure.length === 0 ? sql`0` : joinSql(sure, ' OR ')
  return sql`
    SELECT DISTINCT deal_id AS key, account, toUInt8(${surely}) AS sure,
      toUnixTimestamp64Micro(if(outcome = 'open', ${foreverValid}, greatest(ifNull(closed_at, created_at), created_at, arrayMax(arrayPushBack(entered_at, created_at))))) AS until
    FROM deal_journey
    WHERE tenant = ${own} AND (account IN (${bind.strings(accounts)}) OR ${surely})`
}

/** (tenant, key): persons whose journeys may have changed. Only what was said of a lead opens one: a visitor's touches open none. */
export const affectedJourneys = (window: Window, of: OfTenant, computed: ComputedKeys, moved: readonly MovedResponses[] | null): Sql => {
  const { tenant, all, kinds } = of
  const own = bind.string(tenant)
  if (all) return sql`SELECT DISTINCT tenant, subject AS key FROM lead_facts WHERE tenant = ${own}`
  const persons = (moved ?? []).flatMap(each => each.persons).map(key => ({ tenant, key }))
  const deals = computed('deal_journey')
  const reached = union([
    moved === null ? sql`SELECT ${own} AS tenant, arrayJoin(persons) AS key FROM (${movedResponses(window, of)})` : null,
    persons.length === 0 ? null : rowsOfKeys(persons),
    kinds.has('lead') ? sql`SELECT tenant, key FROM (${changed(window, ['lead'])}) WHERE tenant = ${own}` : null,
    ifAny(computed('placements'), rows => sql`SELECT tenant, key FROM (${rows}) WHERE tenant = ${own}`),
    ifAny(
      deals,
      rows =>
        sql`SELECT tenant, person AS key FROM deal_facts WHERE tenant = ${own} AND type = 'deal-contact-linked' AND (tenant, subject) IN (${rows})`,
    ),
    ifAny(
      deals,
      rows =>
        sql`SELECT tenant, subject AS key FROM lead_facts WHERE tenant = ${own} AND type = 'lead-converted' AND (tenant, deal_id) IN (${rows})`,
    ),
    kinds.has('exclusion') ? ifAny(computed(EXCLUDED), rows => sql`SELECT tenant, key FROM (${rows}) WHERE tenant = ${own}`) : null,
  ])
  return sql`SELECT DISTINCT tenant, subject AS key FROM lead_facts WHERE tenant = ${own} AND ${reached === null ? sql`0` : sql`(tenant, subject) IN (${reached})`}`
}
