import { allInForceAt, type DefinitionHistory, inForceAt, inForceOf, type InForce } from './history.ts'
import type { AgreedDocument } from './document-kind.ts'
import { icpKind } from './icp.ts'
import { qualificationKind } from './qualification.ts'
import { quarterPlanId, quarterPlanKind } from './quarter-plan.ts'
import { slaKind } from './sla-policy.ts'
import { sourcedKind } from './sourced.ts'
import { flagged, type StageMap, stageMapKind } from './stage-map.ts'

/** The documents of metrics M100. */
export const SHARED_DOCUMENTS = ['icp', 'mql', 'sal', 'sql', 'sqo', 'sla', 'sourced', 'quarter-plan'] as const
export type SharedDocument = (typeof SHARED_DOCUMENTS)[number]

/** By which document (`qualification@3`) it is agreed and since when (ms); null: by none. */
export type SharedDefinition = { readonly name: SharedDocument; readonly by: string | null; readonly since: number | null }

/**
 * Shared-definition coverage (metrics M100): which of the eight are in force at an instant and approved by both functions; numerator / denominator. A shipped default counts for
 * nothing: nobody agreed on it. MQL is defined by its entry rule; SAL, SQL and SQO by an entry rule too, or by their stage in an agreed stage map; `sourced` by
 * the lock of the fiscal year, the plan by that of the quarter. Ex ICP, SLA and a qualification with rules for MQL and SQO agreed, all else shipped: 4/8.
 */
export const sharedDefinitions = (
  history: DefinitionHistory,
  instant: number,
  { fiscalYear, quarter }: { readonly fiscalYear: number; readonly quarter: 1 | 2 | 3 | 4 },
): { readonly documents: readonly SharedDefinition[]; readonly numerator: number; readonly denominator: number } => {
  const qualification = agreed(inForceAt(history, qualificationKind, instant))
  const stageMap = agreed(inForceAt(history, stageMapKind, instant))
  const entry = (stage: string): InForce<AgreedDocument> | null =>
    qualification?.document.entry.some(rule => rule.stage === stage) === true ? qualification : null
  const stage = (name: 'sal' | 'sql' | 'sqo'): InForce<AgreedDocument> | null =>
    stageMap !== null && definingStages(stageMap.document)[name].length > 0 ? stageMap : null
  const [sourced] = allInForceAt(history, sourcedKind, instant)
  const isLocked = sourced?.document.locked.some(({ fiscal_year }) => fiscal_year === fiscalYear) === true
  const found: Readonly<Record<SharedDocument, InForce<AgreedDocument> | null>> = {
    icp: agreed(inForceAt(history, icpKind, instant)),
    mql: entry('mql'),
    sal: entry('sal') ?? stage('sal'),
    sql: entry('sql') ?? stage('sql'),
    sqo: entry('sqo') ?? stage('sqo'),
    sla: agreed(inForceAt(history, slaKind, instant)),
    sourced: isLocked ? agreed(sourced) : null,
    'quarter-plan': agreed(inForceOf(history, quarterPlanKind, quarterPlanId(`${fiscalYear}-Q${quarter}`), instant)),
  }
  const documents = SHARED_DOCUMENTS.map(name => ({ name, by: found[name]?.name ?? null, since: found[name]?.from ?? null }))
  return { documents, numerator: documents.filter(({ by }) => by !== null).length, denominator: SHARED_DOCUMENTS.length }
}

/** What an agreed map says of the three: accepted by sales, flagged `sql`, flagged `qualified`. */
const definingStages = (map: StageMap): Readonly<Record<'sal' | 'sql' | 'sqo', StageMap['stages']>> => ({
  sal: map.stages.filter(({ on }) => on === 'accepted'),
  sql: flagged(map, 'sql'),
  sqo: flagged(map, 'qualified'),
})

const agreed = <T extends AgreedDocument>(found: InForce<T> | null | undefined): InForce<T> | null =>
  found?.agreedByBoth === true ? found : null
