import type { FigureRow } from '../answer.ts'
import type { Audit } from './audit.ts'

export type AuditChange = {
  readonly section: string
  readonly what: string
  readonly signed: string | number | null
  readonly now: string | number | null
}

const SECTIONS = ['attainment', 'by_owner', 'by_team', 'by_region', 'by_bucket'] as const
const OF_THE_VALUE: ReadonlySet<string> = new Set(['value', 'unit', 'numerator', 'denominator', 'interval', 'flags', 'explain', 'planned'])

const nameOf = (row: FigureRow): string =>
  Object.entries(row)
    .flatMap(([name, value]) =>
      OF_THE_VALUE.has(name) || (typeof value !== 'string' && typeof value !== 'number') ? [] : [`${name} ${value}`],
    )
    .toSorted()
    .join(', ')

const valuesOf = (audit: Audit): ReadonlyMap<string, AuditChange> => {
  const values = new Map<string, AuditChange>()
  const add = (section: string, what: string, now: string | number | null): void => {
    values.set(JSON.stringify([section, what]), { section, what, signed: null, now })
  }
  const { stages, mqls, conversion, commitment } = audit.summary
  for (const row of [...stages, ...mqls, ...conversion]) add('summary', nameOf(row), row.value)
  add('summary', 'MQLs owed', commitment.mqls)
  for (const section of SECTIONS) for (const row of audit[section]) add(section, nameOf(row), row.value)
  for (const [id, state] of audit.clocks.rows ?? []) add('clocks', id, state)
  if (audit.clocks.rows === null) add('clocks', 'digest of all clocks', audit.clocks.sha256)
  return values
}

/** What is otherwise now than in a signed audit: figures by their names, clocks by their states. */
export const auditChanges = (signed: Audit, now: Audit): readonly AuditChange[] => {
  const [before, after] = [valuesOf(signed), valuesOf(now)]
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(key => {
    const [one, other] = [before.get(key), after.get(key)]
    const named = one ?? other
    const [signedAs, current] = [one?.now ?? null, other?.now ?? null]
    return named === undefined || signedAs === current ? [] : [{ ...named, signed: signedAs, now: current }]
  })
}
