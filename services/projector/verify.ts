import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { chain, keptSources, type Projection } from '../domain/projections/chain.ts'
import { identifier, type Sql, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'
import type { Projector } from './projector.ts'
import { projectEverything } from './rebuild.ts'
import { PROJECT_LIMITS } from './compute.ts'
import { verifyFigures } from './verify-figures.ts'
import { verifySigned } from './verify-signed.ts'

export type Finding = {
  readonly check: string
  readonly ok: boolean
  /** What was compared, and what differs, in words. */
  readonly detail: string
}

const scratch = (table: string): string => `${table}_verify`

const COUNT = z.object({ entities: z.coerce.number(), differing: z.coerce.number(), first: z.string() })

/** Per entity: do the kept rows and the rows computed from scratch have the same hash over all columns but the version? */
const comparison = ({ table, columns, entity }: Projection): Sql => {
  const of = (source: Sql, side: string): Sql => sql`
    SELECT ${{ parts: [entity.join(', ')] }}, ${{ parts: [`'${side}'`] }} AS side, count() AS rows, sum(cityHash64(tuple(${{ parts: [columns.join(', ')] }}))) AS hash
    FROM ${source}
    GROUP BY ${{ parts: [entity.join(', ')] }}`
  return sql`
    SELECT count() AS entities, countIf(differs) AS differing, minIf(name, differs) AS first
    FROM (
      SELECT concatWithSeparator('/', ${{ parts: [entity.join(', ')] }}) AS name,
        arraySort(groupArray((side, rows, hash))) AS sides,
        length(sides) != 2 OR sides[1].2 != sides[2].2 OR sides[1].3 != sides[2].3 AS differs
      FROM (${of(sql`${identifier(table)} FINAL`, 'kept')} UNION ALL ${of(sql`${identifier(scratch(table))} FINAL`, 'scratch')})
      GROUP BY ${{ parts: [entity.join(', ')] }}
    )`
}

/** Computes one projection from scratch as of what is projected, and compares. Nothing is projected meanwhile. */
const compareOnce = (store: Store, projector: Projector, projection: Projection, run: string): Promise<z.infer<typeof COUNT>> =>
  projector.exclusively(async ({ projectedTo }) => {
    const { table } = projection
    await store.write(sql`DROP TABLE IF EXISTS ${identifier(scratch(table))} SYNC`)
    await store.write(sql`CREATE TABLE ${identifier(scratch(table))} AS ${identifier(table)}`)
    try {
      if (projectedTo > 0) await projectEverything(store, projection, projectedTo, scratch(table), keptSources, run)
      const [row] = await store.read(comparison(projection), PROJECT_LIMITS)
      return COUNT.parse(row)
    } finally {
      await store.write(sql`DROP TABLE IF EXISTS ${identifier(scratch(table))} SYNC`)
    }
  })

const CREDIT = z.object({ rows: z.coerce.number(), broken: z.coerce.number(), first: z.string() })

/** Credit adds up to a million, or says why there is none (metric M53). */
const creditConserved = async (store: Store): Promise<Finding> => {
  const [row] = await store.read(
    sql`
      SELECT count() AS rows, countIf(is_broken) AS broken, minIf(concat(deal_id, '/', conversion, '/', model), is_broken) AS first
      FROM (
        SELECT deal_id, conversion, model, multiIf(
          converted = 0 AND provisional = 0, notEmpty(credit),
          reason != '', arraySum(credit) != 0,
          arraySum(credit) != 1000000 OR length(credit) != length(touch_ids)) AS is_broken
        FROM deal_conversions FINAL
        ARRAY JOIN models AS model, credits AS credit, reasons AS reason
      )`,
    PROJECT_LIMITS,
  )
  const { rows, broken, first } = CREDIT.parse(row)
  return {
    check: 'credit adds up',
    ok: broken === 0,
    detail: broken === 0 ? `${rows} credits` : `${broken} of ${rows} credits do not add up, first ${first}`,
  }
}

/**
 * Recomputes every projection from scratch and compares it per entity with what is kept; checks that credit, money and dimensions add up. What differs is compared once
 * more, because rows may have been on their way; the second time it counts.
 */
export const verify = async (store: Store, projector: Projector, onProgress: (finding: Finding) => void): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  const run = (): string => `verify ${randomUUID()}`
  const said = (finding: Finding): void => {
    findings.push(finding)
    onProgress(finding)
  }
  for (const projection of chain) {
    let result = await compareOnce(store, projector, projection, run())
    if (result.differing > 0) result = await compareOnce(store, projector, projection, run())
    const { entities, differing, first } = result
    said({
      check: projection.table,
      ok: differing === 0,
      detail: differing === 0 ? `${entities} entities equal` : `${differing} of ${entities} entities differ, first ${first}`,
    })
  }
  said(await creditConserved(store))
  const figures = await projector.exclusively(({ projectedTo }) => verifyFigures(store, projectedTo))
  const named = (check: string, differences: readonly string[]): Finding => ({
    check,
    ok: differences.length === 0,
    detail: differences.length === 0 ? `${figures.checked} answers` : differences.join('; '),
  })
  said(named('money adds up', figures.money))
  said(named('dimensions add up', figures.dimensions))
  const { checked, broken } = await verifySigned(store)
  said({
    check: 'signed audits and reviews',
    ok: broken.length === 0,
    detail: broken.length === 0 ? `${checked} signatures, each of bytes that are there, in one chain` : broken.join('; '),
  })
  return findings
}
