import { joinSql, type Sql, sql } from '../sql.ts'
import { everKnown, everValid, foreverKnown, foreverValid, linkStretches } from './in-force.ts'

export type IdentitiesInputs = {
  readonly linkFacts: Sql
  readonly roots: Sql
  /** Rows of `placements`, at least those of every person that the subjects' links name. */
  readonly placements: Sql
  /** (tenant, subject): the subjects to compute. */
  readonly subjects: Sql
  /** What the subjects are and stand for, where that is known: the rest is not looked at. */
  readonly evidence?: Evidence | null
  /** Whether anybody was ever merged into anybody. */
  readonly merges?: boolean
  readonly asOf: Sql
}

/** Are there persons among the subjects, aliases of persons, accounts or aliases of accounts? */
export type Evidence = { readonly persons: boolean; readonly aliases: boolean; readonly accounts: boolean }

const ALL_EVIDENCE: Evidence = { persons: true, aliases: true, accounts: true }

/** (tenant, subject, evidence): tuples (root person, account, strength, valid_from, valid_to, known_from, known_to), from each source that bears on the subjects. */
const evidenceOf = ({ linkFacts, roots, placements, subjects, evidence, merges = true, asOf }: IdentitiesInputs): Sql => {
  const looked = evidence ?? ALL_EVIDENCE
  const links = (target: 'person:' | 'account:'): Sql =>
    linkStretches({
      linkFacts,
      where: sql`recorded_at <= ${asOf} AND startsWith(target, '${{ parts: [target] }}') AND NOT startsWith(subject, 'person:') AND (tenant, subject) IN (${subjects})`,
    })
  const persons = sql`
                  SELECT tenant, person AS subject, placements AS evidence
                  FROM ${placements}
                  WHERE (tenant, person) IN (${subjects})`
  const aliases = sql`
                  SELECT l.tenant AS tenant, l.subject AS subject, arrayFilter(e -> e.4 < e.5 AND e.6 < e.7, arrayMap(
                    e -> (e.1, e.2, e.3, greatest(e.4, l.valid_from), least(e.5, l.valid_to), greatest(e.6, l.known_from), least(e.7, l.known_to)), p.placements)) AS evidence
                  FROM (${links('person:')}) AS l
                  INNER JOIN (
                  SELECT tenant, person, placements FROM ${placements}
                  WHERE (tenant, person) IN (SELECT tenant, target FROM ${linkFacts} WHERE relation = 'link' AND startsWith(target, 'person:') AND (tenant, subject) IN (${subjects}))
                ) AS p ON p.tenant = l.tenant AND p.person = l.target`
  const named = sql`
                    SELECT tenant, subject, target, valid_from, valid_to, known_from, known_to
                    FROM (${links('account:')})
                    UNION ALL
                    SELECT DISTINCT tenant, subject, subject AS target, ${everValid}, ${foreverValid}, ${everKnown}, ${foreverKnown}
                    FROM (${subjects})
                    WHERE startsWith(subject, 'account:')`
  const accounts = merges
    ? sql`
                  SELECT l.tenant AS tenant, l.subject AS subject, [('', if(r.node = '', l.target, r.root), toUInt8(1), l.valid_from, l.valid_to,
                    if(r.node = '', l.known_from, greatest(l.known_from, r.known_from)), if(r.node = '', l.known_to, least(l.known_to, r.known_to)))] AS evidence
                  FROM (${named}) AS l
                  LEFT JOIN (SELECT tenant, node, root, known_from, known_to FROM ${roots} WHERE startsWith(node, 'account:')) AS r ON r.tenant = l.tenant AND r.node = l.target
                  WHERE evidence[1].6 < evidence[1].7`
    : sql`
                  SELECT tenant, subject, [('', target, toUInt8(1), valid_from, valid_to, known_from, known_to)] AS evidence
                  FROM (${named})
                  WHERE known_from < known_to`
  return joinSql(
    [...(looked.persons ? [persons] : []), ...(looked.aliases ? [aliases] : []), ...(looked.accounts ? [accounts] : [])],
    ' UNION ALL ',
  )
}

/**
 * Which persons and accounts a subject stands for, in business time and in knowledge time (design D1, D6).
 *
 * A person stands for itself, an alias for every person and account that its links name. Where nothing names an account, the business email
 * domain does, if exactly one account has it. The rows of one subject tile the whole plane: `account` is '' where none is known.
 * `accounts` is the number of distinct accounts of the tile: a person in two accounts splits, never copies.
 */
export const identities = (inputs: IdentitiesInputs): Sql => sql`
  SELECT tenant, subject, tile.1 AS persons,
    arrayJoin(if(empty(tile.2), [''], arrayMap(a -> substring(a, 9), tile.2))) AS account,
    toUInt16(length(tile.2)) AS accounts,
    valid_from, valid_to, tile.3 AS known_from, tile.4 AS known_to
  FROM (
    SELECT tenant, subject, valid_from, valid_to,
      arrayMap((i, j) -> (meant[i].1, meant[i].2, cuts[i], if(j = length(kept), ${foreverKnown}, cuts[kept[j + 1]])), kept, arrayEnumerate(kept)) AS tiles
    FROM (
      SELECT tenant, subject, valid_from, valid_to, cuts, meant,
        arrayFilter((i, now, before) -> i = 1 OR now != before, arrayEnumerate(meant), meant, arrayPopBack(arrayPushFront(meant, meant[1]))) AS kept
      FROM (
        SELECT tenant, subject, valid_from, valid_to, cuts,
          arrayMap(es -> (
            arraySort(arrayDistinct(arrayMap(e -> e.1, arrayFilter(e -> e.1 != '', es)))),
            arraySort(arrayDistinct(arrayMap(e -> e.2, arrayFilter(e -> e.2 != '' AND (e.3 = 1 OR (
              -- the domain counts only where no link names an account of that person, and one account has it
              NOT arrayExists(x -> x.3 = 1 AND x.1 = e.1, es)
              AND length(arrayDistinct(arrayMap(x -> x.2, arrayFilter(x -> x.3 = 2 AND x.1 = e.1, es)))) = 1
            )), es))))
          ), arrayMap(k -> arrayFilter(e -> e.6 <= k AND e.7 > k, here), cuts)) AS meant
        FROM (
          SELECT tenant, subject, slab.1 AS valid_from, slab.2 AS valid_to, arrayFilter(e -> e.4 <= slab.1 AND e.5 > slab.1, evidence) AS here,
            arraySort(arrayDistinct(arrayPushFront(arrayConcat(arrayMap(e -> e.6, here), arrayFilter(k -> k < ${foreverKnown}, arrayMap(e -> e.7, here))), ${everKnown}))) AS cuts
          FROM (
            SELECT tenant, subject, evidence,
              arrayMap((v, i) -> (v, if(i = length(valid_cuts), ${foreverValid}, valid_cuts[i + 1])), valid_cuts, arrayEnumerate(valid_cuts)) AS slabs
            FROM (
              SELECT tenant, subject, evidence,
                arraySort(arrayDistinct(arrayPushFront(arrayConcat(arrayMap(e -> e.4, evidence), arrayFilter(v -> v < ${foreverValid}, arrayMap(e -> e.5, evidence))), ${everValid}))) AS valid_cuts
              FROM (
                SELECT tenant, subject, arraySort(groupArrayArray(evidence)) AS evidence
                FROM (${evidenceOf(inputs)})
                GROUP BY tenant, subject
              )
            )
          )
          ARRAY JOIN slabs AS slab
        )
      )
    )
  )
  ARRAY JOIN tiles AS tile`
