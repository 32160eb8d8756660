import { bind, joinSql, type Sql, sql } from '../sql.ts'

/** The facts appended in (from, to] of the tenants that are projected, and everything of those that went live in it (design D2). ms. */
export type Window = {
  readonly from: number
  readonly to: number
  readonly skip: readonly string[]
  readonly whole: readonly string[]
}

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
const changed = ({ from, to, skip, whole }: Window, kinds: readonly ChangeKind[]): Sql => {
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
export const affectedByFacts = (window: Window, kinds: ReadonlySet<ChangeKind>): Sql => {
  const found: Sql[] = []
  if (kinds.has('touch')) found.push(sql`SELECT ['account_touches'] AS names, tenant, key FROM (${changed(window, ['touch'])})`)
  if (kinds.has('deal')) found.push(sql`SELECT ['deal_journey'] AS names, tenant, key FROM (${changed(window, ['deal'])})`)
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
  return sql`
    SELECT name, tenant, key FROM (${joinSql(found, ' UNION ALL ')}) ARRAY JOIN names AS name
    WHERE name != 'placements' OR startsWith(key, 'person:')`
}

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
export type OfTenant = { readonly tenant: string; readonly all: boolean; readonly kinds: ReadonlySet<ChangeKind> }

/** (tenant, key): what was computed of a table before in the same step. */
export type ComputedKeys = (table: string) => Sql

/** What decides whose lead was created when, and in which account. */
const LEAD_KINDS: readonly ChangeKind[] = ['lead', 'exclusion', ...IDENTITY_KINDS]

/** Accounts in which a lead was created, as was ever known of the persons whose leads, accounts or exclusion changed: with or without a touch of theirs. */
const accountsOfLeads = (window: Window, tenant: string, kinds: ReadonlySet<ChangeKind>, computed: ComputedKeys): Sql => {
  const own = bind.string(tenant)
  return sql`
    SELECT concat('account:', account) FROM identities WHERE tenant = ${own} AND account != '' AND (tenant, subject) IN (
      SELECT tenant, subject FROM lead_facts WHERE tenant = ${own} AND type = 'lead-created' AND (tenant, subject) IN (
        ${changed(window, ['lead'])} UNION DISTINCT ${computed('identities')} ${kinds.has('exclusion') ? sql`UNION DISTINCT ${computed(EXCLUDED)}` : sql``}))`
}

/** Deals whose credit may have changed. */
const affectedCredits = (window: Window, { tenant, all, kinds }: OfTenant, computed: ComputedKeys): Sql => {
  const { from } = window
  const own = bind.string(tenant)
  if (all) return sql`SELECT tenant, deal_id AS key FROM deal_journey WHERE tenant = ${own}`
  // rows of a later version were computed for this window: by this step, or, for a rebuild that catches up, by the steps since
  const accounts = sql`
    SELECT concat('account:', account) FROM account_touches WHERE tenant = ${own} AND account != '' AND version > ${bind.uint(from)} AND (tenant, subject) IN (${computed('account_touches')})
    UNION DISTINCT SELECT key FROM (${computed('roots')}) WHERE tenant = ${own} AND startsWith(key, 'account:')
    ${LEAD_KINDS.some(kind => kinds.has(kind)) ? sql`UNION DISTINCT ${accountsOfLeads(window, tenant, kinds, computed)}` : sql``}`
  return sql`
    SELECT tenant, key FROM (${computed('deal_journey')}) WHERE tenant = ${own}
    UNION DISTINCT SELECT tenant, deal_id AS key FROM deal_journey WHERE tenant = ${own} AND concat('account:', account) IN (
      ${accounts} UNION DISTINCT SELECT node FROM roots WHERE tenant = ${own} AND root IN (${accounts}))`
}

/** Persons whose journeys may have changed. Only what was said of a lead opens one: a visitor's touches open none. */
const affectedJourneys = (window: Window, { tenant, all, kinds }: OfTenant, computed: ComputedKeys): Sql => {
  const own = bind.string(tenant)
  if (all) return sql`SELECT DISTINCT tenant, subject AS key FROM lead_facts WHERE tenant = ${own}`
  const reached = sql`
    SELECT tenant, key FROM (${changed(window, ['lead'])}) WHERE tenant = ${own}
    UNION DISTINCT SELECT tenant, arrayJoin(persons) AS key FROM account_touches WHERE tenant = ${own} AND version > ${bind.uint(window.from)} AND (tenant, subject) IN (${computed('account_touches')})
    UNION DISTINCT SELECT tenant, key FROM (${computed('placements')}) WHERE tenant = ${own}
    UNION DISTINCT SELECT tenant, person AS key FROM deal_facts WHERE tenant = ${own} AND type = 'deal-contact-linked' AND (tenant, subject) IN (${computed('deal_journey')})
    UNION DISTINCT SELECT tenant, subject AS key FROM lead_facts WHERE tenant = ${own} AND type = 'lead-converted' AND (tenant, deal_id) IN (${computed('deal_journey')})
    ${kinds.has('exclusion') ? sql`UNION DISTINCT SELECT tenant, key FROM (${computed(EXCLUDED)}) WHERE tenant = ${own}` : sql``}`
  return sql`SELECT DISTINCT tenant, subject AS key FROM lead_facts WHERE tenant = ${own} AND (tenant, subject) IN (${reached})`
}

/** (name, tenant, key): the entities of a tenant's `deal_conversions` and `person_journey` that a window can have changed. To be asked when the tables before them have been computed. */
export const affectedOfTenant = (window: Window, of: OfTenant, computed: ComputedKeys): Sql => sql`
  SELECT 'deal_conversions' AS name, tenant, key FROM (${affectedCredits(window, of, computed)})
  UNION ALL
  SELECT 'person_journey' AS name, tenant, key FROM (${affectedJourneys(window, of, computed)})`
