import type { Definitions } from '../../definitions/definitions.ts'
import { MQL } from '../../definitions/qualification.ts'
import { countedTouches } from '../../projections/counted-touches.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../../sql.ts'
import type { FigureSources } from '../sources.ts'
import { touchRules } from '../touch-rules.ts'
import { leavesOfRulings, ruledStages, ruleOf, type Ruling } from './rulings.ts'
import { type AttributeLeaf, planOf, type Plan, saidSql, selectorSql, track, type Track } from './tracks.ts'

type JudgingInputs = {
  readonly sources: FigureSources
  readonly definitions: Definitions
  /**
   * What people are judged by, as often as they are to be judged: What-if judges under what is in force and under a
   * proposal in one reading: one or two.
   */
  readonly sides: readonly (readonly Ruling[])[]
  /** With the ids of the events of stages; they cost memory. */
  readonly events: boolean
}

/** Bits for the conditions that a touch fulfils. */
const MASK_BITS = 20
const FAR = 9_000_000_000_000_000n
/** The track of events that move nothing: they are there so that one is judged at their instant. */
const NOTHING = 63

/**
 * One row per journey of everybody who has one: (root, person, n, account, opened_ms, ended_ms, outcome, channel, campaign, owner, deal_id, stages, entered_ms, stage_event_ids,
 * mark_at, mark_code, again_ms). `again_ms`: when a later journey of the person became an MQL, 0 where none did. `mark_at` are the instants (ms) at which the code of the person becomes another one, `mark_code` which, from the beginning of time on; touches and
 * attributes are those of the person and of everybody merged into it, accounts as they were valid at the time. Instants are whole milliseconds.
 *
 * Every person's life is one list of (instant, which track, by how much), sorted and added up: no touch looks back at the ones before it.
 */
export const judgedJourneys = (inputs: JudgingInputs): Sql => {
  const plan = planOf(inputs.sides.flatMap(leavesOfRulings))
  const turns = [...new Set(inputs.sides.flat().map(({ from }) => from))].toSorted((a, b) => a - b)
  const moves = movesOf(plan)
  const tracks = plan.tracks.map((_, place) => track(place))
  const counted = tracks.map(
    (name, place) =>
      sql`arrayCumSum(arrayMap(w -> if(bitAnd(w, 63) = ${bind.int(place)}, bitShiftRight(w, 6), toInt64(0)), ws)) AS s_${name}`,
  )
  const series = joinSql([sql`ts`, ...tracks.map(name => sql`s_${name}`)], ', ')
  const args = joinSql([sql`t`, ...tracks], ', ')
  const sides = inputs.sides.map((rulings, side) => sideSql(plan, rulings, side, args, series))
  // of two sides the second is in the upper half
  const packed = inputs.sides.length === 1 ? sql`codes_0` : sql`arrayMap((a, b) -> a + bitShiftLeft(b, 32), codes_0, codes_1)`
  const before = sql`arrayPopBack(arrayPushFront(settled, toUInt64(18446744073709551615)))`
  const next = sql`arrayPopFront(arrayPushBack(ts, toInt64(${bind.int(FAR)})))`
  return sql`
  SELECT root, life.1 AS person, life.2 AS n, life.3 AS account, life.4 AS opened_ms, life.5 AS ended_ms, life.6 AS outcome, life.7 AS channel, life.8 AS campaign,
    life.9 AS owner, life.10 AS deal_id, life.11 AS stages, life.12 AS entered_ms, life.13 AS stage_event_ids, mark_at, mark_code,
    arrayFirst(l -> l.1 = life.1 AND l.2 > life.2 AND has(l.11, ${bind.string(MQL)}), lives) AS again, again.12[indexOf(again.11, ${bind.string(MQL)})] AS again_ms
  FROM (
    SELECT root, lives, arrayFilter((t, c, before) -> c != before, instants, settled, ${before}) AS mark_at, arrayFilter((c, before) -> c != before, settled, ${before}) AS mark_code
    FROM (
      -- of several events of one instant the last has them all
      SELECT root, lives, arrayFilter((t, next) -> t != next, ts, ${next}) AS instants, arrayFilter((c, t, next) -> t != next, ${packed}, ts, ${next}) AS settled
      FROM (
        SELECT root, lives, ts, ${joinSql(sides, ', ')}
        FROM (
          SELECT root, lives, ts${joinSql(
            counted.map(column => sql`, ${column}`),
            '',
          )}
          FROM (
            SELECT root, lives, arraySort(at) AS ts, arraySort((w, t) -> t, what, at) AS ws
            FROM (
              SELECT root, lives,
                arrayConcat(${bind.ints(turns)}, ${joinSql(
                  moves.map(({ at }) => at),
                  ', ',
                )}) AS at,
                arrayConcat(${bind.ints(turns.map(() => NOTHING))}, ${joinSql(
                  moves.map(({ what }) => what),
                  ', ',
                )}) AS what
              FROM (
                SELECT *${hitsOf(plan, inputs.definitions.zone)}
                FROM (${gathered(inputs, plan)})
              )
            )
          )
        )
      )
    )
  )
  ARRAY JOIN lives AS life`
}

/** `codes_0`: what the rulings of one side say at each instant. */
const sideSql = (plan: Plan, rulings: readonly Ruling[], side: number, args: Sql, series: Sql): Sql => {
  const fits = identifier(`fits_${side}`)
  const readies = identifier(`readies_${side}`)
  const codes = identifier(`codes_${side}`)
  const inForce = (of: (ruling: Ruling) => Sql): Sql => {
    const all = rulings.map(ruling => ({ from: ruling.from, says: of(ruling) }))
    const same = all.every(({ says }) => JSON.stringify(says) === JSON.stringify(all[0]?.says))
    const [first] = all
    if (first === undefined) throw new RangeError('there is no ruling')
    if (same) return first.says
    return sql`multiIf(${joinSql(
      all
        .slice(1)
        .toReversed()
        .map(({ from, says }) => sql`t >= ${bind.int(from)}, ${says}`),
      ', ',
    )}, ${first.says})`
  }
  const fit = inForce(({ icp }) => plan.truthOf(icp.fit, null))
  const readiness = inForce(
    ({ qualification: { hand_raiser, sales_ready } }) =>
      sql`greatest(bitShiftLeft(${plan.truthOf(hand_raiser, null)} = 2, 1), ${plan.truthOf(sales_ready, null)} = 2)`,
  )
  const judged = { fit: sql`f`, readiness: sql`r` }
  const rules = ruledStages(rulings).map((stage, place) => {
    const rule = inForce(ruling => {
      const found = ruleOf(ruling, stage)
      return found === null ? sql`3` : plan.truthOf(found, judged)
    })
    return sql` + bitShiftLeft(toUInt64(${rule}), ${bind.uint(4 + place * 2)})`
  })
  return sql`arrayMap((${args}) -> toUInt8(${fit}), ${series}) AS ${fits}, arrayMap((${args}) -> toUInt8(${readiness}), ${series}) AS ${readies},
    arrayMap((f, r, ${args}) -> toUInt64(f) + bitShiftLeft(toUInt64(r), 2)${joinSql(rules, '')}, ${fits}, ${readies}, ${series}) AS ${codes}`
}

type Moves = { readonly at: Sql; readonly what: Sql }

const onOwner = (
  plan: Plan,
  owner: 'person' | 'account',
): readonly { readonly place: number; readonly leaves: readonly AttributeLeaf[] }[] =>
  plan.tracks.flatMap((each, place) => (each.kind === owner ? [{ place, leaves: each.leaves }] : []))

/** For each track the instants at which it moves and by how much: the number of the track in the lowest six bits. */
const movesOf = (plan: Plan): readonly Moves[] => [
  ...plan.tracks.flatMap((each, place) => pulsesOf(each, place)),
  ...onOwner(plan, 'person').map(({ place }, chunk) => {
    const states = sql`arrayFold((acc, s) -> arrayPushBack(acc, ${stateAfter(sql`acc[-1]`, sql`s`)}), arrayMap(x -> x.4[${bind.uint(chunk + 1)}], told), [toUInt64(0)])`
    return {
      at: sql`arrayMap(x -> ${TOLD_MS}, told)`,
      what: sql`arrayMap((after, before) -> (toInt64(after) - toInt64(before)) * 64 + ${bind.int(place)}, arrayPopFront(${states}), arrayPopBack(${states}))`,
    }
  }),
  { at: sql`arrayMap(x -> x.1, placed)`, what: sql`arrayMap(x -> x.2, placed)` },
]

/** Sorted to the microsecond, judged to the millisecond. */
const TOLD_MS = sql`greatest(toInt64(0), intDiv(x.1, 1000))`

/** Two bits a condition: 2 says nothing, so that what was before stays. */
const EVERY_SECOND_BIT = 0x5555_5555_5555_5555n
const stateAfter = (before: Sql, said: Sql): Sql => {
  const quiet = sql`(bitAnd(bitAnd(bitNot(${said}), bitShiftRight(${said}, 1)), toUInt64(${bind.uint(EVERY_SECOND_BIT)})) * 3)`
  return sql`bitOr(bitAnd(${before}, ${quiet}), bitAnd(${said}, bitNot(${quiet})))`
}

const hitsName = (selector: number, onceADay: boolean): Sql => identifier(`${onceADay ? 'days' : 'hits'}_${selector}`)

/** `hits_0`: the instants of the touches of each kind; `days_0`: of each day the first. */
const hitsOf = (plan: Plan, zone: string): Sql => {
  const pulses = plan.tracks.flatMap(each => (each.kind === 'pulses' ? each.pulses : []))
  const daily = [...new Set(pulses.flatMap(({ selector, onceADay }) => (onceADay ? [selector] : [])))]
  const needed = [...new Set(pulses.map(({ selector }) => selector))]
  const hits = needed.map(
    selector =>
      sql`, arrayMap(x -> toInt64(bitShiftRight(x, ${bind.uint(MASK_BITS)})), arrayFilter(x -> bitTest(x, ${bind.uint(selector)}), touched)) AS ${hitsName(selector, false)}`,
  )
  const days = daily.map(selector => {
    const all = hitsName(selector, false)
    const dated = identifier(`dated_${selector}`)
    return sql`, arrayMap(x -> toInt32(toDate32(fromUnixTimestamp64Milli(x, ${bind.string(zone)}))), ${all}) AS ${dated},
      arrayFilter((x, day, before) -> day != before, ${all}, ${dated}, arrayPopBack(arrayPushFront(${dated}, toInt32(-2147483648)))) AS ${hitsName(selector, true)}`
  })
  return joinSql([...hits, ...days], '')
}

const pulsesOf = (each: Track, place: number): readonly Moves[] => {
  if (each.kind === 'channels') {
    const seen = identifier(`seen_${place}`)
    const until = sql`arrayMap((x, next) -> if(x.1 = next.1, least(x.2 + ${bind.int(each.windowMs)}, next.2), x.2 + ${bind.int(each.windowMs)}), ${seen}, arrayPopFront(arrayPushBack(${seen}, ('', toInt64(0)))))`
    return [
      { at: sql`arrayMap(x -> x.2, ${seen})`, what: sql`arrayWithConstant(length(${seen}), toInt64(${bind.int(64 + place)}))` },
      { at: until, what: sql`arrayWithConstant(length(${seen}), toInt64(${bind.int(-64 + place)}))` },
    ]
  }
  if (each.kind !== 'pulses') return []
  return each.pulses.flatMap(({ selector, onceADay, steps }) => {
    const hits = hitsName(selector, onceADay)
    return steps.map(({ after, by }) => ({
      at: after === 0 ? hits : sql`arrayMap(x -> x + ${bind.int(after)}, ${hits})`,
      what: sql`arrayWithConstant(length(${hits}), toInt64(${bind.int(by * 64 + place)}))`,
    }))
  })
}

const nothingMoved = sql`arrayResize([(toInt64(0), toInt64(0))], 0)`
const msOf = (column: Sql): Sql => sql`greatest(toInt64(0), toUnixTimestamp64Milli(${column}))`

/**
 * (root, lives, touched, told, placed, seen_…): of everybody with a journey, their touches as instant and mask, what was said of them, and the moves of the tracks of their
 * accounts. One reading of each table, one grouping.
 */
const gathered = ({ sources, definitions, events }: JudgingInputs, plan: Plan): Sql => {
  const persons = onOwner(plan, 'person')
  const accounts = onOwner(plan, 'account')
  const channels = plan.tracks.flatMap((each, place) => (each.kind === 'channels' ? [{ place, selector: each.selector }] : []))
  const seen = channels.map(
    ({ place, selector }) =>
      sql`, arraySort(groupUniqArrayIf((via, toInt64(bitShiftRight(hit, ${bind.uint(MASK_BITS)}))), via != '' AND bitTest(hit, ${bind.uint(selector)}))) AS ${identifier(`seen_${place}`)}`,
  )
  const life = livesOf(sources, events)
  const nobody = sql`arrayResize([${NO_LIFE}], 0)`
  const noWord = sql`toInt64(0) AS said_us, toInt64(0) AS known_ms, '' AS word, arrayResize([toUInt64(0)], 0) AS saids`
  const branches = [
    sql`SELECT root, toUInt64(0) AS hit, '' AS via, ${noWord}, ${nothingMoved} AS moved, lives FROM (${life})`,
    ...(plan.selectors.length === 0
      ? []
      : [
          sql`SELECT root, hit, via, ${noWord}, ${nothingMoved} AS moved, ${nobody} AS lives FROM (${touches(sources, definitions, plan, channels.length > 0)})`,
        ]),
    ...(persons.length === 0
      ? []
      : [
          sql`SELECT root, toUInt64(0) AS hit, '' AS via, said_us, known_ms, word, saids, ${nothingMoved} AS moved, ${nobody} AS lives FROM (${said(sources, ['person-created', 'person-updated'], persons)})`,
        ]),
    ...(accounts.length === 0
      ? []
      : [sql`SELECT root, toUInt64(0) AS hit, '' AS via, ${noWord}, moved, ${nobody} AS lives FROM (${placements(sources, accounts)})`]),
  ]
  return sql`
    SELECT root, arraySort(l -> (l.4, l.1, l.2), groupArrayArray(lives)) AS lives, arraySort(groupArrayIf(hit, hit > 0)) AS touched,
      arraySort(groupArrayIf((said_us, known_ms, word, saids), word != '')) AS told, arraySort(groupArrayArray(moved)) AS placed${joinSql(seen, '')}
    FROM (${joinSql(branches, ' UNION ALL ')})
    GROUP BY root
    HAVING notEmpty(lives)`
}

const NO_LIFE = sql`('', toUInt32(0), '', toInt64(0), toInt64(0), '', '', '', '', '', arrayResize([''], 0), arrayResize([toInt64(0)], 0), arrayResize([''], 0))`

const livesOf = ({ personJourney, roots }: FigureSources, events: boolean): Sql => sql`
  SELECT if(r.node = '', j.person, r.root) AS root, arrayMap((n, o, e, s, x, y, i, c, p, w, d) ->
      (j.person, toUInt32(n), toString(j.account), ${msOf(sql`o`)}, ${msOf(sql`e`)}, s, c, p, w, d, x, arrayMap(z -> ${msOf(sql`z`)}, y), ${events ? sql`i` : sql`arrayResize([''], 0)`}),
    arrayEnumerate(opened_at), opened_at, ended_at, outcome, stages, entered_at, stage_event_ids, channel, campaign, owner, deal_id) AS lives
  FROM (SELECT * FROM ${personJourney} WHERE excluded_because = '' AND notEmpty(opened_at)) AS j
  LEFT JOIN ${roots} AS r ON r.node = j.person`

/** (root, hit, via): the touches that any condition speaks of, once each however many accounts they count for. */
const touches = (sources: FigureSources, definitions: Definitions, plan: Plan, channels: boolean): Sql => {
  if (plan.selectors.length > MASK_BITS)
    throw new RangeError(
      `these definitions speak of ${plan.selectors.length} kinds of touches, at most ${MASK_BITS} can be judged together`,
    )
  const types = [...new Set(plan.selectors.flatMap(selector => selector.types))]
  const mask = joinSql(
    plan.selectors.map((selector, place) => sql`${selectorSql(selector)} * ${bind.uint(2 ** place)}`),
    ' + ',
  )
  const { excluded } = touchRules(sources, definitions)
  const wanted = sql`automatic = 0 AND notEmpty(persons) AND touch_type IN (${bind.strings(types)})`
  // a touch of somebody in several accounts has a row for each: the first of them stands for it
  const once = sql`(accounts <= 1 OR (touch_id, account) IN (SELECT touch_id, min(account) FROM ${sources.accountTouches} WHERE accounts > 1 GROUP BY touch_id))`
  return sql`
    SELECT arrayJoin(persons) AS root, toUInt64(${msOf(sql`occurred_at`)}) * ${bind.uint(2 ** MASK_BITS)} + mask AS hit, via
    FROM (
      SELECT persons, occurred_at, toUInt64(${mask}) AS mask, ${channels ? sql`toString(channel)` : sql`''`} AS via
      FROM ${countedTouches({ accountTouches: sources.accountTouches, where: sql`${wanted} AND ${once}`, rules: { excluded, campaigns: null } })}
    )
    WHERE mask > 0`
}

type Chunks = readonly { readonly leaves: readonly AttributeLeaf[] }[]

/** (root, said_us, known_ms, word, saids): what each event said of the conditions, two bits a condition. */
const said = ({ recordFacts, roots }: FigureSources, types: readonly string[], chunks: Chunks): Sql => {
  const saids = chunks.map(
    ({ leaves }) =>
      sql`toUInt64(${joinSql(
        leaves.map((leaf, index) => sql`bitShiftLeft(toUInt64(${saidSql(leaf)}), ${bind.uint(index * 2)})`),
        ' + ',
      )})`,
  )
  return sql`
    SELECT if(r.node = '', f.subject, r.root) AS root, toUnixTimestamp64Micro(f.occurred_at) AS said_us, toUnixTimestamp64Milli(f.recorded_at) AS known_ms, f.event_id AS word, [${joinSql(saids, ', ')}] AS saids
    FROM (SELECT * FROM ${recordFacts} WHERE type IN (${bind.strings(types)})) AS f
    LEFT JOIN ${roots} AS r ON r.node = f.subject`
}

/** (root, moved): how the tracks of accounts move in the life of a person: the state of the account that it comes to, what changes there, and back to nothing as it leaves. */
const placements = (
  sources: FigureSources,
  chunks: readonly { readonly place: number; readonly leaves: readonly AttributeLeaf[] }[],
): Sql => {
  const { identities } = sources
  const states = (chunk: number): Sql => sql`a.states[${bind.uint(chunk + 1)}]`
  const moves = chunks.map(({ place }, chunk) => {
    const at = (ms: Sql): Sql =>
      sql`toInt64(if(arrayLastIndex(x -> x <= ${ms}, times) = 0, toUInt64(0), ${states(chunk)}[arrayLastIndex(x -> x <= ${ms}, times)]))`
    const what = (by: Sql): Sql => sql`(${by}) * 64 + ${bind.int(place)}`
    return sql`arrayConcat([(since, ${what(at(sql`since`))})],
      arrayMap(x -> (x.1, x.2), arrayFilter(x -> x.1 > since AND x.1 < until, arrayMap((x, after, before) -> (x, ${what(sql`toInt64(after) - toInt64(before)`)}),
        times, ${states(chunk)}, arrayPopBack(arrayPushFront(${states(chunk)}, toUInt64(0)))))),
      [(until, ${what(sql`-${at(sql`until - 1`)}`)})])`
  })
  return sql`
    SELECT i.subject AS root, arrayConcat(${joinSql(moves, ', ')}) AS moved
    FROM (
      SELECT subject, account, ${msOf(sql`valid_from`)} AS since, ${msOf(sql`valid_to`)} AS until
      FROM ${identities}
      WHERE startsWith(subject, 'person:') AND account != ''
        AND (accounts <= 1 OR (subject, valid_from, account) IN (SELECT subject, valid_from, min(account) FROM ${identities} WHERE accounts > 1 GROUP BY subject, valid_from))
    ) AS i
    INNER JOIN (
      SELECT substring(root, 9) AS account, arrayMap(x -> ${TOLD_MS}, told) AS times, [${joinSql(
        chunks.map(
          (_, chunk) =>
            sql`arrayPopFront(arrayFold((acc, s) -> arrayPushBack(acc, ${stateAfter(sql`acc[-1]`, sql`s`)}), arrayMap(x -> x.4[${bind.uint(chunk + 1)}], told), [toUInt64(0)]))`,
        ),
        ', ',
      )}] AS states
      FROM (SELECT root, arraySort(groupArray((said_us, known_ms, word, saids))) AS told FROM (${said(sources, ['account-updated'], chunks)}) GROUP BY root)
    ) AS a ON a.account = i.account`
}
