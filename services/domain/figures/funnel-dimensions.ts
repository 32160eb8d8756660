import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { NONE } from './attribution.ts'
import type { FigureSources } from './sources.ts'

/**
 * By what a funnel figure can be asked (metrics C12): `month` and `week` (its Monday) are those of the instant that counts; `channel` and `campaign` are the journey's
 * own; all others are what was said of the person, the account, the owner or the deal at that instant.
 */
export const FUNNEL_DIMENSIONS = [
  'month',
  'week',
  'channel',
  'campaign',
  'owner',
  'team',
  'region',
  'industry',
  'segment',
  'tier',
  'persona',
  'pipeline',
  'deal_type',
  'product',
] as const
export type FunnelDimension = (typeof FUNNEL_DIMENSIONS)[number]

export const DIMS = ['anchor', 'current'] as const

export type Sliced = {
  readonly by: readonly FunnelDimension[]
  readonly filters: Readonly<Partial<Record<string, readonly string[]>>>
  /** `anchor`: as it was at the instant that counts (default); `current`: as it is known to be now. */
  readonly dims?: (typeof DIMS)[number] | undefined
  /** Only numbers are wanted: the ids of the events behind them are not read. */
  readonly lean?: boolean | undefined
}

const OF_ACCOUNT = ['region', 'industry', 'segment', 'tier'] as const
const OF_DEAL = ['pipeline', 'deal_type', 'product'] as const

export const shown = (column: Sql): Sql => sql`if(${column} = '', ${bind.string(NONE)}, toString(${column}))`

/** The dimensions that a question needs, in the order of the list. */
export const dimensionsOf = ({ by, filters }: Sliced): readonly FunnelDimension[] =>
  FUNNEL_DIMENSIONS.filter(name => by.includes(name) || filters[name] !== undefined)

/** What each record said of an attribute, or that it has none any more: [(since, recorded_at, event_id, value)], in order. */
const saidIn = (name: string): Sql =>
  sql`arraySort(groupArrayIf((occurred_at, recorded_at, event_id, JSONExtractString(payload, ${bind.string(name)})), JSONExtractString(payload, ${bind.string(name)}) != '' OR has(JSONExtract(payload, 'cleared', 'Array(String)'), ${bind.string(name)}))) AS ${identifier(`${name}_said`)}`

const saidOfDeal = (name: string): Sql =>
  sql`arraySort(groupArrayIf((occurred_at, recorded_at, event_id, toString(${identifier(name)})), ${identifier(name)} != '' OR has(cleared, ${bind.string(name)}))) AS ${identifier(`${name}_said`)}`

/**
 * `paths` (with unit, person, account, deal_id) and beside them what was ever said of the dimensions that are asked for. Only what is needed is read: without such a dimension
 * these are the paths themselves.
 */
export const withSayings = (sources: FigureSources, question: Sliced & { readonly counted: string }, paths: Sql): Sql => {
  const dims = new Set(dimensionsOf(question))
  const { recordFacts, leadFacts, dealFacts } = sources
  const deals = question.counted === 'deals'
  const owned = dims.has('owner') || dims.has('team')
  const ofAccount = OF_ACCOUNT.filter(name => dims.has(name))
  const ofPerson = [...(dims.has('persona') ? ['persona'] : []), ...(dims.has('region') ? ['region'] : [])]
  const ofDeal = [...OF_DEAL.filter(name => dims.has(name)), ...(deals && owned ? ['owner', 'team'] : [])]
  const columns: Sql[] = []
  const joins: Sql[] = []
  if (ofAccount.length > 0) {
    columns.push(...ofAccount.map(name => sql`, a.${identifier(`${name}_said`)} AS ${identifier(`account_${name}_said`)}`))
    joins.push(sql`
      LEFT JOIN (
        SELECT substring(subject, 9) AS key, ${joinSql(ofAccount.map(saidIn), ', ')}
        FROM ${recordFacts} WHERE type = 'account-updated' GROUP BY key
      ) AS a ON a.key = x.account`)
  }
  if (ofPerson.length > 0) {
    columns.push(...ofPerson.map(name => sql`, p.${identifier(`${name}_said`)} AS ${identifier(`person_${name}_said`)}`))
    joins.push(sql`
      LEFT JOIN (
        SELECT subject AS key, ${joinSql(ofPerson.map(saidIn), ', ')}
        FROM ${recordFacts} WHERE type IN ('person-created', 'person-updated') GROUP BY key
      ) AS p ON p.key = x.person`)
  }
  if (owned && !deals) {
    columns.push(sql`, o.owner_said AS owner_said`)
    joins.push(sql`
      LEFT JOIN (
        SELECT subject AS key, arraySort(groupArray((occurred_at, recorded_at, event_id, toString(owner)))) AS owner_said
        FROM ${leadFacts} WHERE owner != '' GROUP BY key
      ) AS o ON o.key = x.person`)
  }
  if (ofDeal.length > 0) {
    columns.push(...ofDeal.map(name => sql`, d.${identifier(`${name}_said`)} AS ${identifier(`${name}_said`)}`))
    joins.push(sql`
      LEFT JOIN (
        SELECT subject AS key, ${joinSql(ofDeal.map(saidOfDeal), ', ')}
        FROM ${dealFacts} GROUP BY key
      ) AS d ON d.key = x.deal_id`)
  }
  return joins.length === 0 ? paths : sql`SELECT x.*${joinSql(columns, '')} FROM (${paths}) AS x ${joinSql(joins, ' ')}`
}

/** [(member, [(since, recorded_at, event_id, team)])]. */
const teams = ({ recordFacts }: FigureSources): Sql => sql`(
  SELECT arraySort(groupArray((member_id, said))) FROM (
    SELECT JSONExtractString(payload, 'member_id') AS member_id,
      arraySort(groupArray((occurred_at, recorded_at, event_id, JSONExtractString(payload, 'team')))) AS said
    FROM ${recordFacts} WHERE type = 'member-changed' GROUP BY member_id
  ))`

/**
 * The dimensions at `anchor`, to select after other columns, each with a comma before it: what was said last at or before the instant; of a person, an account and a lead's owner,
 * where nothing was said by then, what was said first after it (an MQL is handed over after it became one). A deal has only what it had by then.
 * `rows` has the columns of `withSayings`.
 */
export const dimensionColumns = (
  sources: FigureSources,
  question: Sliced & { readonly counted: string; readonly zone: string },
  anchor: Sql,
): Sql => {
  const current = question.dims === 'current'
  const deals = question.counted === 'deals'
  const then = (said: Sql): Sql => (current ? sql`${said}[-1].4` : sql`arrayLast(s -> s.1 <= ${anchor}, ${said}).4`)
  const thenOrFirst = (said: Sql): Sql =>
    current ? sql`${said}[-1].4` : sql`${said}[greatest(toInt64(arrayLastIndex(s -> s.1 <= ${anchor}, ${said})), 1)].4`
  // an owner is one of this journey's own: nobody has an owner left over from the last one
  const inJourney = sql`arrayFilter(s -> s.1 >= opened_at AND s.1 < ended_at, owner_said)`
  const owner = deals ? then(sql`owner_said`) : thenOrFirst(inJourney)
  const teamOfOwner = thenOrFirst(sql`arrayFirst(m -> m.1 = ${owner}, ${teams(sources)}).2`)
  const wall = sql`toTimeZone(${anchor}, ${bind.string(question.zone)})`
  const ofAccount = (name: string): Sql => shown(thenOrFirst(identifier(`account_${name}_said`)))
  const ofDeal = (name: string): Sql => shown(then(identifier(`${name}_said`)))
  const values: Readonly<Record<FunnelDimension, () => Sql>> = {
    month: () => sql`formatDateTime(${wall}, '%Y-%m')`,
    week: () => sql`toString(toMonday(toDate32(${wall})))`,
    channel: () => sql`way_channel`,
    campaign: () => sql`way_campaign`,
    owner: () => shown(owner),
    team: () => (deals ? shown(sql`if(${then(sql`team_said`)} != '', ${then(sql`team_said`)}, ${teamOfOwner})`) : shown(teamOfOwner)),
    region: () =>
      shown(
        sql`if(${thenOrFirst(sql`account_region_said`)} != '', ${thenOrFirst(sql`account_region_said`)}, ${thenOrFirst(sql`person_region_said`)})`,
      ),
    industry: () => ofAccount('industry'),
    segment: () => ofAccount('segment'),
    tier: () => ofAccount('tier'),
    persona: () => shown(thenOrFirst(sql`person_persona_said`)),
    pipeline: () => ofDeal('pipeline'),
    deal_type: () => ofDeal('deal_type'),
    product: () => ofDeal('product'),
  }
  return joinSql(
    dimensionsOf(question).map(name => sql`, ${values[name]()} AS ${identifier(name)}`),
    '',
  )
}
