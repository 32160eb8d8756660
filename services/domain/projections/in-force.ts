import { type Sql, sql } from '../sql.ts'
import { EVER, FOREVER } from '../time.ts'

/** Literals of the program's own text: "since ever" and "for ever" in knowledge time and in business time. */
export const everKnown: Sql = { parts: [`toDateTime64('${EVER}', 3, 'UTC')`] }
export const foreverKnown: Sql = { parts: [`toDateTime64('${FOREVER}', 3, 'UTC')`] }
export const everValid: Sql = { parts: [`toDateTime64('${EVER}', 6, 'UTC')`] }
export const foreverValid: Sql = { parts: [`toDateTime64('${FOREVER}', 6, 'UTC')`] }

/**
 * Links as stretches of knowledge: (tenant, subject, target, valid_from, valid_to, known_from, known_to).
 * As of K, of the facts about one (subject, target) known by K the last by (occurred_at, recorded_at, event_id) decides, so a
 * re-ordered arrival ends the same. A stretch runs from one recording to the next; only those in which the link is on are kept.
 */
export const linkStretches = ({ linkFacts, where }: { readonly linkFacts: Sql; readonly where: Sql }): Sql => sql`
  SELECT tenant, subject, target,
    stretch.1 AS valid_from, stretch.2 AS valid_to, stretch.3 AS known_from, stretch.4 AS known_to
  FROM (
    SELECT tenant, subject, target,
      arrayFilter(s -> s.5 = 1 AND s.3 < s.4, arrayMap((fact, next, deciding) -> (deciding.5, deciding.6, fact.1, next, deciding.4),
        facts,
        arrayPushBack(arrayPopFront(arrayMap(f -> f.1, facts)), ${foreverKnown}),
        arrayMap(i -> arraySort(f -> (f.3, f.1, f.2), arraySlice(facts, 1, i))[-1], arrayEnumerate(facts))
      )) AS stretches
    FROM (
      -- in order of knowledge; the business order decides among what is known
      SELECT tenant, subject, target, arraySort(f -> (f.1, f.2), groupArray((recorded_at, event_id, occurred_at, linked, valid_from, valid_to))) AS facts
      FROM ${linkFacts}
      WHERE relation = 'link' AND ${where}
      GROUP BY tenant, subject, target
    )
  )
  ARRAY JOIN stretches AS stretch`
