import { bind, type Sql, sql } from '../sql.ts'

/**
 * What a projection has to look at (design D2). `window`: the facts appended in (from, to] of the tenants that are projected, and everything of
 * those that went live in it. `everything`: a rebuild or a verification.
 */
export type Scope =
  | {
      readonly kind: 'window'
      readonly from: number
      readonly to: number
      readonly skip: readonly string[]
      readonly whole: readonly string[]
    }
  | { readonly kind: 'everything'; readonly to: number; readonly skip: readonly string[] }

/** What a fact can change: the word of its table, evidence of identity by what it says. */
export type ChangeKind = 'touch' | 'link' | 'merge' | 'domains' | 'lead' | 'deal' | 'record'
export const changeKinds: readonly ChangeKind[] = ['touch', 'link', 'merge', 'domains', 'lead', 'deal', 'record']

/** The facts of each kind, as a source of (tenant, subject). */
const FACTS: Readonly<Record<ChangeKind, Sql>> = {
  touch: sql`touch_facts WHERE 1`,
  link: sql`link_facts WHERE relation = 'link'`,
  merge: sql`link_facts WHERE relation = 'merge'`,
  domains: sql`link_facts WHERE relation = 'domains'`,
  lead: sql`lead_facts WHERE 1`,
  deal: sql`deal_facts WHERE 1`,
  record: sql`record_facts WHERE 1`,
}

/** (tenant, key): the subjects of those kinds of fact. */
const changed = (scope: Scope, kinds: readonly ChangeKind[]): Sql => {
  const all = (tenants: Sql): Sql => ({
    parts: kinds.flatMap((kind, index) => [
      ...(index === 0 ? [] : [' UNION DISTINCT ']),
      ...sql`SELECT DISTINCT tenant, subject AS key FROM ${FACTS[kind]} AND ${tenants}`.parts,
    ]),
  })
  if (scope.kind === 'everything') return all(sql`tenant NOT IN (${bind.strings(scope.skip)})`)
  const window = sql`
    SELECT tenant, key FROM changes
    WHERE appended_at > ${bind.instant(scope.from)} AND appended_at <= ${bind.instant(scope.to)} AND kind IN (${bind.strings(kinds)}) AND tenant NOT IN (${bind.strings(scope.skip)})`
  return scope.whole.length === 0 ? window : sql`${window} UNION DISTINCT ${all(sql`tenant IN (${bind.strings(scope.whole)})`)}`
}

/** Rows of a later version were computed for this window: by this step, or, for a rebuild that catches up, by the steps since. */
const since = (scope: Scope): number => (scope.kind === 'window' ? scope.from : 0)

/** Whether the scope is the whole of some tenants, so that keys come from the facts alone. */
const isWhole = (scope: Scope): boolean => scope.kind === 'everything'

/** (tenant, key): the nodes, and all that ever shared a root with them. */
const sharingRoot = (nodes: Sql): Sql => sql`
  ${nodes}
  UNION DISTINCT SELECT tenant, node AS key FROM roots WHERE (tenant, root) IN (SELECT tenant, root FROM roots WHERE (tenant, node) IN (${nodes}))`

/** Nodes of merges whose root may have changed, targets included, so that every node of a merge has its rows. */
export const affectedRoots = (scope: Scope): Sql => {
  const merged = changed(scope, ['merge'])
  const ends = sql`${merged} UNION DISTINCT SELECT tenant, target AS key FROM link_facts WHERE relation = 'merge' AND (tenant, subject) IN (${merged})`
  if (isWhole(scope)) return ends
  return sql`
    ${ends}
    UNION DISTINCT SELECT tenant, node AS key FROM roots WHERE (tenant, root) IN (${merged})
    UNION DISTINCT SELECT tenant, node AS key FROM roots WHERE (tenant, root) IN (SELECT tenant, root FROM roots WHERE (tenant, node) IN (${merged}))`
}

/** Accounts whose merges or domains changed, and all that ever shared a root with them. */
const affectedAccounts = (scope: Scope): Sql =>
  sharingRoot(sql`SELECT tenant, key FROM (${changed(scope, ['merge', 'domains'])}) WHERE startsWith(key, 'account:')`)

/** Persons whose placements may have changed. `accountsMoved`: account merges or domains are among the changes. */
export const affectedPersons = (scope: Scope, accountsMoved: boolean): Sql => {
  const links = changed(scope, ['link', 'merge', 'domains'])
  const named = sql`
    SELECT tenant, key FROM (${links}) WHERE startsWith(key, 'person:')
    UNION DISTINCT SELECT tenant, target AS key FROM link_facts WHERE startsWith(target, 'person:') AND (tenant, subject) IN (${links})`
  if (isWhole(scope)) return named
  const reached = !accountsMoved
    ? named
    : sql`
      ${named}
      UNION DISTINCT SELECT tenant, subject AS key FROM link_facts WHERE relation = 'link' AND startsWith(subject, 'person:') AND (tenant, target) IN (${affectedAccounts(scope)})
      UNION DISTINCT SELECT tenant, subject AS key FROM link_facts WHERE relation = 'domains' AND startsWith(subject, 'person:')
        AND hasAny(domains, (SELECT groupUniqArrayArray(domains) FROM link_facts WHERE relation = 'domains' AND startsWith(subject, 'account:') AND (tenant, subject) IN (${affectedAccounts(scope)})))`
  return sql`SELECT tenant, key FROM (${sharingRoot(reached)}) WHERE startsWith(key, 'person:')`
}

/** Subjects that may stand for somebody else than before. `persons` (tenant, key): whose placements were computed. */
export const affectedSubjects = (scope: Scope, persons: Sql, accountsMoved: boolean): Sql => {
  const links = changed(scope, ['link', 'merge', 'domains'])
  const own = sql`
    SELECT tenant, key FROM (${links})
    UNION DISTINCT SELECT tenant, target AS key FROM link_facts WHERE startsWith(target, 'account:') AND (tenant, subject) IN (${links})
    UNION DISTINCT ${isWhole(scope) ? sql`SELECT tenant, person AS key FROM placements` : persons}`
  if (isWhole(scope)) return own
  const aliases = sql`${own} UNION DISTINCT SELECT tenant, subject AS key FROM link_facts WHERE relation = 'link' AND (tenant, target) IN (${persons})`
  if (!accountsMoved) return aliases
  return sql`
    ${aliases}
    UNION DISTINCT ${affectedAccounts(scope)}
    UNION DISTINCT SELECT tenant, subject AS key FROM link_facts WHERE relation = 'link' AND (tenant, target) IN (${affectedAccounts(scope)})`
}

/** Subjects whose touches may lie elsewhere than before. `subjects`: whose identities were computed. */
export const affectedTouchSubjects = (scope: Scope, subjects: Sql): Sql =>
  isWhole(scope) ? changed(scope, ['touch']) : sql`${changed(scope, ['touch'])} UNION DISTINCT ${subjects}`

export const affectedDeals = (scope: Scope): Sql => changed(scope, ['deal'])

/** What of a tenant to compute: what the tables before it say, or all of it. */
export type OfTenant = { readonly tenant: string; readonly all: boolean }

/** Deals whose credit may have changed. `deals`, `touched`, `roots`: the keys that were computed of deal_journey, account_touches and roots. */
export const affectedCredits = (
  scope: Scope,
  { tenant, all }: OfTenant,
  { deals, touched, roots }: { readonly deals: Sql; readonly touched: Sql; readonly roots: Sql },
): Sql => {
  const own = bind.string(tenant)
  if (isWhole(scope) || all) return sql`SELECT tenant, deal_id AS key FROM deal_journey WHERE tenant = ${own}`
  const accounts = sql`
    SELECT concat('account:', account) FROM account_touches WHERE tenant = ${own} AND account != '' AND version > ${bind.uint(since(scope))} AND (tenant, subject) IN (${touched})
    UNION DISTINCT SELECT key FROM (${roots}) WHERE tenant = ${own} AND startsWith(key, 'account:')`
  return sql`
    SELECT tenant, key FROM (${deals}) WHERE tenant = ${own}
    UNION DISTINCT SELECT tenant, deal_id AS key FROM deal_journey WHERE tenant = ${own} AND concat('account:', account) IN (
      ${accounts} UNION DISTINCT SELECT node FROM roots WHERE tenant = ${own} AND root IN (${accounts}))`
}

/** Persons whose journeys may have changed; `persons`: whose placements were computed. */
export const affectedJourneys = (
  scope: Scope,
  { tenant, all }: OfTenant,
  { deals, touched, persons }: { readonly deals: Sql; readonly touched: Sql; readonly persons: Sql },
): Sql => {
  const own = bind.string(tenant)
  if (isWhole(scope) || all) {
    return sql`
      SELECT DISTINCT tenant, subject AS key FROM lead_facts WHERE tenant = ${own}
      UNION DISTINCT SELECT DISTINCT tenant, arrayJoin(persons) AS key FROM account_touches WHERE tenant = ${own}
      UNION DISTINCT SELECT tenant, person AS key FROM placements WHERE tenant = ${own}
      UNION DISTINCT SELECT DISTINCT tenant, person AS key FROM deal_facts WHERE tenant = ${own} AND type = 'deal-contact-linked'`
  }
  return sql`
    SELECT tenant, key FROM (${changed(scope, ['lead'])}) WHERE tenant = ${own}
    UNION DISTINCT SELECT tenant, arrayJoin(persons) AS key FROM account_touches WHERE tenant = ${own} AND version > ${bind.uint(since(scope))} AND (tenant, subject) IN (${touched})
    UNION DISTINCT SELECT tenant, key FROM (${persons}) WHERE tenant = ${own}
    UNION DISTINCT SELECT tenant, person AS key FROM deal_facts WHERE tenant = ${own} AND type = 'deal-contact-linked' AND (tenant, subject) IN (${deals})
    UNION DISTINCT SELECT tenant, subject AS key FROM lead_facts WHERE tenant = ${own} AND type = 'lead-converted' AND (tenant, deal_id) IN (${deals})`
}
