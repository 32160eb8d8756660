import { bind, type Sql, sql } from '../sql.ts'

export type GroupInputs = {
  /** Facts; those of persons are looked at. */
  readonly recordFacts: Sql
  readonly roots: Sql
  readonly tenant: string
  readonly asOf: Sql
  /** Personas of the buying group, as keys. */
  readonly personas: readonly string[]
}

/** Personas are written by hand in many systems: as the keys of the document are made. */
const personaKey = sql`replaceRegexpAll(lower(trimBoth(JSONExtractString(payload, 'persona'))), '[ \\t-]+', '_')`

/**
 * (person, said): what was said of the persona of everybody who ever was of the buying group, as [(at, recorded_at, event_id, is of it)] in order. Persons are what they were
 * merged into. An event that empties the persona takes it away, one that does not speak of it says nothing.
 */
const groupMembers = ({ recordFacts, roots, tenant, asOf, personas }: GroupInputs): Sql => {
  const own = bind.string(tenant)
  return sql`
    SELECT if(r.node = '', f.subject, r.root) AS person, arraySort(groupArray((f.occurred_at, f.recorded_at, f.event_id, f.member))) AS said
    FROM (
      SELECT subject, occurred_at, recorded_at, event_id, ${personaKey} AS persona, toUInt8(persona IN (${bind.strings(personas)})) AS member
      FROM ${recordFacts}
      WHERE tenant = ${own} AND type IN ('person-created', 'person-updated') AND recorded_at <= ${asOf}
        AND (persona != '' OR has(JSONExtract(payload, 'cleared', 'Array(String)'), 'persona'))
    ) AS f
    LEFT JOIN (SELECT node, root FROM ${roots} WHERE tenant = ${own} AND known_from <= ${asOf} AND known_to > ${asOf}) AS r ON r.node = f.subject
    GROUP BY person
    HAVING max(f.member) = 1`
}

/**
 * Of what happened, (subject, id, at, persons) as `happened` has it, a condition on (id, persons): was it by somebody of the buying group? As they were then; of somebody of whom
 * nothing had been said yet what was said first, because a visitor has no persona before a form gives one.
 */
export const ofGroup = (inputs: GroupInputs, happened: Sql, { id, persons }: { readonly id: Sql; readonly persons: Sql }): Sql => sql`
  toUInt8(arrayExists(person -> (person, ${id}) IN (
    SELECT h.person, h.id
    FROM (SELECT id, at, arrayJoin(persons) AS person FROM (${happened})) AS h
    INNER JOIN (${groupMembers(inputs)}) AS m ON m.person = h.person
    WHERE m.said[greatest(1, arrayLastIndex(s -> s.1 <= h.at, m.said))].4 = 1
  ), ${persons}))`
