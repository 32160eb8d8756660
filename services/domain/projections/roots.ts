import { type Sql, sql } from '../sql.ts'
import { everKnown, everValid, foreverKnown } from './in-force.ts'

export type RootsInputs = {
  readonly linkFacts: Sql
  /** (tenant, node): merged nodes to compute. */
  readonly nodes: Sql
  /** (tenant): whose merges may be walked through on the way. */
  readonly tenants: Sql
  readonly asOf: Sql
}

/**
 * Where merges lead (design D1, D6): one row per merged node and stretch of knowledge, covering all time. Merges are directed;
 * of several targets of a node the one in force that was said last counts. In a circle of merges the last one said is ignored, so
 * that every order of arrival ends at the same root.
 */
export const roots = ({ linkFacts, nodes, tenants, asOf }: RootsInputs): Sql => sql`
  WITH RECURSIVE steps AS (
    -- node → into, with the order that decides between them, per stretch of knowledge
    SELECT tenant, subject AS node, step.1 AS into, step.2 AS said, step.3 AS known_from, step.4 AS known_to
    FROM (
      SELECT tenant, subject,
        arrayFilter(s -> s.1 != '' AND s.1 != subject AND s.3 < s.4, arrayMap((fact, next, said) -> (said.5, (said.3, said.1, said.2), fact.1, next),
          facts, arrayPushBack(arrayPopFront(arrayMap(f -> f.1, facts)), ${foreverKnown}), in_force)) AS stretches
      FROM (
        -- of the targets that are on, the one that was said last; (…, '') where none is
        SELECT tenant, subject, facts,
          arrayMap(i -> arraySort(f -> (f.3, f.1, f.2), arrayFilter(
            f -> f.4 = 1 AND NOT arrayExists(g -> g.5 = f.5 AND (g.3, g.1, g.2) > (f.3, f.1, f.2), arraySlice(facts, 1, i)),
            arraySlice(facts, 1, i)
          ))[-1], arrayEnumerate(facts)) AS in_force
        FROM (
          SELECT tenant, subject, arraySort(f -> (f.1, f.2), groupArray((recorded_at, event_id, occurred_at, linked, target))) AS facts
          FROM ${linkFacts}
          WHERE relation = 'merge' AND recorded_at <= ${asOf} AND tenant IN (${tenants})
          GROUP BY tenant, subject
        )
      )
    )
    ARRAY JOIN stretches AS step
  ),
  chase AS (
    SELECT tenant, node AS start, node AS place, [node] AS path,
      arrayResize([(${everValid}, ${everKnown}, '')], 0) AS saids, '' AS circle_to,
      ${everKnown} AS known_from, ${foreverKnown} AS known_to
    FROM (SELECT DISTINCT tenant, node FROM (${nodes}))
    UNION ALL
    SELECT c.tenant, c.start, s.into AS place, arrayPushBack(c.path, s.into) AS path, arrayPushBack(c.saids, s.said) AS saids,
      if(has(c.path, s.into), s.into, '') AS circle_to,
      greatest(c.known_from, s.known_from) AS known_from, least(c.known_to, s.known_to) AS known_to
    FROM chase AS c
    INNER JOIN steps AS s ON s.tenant = c.tenant AND s.node = c.place
    WHERE c.circle_to = '' AND greatest(c.known_from, s.known_from) < least(c.known_to, s.known_to)
  ),
  walked AS (
    SELECT tenant, start,
      groupArray((
        length(path),
        -- a circle: its last-said merge is ignored, so the node that it leaves is the root
        if(circle_to = '', place, path[indexOf(path, circle_to) - 1 + arrayFirstIndex(
          said -> said = arraySort(arraySlice(saids, indexOf(path, circle_to)))[-1], arraySlice(saids, indexOf(path, circle_to)))]),
        known_from, known_to
      )) AS chains
    FROM chase
    GROUP BY tenant, start
  )
  SELECT tenant, start AS node, stretch.1 AS root, stretch.2 AS known_from, stretch.3 AS known_to
  FROM (
    SELECT tenant, start,
      arrayMap((i, j) -> (ends[i], cuts[i], if(j = length(kept), ${foreverKnown}, cuts[kept[j + 1]])), kept, arrayEnumerate(kept)) AS stretches
    FROM (
      SELECT tenant, start, cuts, ends, arrayFilter(i -> i = 1 OR ends[i] != ends[i - 1], arrayEnumerate(cuts)) AS kept
      FROM (
        -- the longest chain that holds over a stretch ends at its root
        SELECT tenant, start, cuts, arrayMap(k -> arraySort(c -> c.1, arrayFilter(c -> c.3 <= k AND c.4 > k, chains))[-1].2, cuts) AS ends
        FROM (
          SELECT tenant, start, chains,
            arraySort(arrayDistinct(arrayConcat(arrayMap(c -> c.3, chains), arrayFilter(k -> k < ${foreverKnown}, arrayMap(c -> c.4, chains))))) AS cuts
          FROM walked
        )
      )
    )
  )
  ARRAY JOIN stretches AS stretch`
