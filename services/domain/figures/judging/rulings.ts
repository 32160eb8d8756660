import type { Definitions } from '../../definitions/definitions.ts'
import { inForceAt } from '../../definitions/history.ts'
import { type Icp, icpKind } from '../../definitions/icp.ts'
import type { Predicate } from '../../definitions/predicate.ts'
import { type Qualification, qualificationKind } from '../../definitions/qualification.ts'

/** What leads are judged by from an instant on (ms); the first one since ever. */
export type Ruling = {
  readonly from: number
  readonly icp: Icp
  readonly qualification: Qualification
}

/** Which documents: `icp@1`, `qualification@2`. */
export const rulingNames = ({ icp, qualification }: Pick<Ruling, 'icp' | 'qualification'>): readonly string[] => [
  `icp@${icp.version}`,
  `qualification@${qualification.version}`,
]

/** What was in force when, as known now, up to an instant: everybody is judged by what held at the instant of judgement (metrics C15). */
export const rulingsOf = ({ history }: Definitions, upTo: number): readonly Ruling[] => {
  const turns = history.versions.flatMap(({ kind, inForceFrom, inForceTo }) =>
    kind === icpKind.kind || kind === qualificationKind.kind ? [inForceFrom, inForceTo] : [],
  )
  const instants = [...new Set([0, ...turns.filter(turn => turn !== null)])]
    .filter(turn => turn >= 0 && turn <= upTo)
    .toSorted((a, b) => a - b)
  return instants.map(from => ({
    from,
    icp: inForceAt(history, icpKind, from).document,
    qualification: inForceAt(history, qualificationKind, from).document,
  }))
}

/** Stages of leads that any of the rulings has a rule for, in order of appearance. */
export const ruledStages = (rulings: readonly Ruling[]): readonly string[] => [
  ...new Set(rulings.flatMap(({ qualification }) => qualification.entry.flatMap(({ stage, unit }) => (unit === 'lead' ? [stage] : [])))),
]

/** The rule of a stage of leads; null: there is none. */
export const ruleOf = ({ qualification }: Ruling, stage: string): Predicate | null =>
  qualification.entry.find(entry => entry.unit === 'lead' && entry.stage === stage)?.rule ?? null

/** Every predicate by which leads are judged. */
export const predicatesOf = (rulings: readonly Ruling[]): readonly Predicate[] =>
  rulings.flatMap(({ icp, qualification: { hand_raiser, sales_ready, entry } }) => [
    icp.fit,
    hand_raiser,
    sales_ready,
    ...entry.flatMap(({ unit, rule }) => (unit === 'lead' ? [rule] : [])),
  ])
