import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { type AttributionQuestion, NONE } from './attribution.ts'
import type { FigureSources } from './sources.ts'

/** What a deal has; read as it was when the deal converted (metrics C12). */
export const DEAL_DIMENSIONS = ['month', 'owner', 'team', 'region', 'pipeline', 'product', 'deal_type'] as const
export type DealDimension = (typeof DEAL_DIMENSIONS)[number]

/** A question about deals as a whole: credit is not shared out, so it has no dimensions of touches. */
export type DealsQuestion = Omit<AttributionQuestion, 'by' | 'filters' | 'order'> & {
  readonly by: readonly DealDimension[]
  readonly filters: Readonly<Partial<Record<DealDimension, readonly string[]>>>
}

/** Attributes of a deal: when an event speaks of one. */
const SAID: Readonly<Record<Exclude<DealDimension, 'month' | 'region'>, Sql>> = {
  owner: sql`owner != '' OR type = 'deal-owner-changed'`,
  team: sql`team != ''`,
  pipeline: sql`pipeline != '' OR has(cleared, 'pipeline')`,
  product: sql`product != '' OR has(cleared, 'product')`,
  deal_type: sql`deal_type != '' OR has(cleared, 'deal_type')`,
}

/** What each event of a deal said: its creation, and the dimensions that are asked for, in order. */
const dealSayings = ({ dealFacts }: FigureSources, dims: readonly DealDimension[]): Sql => {
  const said = dims.flatMap(dim =>
    dim === 'month' || dim === 'region'
      ? []
      : [
          sql`, arraySort(groupArrayIf((occurred_at, recorded_at, event_id, toString(${identifier(dim)})), ${SAID[dim]})) AS ${identifier(`${dim}_said`)}`,
        ],
  )
  return sql`
    SELECT subject, argMinIf((event_id, toString(lead_source)), (occurred_at, recorded_at, event_id), type = 'deal-created') AS creation${joinSql(said, '')}
    FROM ${dealFacts}
    GROUP BY subject`
}

/** (account, region_said) of the accounts that were ever given a region. */
const regions = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT substring(subject, 9) AS account, arraySort(groupArray((occurred_at, recorded_at, event_id, JSONExtractString(payload, 'region')))) AS region_said
  FROM ${recordFacts}
  WHERE type = 'account-updated' AND (JSONExtractString(payload, 'region') != '' OR has(JSONExtract(payload, 'cleared', 'Array(String)'), 'region'))
  GROUP BY account`

/**
 * How `deals` AS x are joined with the dimensions that are asked for, as they were when the deal converted: columns to select after a comma, joins (f has the deal's
 * `creation`: its event and source), and the condition of the filters on the columns.
 */
export const withDimensions = (
  sources: FigureSources,
  { by, filters }: Pick<DealsQuestion, 'by' | 'filters'>,
): { readonly columns: Sql; readonly joins: Sql; readonly filtered: Sql } => {
  const dims = [...new Set([...by, ...DEAL_DIMENSIONS.filter(dim => filters[dim] !== undefined)])]
  const columns = dims.map(dim => {
    if (dim === 'month') return sql`, x.month AS month`
    const then = sql`arrayLast(s -> s.1 <= x.converted_at, ${identifier(`${dim}_said`)}).4`
    return sql`, if(${then} = '', ${bind.string(NONE)}, ${then}) AS ${identifier(dim)}`
  })
  const kept = Object.entries(filters).map(([name, wanted]) => sql` AND ${identifier(name)} IN (${bind.strings(wanted)})`)
  return {
    columns: joinSql(columns, ''),
    joins: sql`
      LEFT JOIN (${dealSayings(sources, dims)}) AS f ON f.subject = x.deal_id
      ${dims.includes('region') ? sql`LEFT JOIN (${regions(sources)}) AS r ON r.account = x.account` : sql``}`,
    filtered: sql`1${joinSql(kept, '')}`,
  }
}
