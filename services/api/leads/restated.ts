import { icpKind } from '../../domain/definitions/icp.ts'
import { inForceAt } from '../../domain/definitions/history.ts'
import { qualificationKind } from '../../domain/definitions/qualification.ts'
import type { Ruling } from '../../domain/figures/judging/rulings.ts'
import type { AnswerContext } from '../as-of.ts'
import { badParameter } from '../problems.ts'

/**
 * Everybody judged by one version of the qualification or of the profile (`definition=qualification@2`), whenever it was; the other document is the one in force now. Throws a
 * problem naming the versions that there are.
 */
export const restatedUnder = ({ definitions: { history }, observedTo }: AnswerContext, name: string): readonly Ruling[] => {
  const icp = inForceAt(history, icpKind, observedTo)
  const qualification = inForceAt(history, qualificationKind, observedTo)
  const proposed = history.versions.filter(({ kind }) => kind === icpKind.kind || kind === qualificationKind.kind)
  const named = proposed.find(({ id, version }) => `${id}@${version}` === name)
  if (named?.kind === icpKind.kind) return [{ from: 0, icp: icpKind.of(named.document), qualification: qualification.document }]
  if (named !== undefined) return [{ from: 0, icp: icp.document, qualification: qualificationKind.of(named.document) }]
  if (name === icp.name || name === qualification.name) return [{ from: 0, icp: icp.document, qualification: qualification.document }]
  const there = [...new Set([icp.name, qualification.name, ...proposed.map(({ id, version }) => `${id}@${version}`)])]
  throw badParameter('definition', `expected one of ${there.join(', ')}`)
}
