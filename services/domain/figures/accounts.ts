import { bind, joinSql, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/** Attributes of an account that lists show and filter by. */
export const ACCOUNT_ATTRIBUTES = [
  'name',
  'industry',
  'country',
  'region',
  'segment',
  'tier',
  'owner_id',
  'team',
  'lifecycle',
  'partner',
  'external_url',
] as const
export type AccountAttribute = (typeof ACCOUNT_ATTRIBUTES)[number]

export type AccountsQuestion = {
  readonly filters: Partial<Record<AccountAttribute, readonly string[]>>
  readonly limit: number
  readonly offset: number
}

const attributes: Sql = { parts: [ACCOUNT_ATTRIBUTES.join(', ')] }
const PAYLOAD = `'Tuple(${ACCOUNT_ATTRIBUTES.map(name => `${name} String`).join(', ')}, employees Nullable(Int64), cleared Array(String))'`

/** The last that was said of a field; an empty one says nothing unless it is said to be cleared. */
const lastSaid = (name: AccountAttribute): string => `argMaxIf(a.${name}, said, a.${name} != '' OR has(a.cleared, '${name}')) AS ${name}`

/** (account, attributes …, employees): accounts that anything was said of, as they are called now; those merged into others left out. */
const known = ({ recordFacts, roots }: FigureSources): Sql => sql`
  SELECT substring(subject, 9) AS account, ${{ parts: [ACCOUNT_ATTRIBUTES.map(lastSaid).join(', ')] }},
    argMaxIf(a.employees, said, isNotNull(a.employees) OR has(a.cleared, 'employees')) AS employees
  FROM (
    SELECT subject, (occurred_at, recorded_at, event_id) AS said, JSONExtract(payload, ${{ parts: [PAYLOAD] }}) AS a
    FROM ${recordFacts}
    WHERE type = 'account-updated' AND subject NOT IN (SELECT node FROM ${roots} WHERE root != node)
  )
  GROUP BY subject`

const matching = (sources: FigureSources, { filters }: Pick<AccountsQuestion, 'filters'>): Sql => {
  const conditions = Object.entries(filters).map(
    ([name, values]) => sql`AND if(${{ parts: [name] }} = '', '(none)', ${{ parts: [name] }}) IN (${bind.strings(values)})`,
  )
  return sql`SELECT * FROM (${known(sources)}) WHERE 1 ${joinSql(conditions, ' ')}`
}

/** One page of accounts in the order of their ids. */
export const accountsPage = (sources: FigureSources, question: AccountsQuestion): Sql => sql`
  SELECT account, ${attributes}, employees, count() OVER () AS accounts
  FROM (${matching(sources, question)})
  ORDER BY account
  LIMIT ${bind.uint(question.limit)} OFFSET ${bind.uint(question.offset)}`

/** (account, team, touches, last_touch): of each of the accounts, by team; automatic touches are nobody's. */
export const lastTouches = ({ accountTouches }: FigureSources, accounts: readonly string[]): Sql => sql`
  SELECT account, toString(team) AS team, count() AS touches, toString(max(occurred_at)) AS last_touch
  FROM ${accountTouches}
  WHERE account IN (${bind.strings(accounts)}) AND automatic = 0 AND team != ''
  GROUP BY account, team
  ORDER BY account, team`

/**
 * (account, open_deals, won_deals, contacts, roles): deals of the accounts, and whom and which buying roles their open deals are linked to.
 * What was linked is unlinked by a later `deal-contact-unlinked` of the same person.
 */
export const accountDeals = ({ dealJourney, dealFacts, roots }: FigureSources, accounts: readonly string[]): Sql => sql`
  SELECT account, countIf(outcome = 'open') AS open_deals, countIf(outcome = 'won') AS won_deals,
    length(arraySort(groupUniqArrayArrayIf(people, outcome = 'open'))) AS contacts, arraySort(groupUniqArrayArrayIf(parts, outcome = 'open')) AS roles
  FROM (
    SELECT if(r.node = '', d.account, substring(r.root, 9)) AS account, d.outcome AS outcome, l.people AS people, l.parts AS parts
    FROM (SELECT deal_id, account, toString(outcome) AS outcome FROM ${dealJourney} WHERE counted = 1) AS d
    LEFT JOIN (SELECT node, root FROM ${roots} WHERE startsWith(node, 'account:')) AS r ON r.node = concat('account:', d.account)
    LEFT JOIN (
      SELECT deal_id, arraySort(groupArrayIf(person, linked = 1)) AS people, arraySort(groupArrayIf(role, linked = 1 AND role != '')) AS parts
      FROM (
        SELECT subject AS deal_id, person, argMax(type = 'deal-contact-linked', (occurred_at, recorded_at, event_id)) AS linked,
          argMax(toString(buying_role), (occurred_at, recorded_at, event_id)) AS role
        FROM ${dealFacts}
        WHERE type IN ('deal-contact-linked', 'deal-contact-unlinked') AND person != ''
        GROUP BY subject, person
      )
      GROUP BY deal_id
    ) AS l ON l.deal_id = d.deal_id
  )
  WHERE account IN (${bind.strings(accounts)})
  GROUP BY account
  ORDER BY account`
