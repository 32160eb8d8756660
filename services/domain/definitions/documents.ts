import { attributionModelKind } from './attribution-model.ts'
import { calendarKind } from './calendar.ts'
import { buyingGroupKind } from './buying-group.ts'
import { channelMapKind } from './channel-map.ts'
import type { AgreedDocument, DocumentKind } from './document-kind.ts'
import { fiscalCalendarKind } from './fiscal-calendar.ts'
import { fundamentalsKind } from './fundamentals.ts'
import { glossaryKind } from './glossary.ts'
import { icpKind } from './icp.ts'
import { noticeRulesKind } from './notice-rules.ts'
import { personaKind } from './persona.ts'
import { qualificationKind } from './qualification.ts'
import { quarterPlanKind } from './quarter-plan.ts'
import { recyclingKind } from './recycling.ts'
import { responsesKind } from './responses.ts'
import { routingKind } from './routing.ts'
import { scoreModelKind } from './score-model.ts'
import { slaKind } from './sla-policy.ts'
import { sourcedKind } from './sourced.ts'
import { stageMapKind } from './stage-map.ts'

/** Every kind of document that the two functions agree on: a new one is a file of its own (schema, shipped default) and one line here. */
export const documentKinds: readonly DocumentKind[] = [
  stageMapKind,
  responsesKind,
  channelMapKind,
  attributionModelKind,
  icpKind,
  qualificationKind,
  fiscalCalendarKind,
  fundamentalsKind,
  glossaryKind,
  noticeRulesKind,
  personaKind,
  quarterPlanKind,
  recyclingKind,
  routingKind,
  scoreModelKind,
  slaKind,
  calendarKind,
  buyingGroupKind,
  sourcedKind,
]

const byKind: ReadonlyMap<string, DocumentKind> = new Map(documentKinds.map(kind => [kind.kind, kind]))

/** Null where there is no such kind. */
export const documentKindOf = (kind: string): DocumentKind | null => byKind.get(kind) ?? null

/** What is wrong with a document and where: `path` is that of the field inside the document, '' for the document as a whole. */
export type DocumentProblem = { readonly path: string; readonly message: string }
export type DocumentRead =
  | { readonly ok: true; readonly document: AgreedDocument }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] }

/** A document of a kind, under the id and version that it is published as. */
export const readDocument = (
  kind: DocumentKind,
  content: unknown,
  named: { readonly id: string; readonly version: number },
): DocumentRead => {
  const read = kind.schema.safeParse(content)
  if (!read.success) {
    const problems = read.error.issues.map(issue => ({ path: pathOf(issue.path), message: issue.message }))
    return { ok: false, problems }
  }
  const problems: DocumentProblem[] = []
  if (read.data.id !== named.id) problems.push({ path: 'id', message: `expected ${named.id}, the id that it is published under` })
  if (read.data.version !== named.version)
    problems.push({ path: 'version', message: `expected ${named.version}, the version that it is published as` })
  return problems.length > 0 ? { ok: false, problems } : { ok: true, document: read.data }
}

/** `stages[2].name`. */
const pathOf = (path: readonly PropertyKey[]): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('')
