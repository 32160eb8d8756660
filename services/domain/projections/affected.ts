import { bind, type Sql, sql } from '../sql.ts'

/**
 * What a projection has to look at (design D2). `window`: the facts appended in (from, to] of the tenants that are projected, and everything of
 * those that went live in it. `everything`: a rebuild or a verification.
 */
export type Scope =
  | { readonly kind: 'window'; readonly from: number; readonly to: number; readonly skip: readonly string[]; readonly whole: readonly string[] }
  | { readonly kind: 'everything'; readonly to: number; readonly skip: readonly string[] }

export type ChangeKind = 'touch' | 'link' | 'lead' | 'deal' | 'record'

const FACTS = { touch: 'touch_facts', link: 'link_facts', lead: 'lead_facts', deal: 'deal_facts', record: 'record_facts' } as const

/** (tenant, key): the subjects of that kind of fact. */
export const changedKeys = (scope: Scope, kind: ChangeKind): Sql => {
  if (scope.kind === 'everything') {
    return sql`SELECT DISTINCT tenant, subject AS key FROM ${{ parts: [FACTS[kind]] }} WHERE tenant NOT IN (${bind.strings(scope.skip)})`
  }
  const window = sql`
    SELECT tenant, key FROM changes
    WHERE appended_at > ${bind.instant(scope.from)} AND appended_at <= ${bind.instant(scope.to)} AND kind = ${bind.string(kind)} AND tenant NOT IN (${bind.strings(scope.skip)})`
  if (scope.whole.length === 0) return window
  return sql`${window}
    UNION ALL
    SELECT DISTINCT tenant, subject AS key FROM ${{ parts: [FACTS[kind]] }} WHERE tenant IN (${bind.strings(scope.whole)})`
}

/** (tenant, node): the nodes, and all that ever shared a root with them. */
const sharingRoot = (nodes: Sql): Sql => sql`
  ${nodes}
  UNION DISTINCT
  SELECT tenant, node FROM roots WHERE (tenant, root) IN (SELECT tenant, root FROM roots WHERE (tenant, node) IN (${nodes}))`

/** (tenant, node): nodes of merges whose root may have changed, targets included, so that every node of a merge has its rows. */
export const affectedRoots = (scope: Scope): Sql => {
  const keys = changedKeys(scope, 'link')
  if (scope.kind === 'everything') {
    return sql`
      SELECT tenant, subject AS node FROM link_facts WHERE relation = 'merge' AND (tenant, subject) IN (${keys})
      UNION DISTINCT SELECT tenant, target AS node FROM link_facts WHERE relation = 'merge' AND (tenant, subject) IN (${keys})`
  }
  const merged = sql`SELECT tenant, subject AS node FROM link_facts WHERE relation = 'merge' AND (tenant, subject) IN (${keys})`
  return sql`
    ${merged}
    UNION DISTINCT SELECT tenant, target AS node FROM link_facts WHERE relation = 'merge' AND (tenant, subject) IN (${keys})
    UNION DISTINCT SELECT tenant, node FROM roots WHERE (tenant, root) IN (${merged})
    UNION DISTINCT SELECT tenant, node FROM roots WHERE (tenant, root) IN (SELECT tenant, root FROM roots WHERE (tenant, node) IN (${merged}))`
}

/** (tenant, node): accounts whose merges or domains changed, and all that ever shared a root with them. */
const affectedAccounts = (scope: Scope): Sql => sharingRoot(sql`SELECT tenant, key AS node FROM (${changedKeys(scope, 'link')}) WHERE startsWith(key, 'account:')`)

/** (tenant, person): persons whose placements may have changed. */
export const affectedPersons = (scope: Scope): Sql => {
  const keys = changedKeys(scope, 'link')
  if (scope.kind === 'everything') {
    return sql`
      SELECT tenant, key AS person FROM (${keys}) WHERE startsWith(key, 'person:')
      UNION DISTINCT
      SELECT tenant, target AS person FROM link_facts WHERE startsWith(target, 'person:') AND (tenant, subject) IN (${keys})`
  }
  const own = sql`
    SELECT tenant, key AS node FROM (${keys}) WHERE startsWith(key, 'person:')
    UNION DISTINCT
    SELECT tenant, target AS node FROM link_facts WHERE startsWith(target, 'person:') AND (tenant, subject) IN (${keys})
    UNION DISTINCT
    SELECT tenant, subject AS node FROM link_facts WHERE relation = 'link' AND startsWith(subject, 'person:') AND (tenant, target) IN (${affectedAccounts(scope)})
    UNION DISTINCT
    SELECT tenant, subject AS node FROM link_facts
    WHERE relation = 'domains' AND startsWith(subject, 'person:')
      AND hasAny(domains, (SELECT groupUniqArrayArray(domains) FROM link_facts WHERE relation = 'domains' AND startsWith(subject, 'account:') AND (tenant, subject) IN (${affectedAccounts(scope)})))`
  return sql`SELECT tenant, node AS person FROM (${sharingRoot(own)}) WHERE startsWith(node, 'person:')`
}

/** (tenant, subject): subjects that may stand for somebody else than before. Needs `placements` of this version. */
export const affectedSubjects = (scope: Scope): Sql => {
  const keys = changedKeys(scope, 'link')
  if (scope.kind === 'everything') {
    return sql`
      SELECT tenant, key AS subject FROM (${keys})
      UNION DISTINCT SELECT tenant, target AS subject FROM link_facts WHERE target != '' AND (tenant, subject) IN (${keys})`
  }
  const persons = sql`SELECT tenant, person FROM placements WHERE version = ${bind.uint(scope.to)}`
  return sql`
    SELECT tenant, key AS subject FROM (${keys})
    UNION DISTINCT SELECT tenant, person AS subject FROM (${persons})
    UNION DISTINCT SELECT tenant, subject FROM link_facts WHERE relation = 'link' AND (tenant, target) IN (${persons})
    UNION DISTINCT SELECT tenant, node AS subject FROM (${affectedAccounts(scope)})
    UNION DISTINCT SELECT tenant, target AS subject FROM link_facts WHERE startsWith(target, 'account:') AND (tenant, subject) IN (${keys})
    UNION DISTINCT SELECT tenant, subject FROM link_facts WHERE relation = 'link' AND (tenant, target) IN (${affectedAccounts(scope)})`
}

/** (tenant, subject): subjects whose touches may lie elsewhere than before. Needs `identities` of this version. */
export const affectedTouchSubjects = (scope: Scope): Sql =>
  scope.kind === 'everything'
    ? changedKeys(scope, 'touch')
    : sql`
      SELECT tenant, key AS subject FROM (${changedKeys(scope, 'touch')})
      UNION DISTINCT SELECT tenant, subject FROM identities WHERE version = ${bind.uint(scope.to)}`

/** (tenant, deal_id). */
export const affectedDeals = (scope: Scope): Sql => sql`SELECT tenant, key AS deal_id FROM (${changedKeys(scope, 'deal')})`

/** (tenant, deal_id): deals whose credit may have changed. Needs `account_touches`, `roots` and `deal_journey` of this version. */
export const affectedCredits = (scope: Scope, allOfTenant: boolean): Sql => {
  if (scope.kind === 'everything' || allOfTenant) return sql`SELECT tenant, deal_id FROM deal_journey`
  const version = bind.uint(scope.to)
  const accounts = sql`
    SELECT tenant, concat('account:', account) FROM account_touches WHERE version = ${version} AND account != ''
    UNION DISTINCT SELECT tenant, node FROM roots WHERE version = ${version} AND startsWith(node, 'account:')`
  return sql`
    SELECT tenant, deal_id FROM deal_journey WHERE version = ${version}
    UNION DISTINCT SELECT tenant, deal_id FROM deal_journey WHERE (tenant, concat('account:', account)) IN (
      ${accounts}
      UNION DISTINCT SELECT tenant, node FROM roots WHERE (tenant, root) IN (${accounts}))`
}

/** (tenant, person): persons whose journeys may have changed. Needs all the tables before it of this version. */
export const affectedJourneys = (scope: Scope, allOfTenant: boolean): Sql => {
  if (scope.kind === 'everything' || allOfTenant) {
    return sql`
      SELECT DISTINCT tenant, subject AS person FROM lead_facts
      UNION DISTINCT SELECT DISTINCT tenant, arrayJoin(persons) AS person FROM account_touches
      UNION DISTINCT SELECT DISTINCT tenant, person FROM placements
      UNION DISTINCT SELECT DISTINCT tenant, person FROM deal_facts WHERE type = 'deal-contact-linked'`
  }
  const version = bind.uint(scope.to)
  const deals = sql`SELECT tenant, deal_id FROM deal_journey WHERE version = ${version}`
  return sql`
    SELECT tenant, key AS person FROM (${changedKeys(scope, 'lead')})
    UNION DISTINCT SELECT tenant, arrayJoin(persons) AS person FROM account_touches WHERE version = ${version}
    UNION DISTINCT SELECT tenant, person FROM placements WHERE version = ${version}
    UNION DISTINCT SELECT tenant, person FROM deal_facts WHERE type = 'deal-contact-linked' AND (tenant, subject) IN (${deals})
    UNION DISTINCT SELECT tenant, subject AS person FROM lead_facts WHERE type = 'lead-converted' AND (tenant, deal_id) IN (${deals})`
}
