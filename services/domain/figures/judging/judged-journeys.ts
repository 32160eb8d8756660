import type { Definitions } from '../../definitions/definitions.ts'
import { MQL } from '../../definitions/qualification.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../../sql.ts'
import type { FigureSources } from '../sources.ts'
import { chunkName } from './attributes.ts'
import { accountStates, CHUNK_BITS, MASK_BITS, msOf, ownStates, touchesOf } from './life.ts'
import { predicatesOf, ruledStages, ruleOf, type Ruling } from './rulings.ts'
import { type Plan, planOf, sumName } from './tracks.ts'

type JudgingInputs = {
  readonly sources: FigureSources
  readonly definitions: Definitions
  /**
   * What people are judged by, as often as they are to be judged: What-if judges under what is in force and under a
   * proposal in one reading: one or two.
   */
  readonly sides: readonly (readonly Ruling[])[]
  /** `journeys`: codes are asked for while a journey of the person is open and up to `asOf`, so what moves at other times alone is left out. */
  readonly during?: 'ever' | 'journeys'
}

/** An event of a life: its instant, and in the lowest bits its code. */
const CODE_BITS = 16
const FAR = 9_000_000_000_000_000n

/**
 * One row per journey of everybody who has one: (root, person, n, account, opened_ms, ended_ms, outcome, channel, campaign, owner, deal_id, stages, entered_ms, stage_event_ids,
 * mark_at, mark_code, again_ms). `again_ms`: when a later journey of the person became an MQL, 0 where none did. `mark_at` are the instants (ms) at which the code of the person becomes another one, `mark_code` which, from the beginning of time on; touches and
 * attributes are those of the person and of everybody merged into it, accounts as they were valid at the time. Instants are whole milliseconds.
 *
 * A person's life is one list of whole numbers (an instant, and which track moves by how much), sorted and added up: no touch looks back at the ones before it. What is said of
 * persons and accounts is judged first, where it is said, because that is seldom: the list has only when the truth of it changes.
 */
export const judgedJourneys = (inputs: JudgingInputs): Sql => {
  const plan = planOf(inputs.sides.flatMap(predicatesOf))
  const sides = inputs.sides.map(rulings => sideSql(plan, rulings))
  // of two sides the second is in the upper half
  const code = sides.length === 1 ? (sides[0] ?? sql`toUInt64(0)`) : sql`${sides[0] ?? sql``} + bitShiftLeft(${sides[1] ?? sql``}, 32)`
  const args = joinSql([sql`e`, ...plan.sums.map((_, place) => sumName(place))], ', ')
  const codes =
    plan.sums.length === 0 ? sql`arrayMap(e -> ${code}, life)` : sql`arrayMap((${args}) -> ${code}, life, ${joinSql(sumsOf(plan), ', ')})`
  const next = sql`arrayPopFront(arrayPushBack(turned_at, toInt64(${bind.int(FAR)})))`
  return sql`
  SELECT * EXCEPT (mqls), arrayFirst((x, later) -> later > n AND x > 0, mqls, arrayEnumerate(mqls)) AS again_ms
  FROM (
    SELECT root, person, toString(account) AS account, mark_at, mark_code, arrayMap((s, e) -> e[indexOf(s, ${bind.string(MQL)})], all_stages, all_entered) AS mqls,
      n, opened_ms, ended_ms, outcome, channel, campaign, owner, deal_id, stages, entered_ms, stage_event_ids
    FROM (
      -- of several events of one instant the last has them all
      SELECT * EXCEPT (turned_at, turned_code), arrayFilter((t, next) -> t != next, turned_at, ${next}) AS mark_at, arrayFilter((c, t, next) -> t != next, turned_code, turned_at, ${next}) AS mark_code
      FROM (
        SELECT * EXCEPT (life, codes),
          arrayPushFront(arrayMap(e -> toInt64(bitShiftRight(e, ${bind.uint(CODE_BITS)})), arrayFilter((e, d) -> d != 0, life, arrayDifference(codes))), toInt64(0)) AS turned_at,
          arrayPushFront(arrayFilter((c, d) -> d != 0, codes, arrayDifference(codes)), codes[1]) AS turned_code
        FROM (
          SELECT * EXCEPT (life), life, ${codes} AS codes
          FROM (${lifeOf(inputs, plan)})
        )
      )
    )
    ARRAY JOIN arrayEnumerate(all_opened) AS n, all_opened AS opened_ms, all_ended AS ended_ms, all_outcomes AS outcome, all_channels AS channel, all_campaigns AS campaign, all_owners AS owner, all_deals AS deal_id,
      all_stages AS stages, all_entered AS entered_ms, all_stage_ids AS stage_event_ids
  )`
}

/** The code of one side at an event: fit and readiness two bits each, then two bits for each ruled stage. */
const sideSql = (plan: Plan, rulings: readonly Ruling[]): Sql => {
  const inForce = (of: (ruling: Ruling) => Sql): Sql => {
    const all = rulings.map(ruling => ({ from: ruling.from, says: of(ruling) }))
    const [first] = all
    if (first === undefined) throw new RangeError('there is no ruling')
    if (all.every(({ says }) => JSON.stringify(says) === JSON.stringify(first.says))) return first.says
    return sql`multiIf(${joinSql(
      all
        .slice(1)
        .toReversed()
        .map(({ from, says }) => sql`e >= ${bind.uint(BigInt(from) * 2n ** BigInt(CODE_BITS))}, ${says}`),
      ', ',
    )}, ${first.says})`
  }
  const fit = sql`toUInt8(${inForce(({ icp }) => plan.truthOf(icp.fit, null))})`
  const readiness = sql`toUInt8(${inForce(
    ({ qualification: { hand_raiser, sales_ready } }) =>
      sql`greatest(bitShiftLeft(${plan.truthOf(hand_raiser, null)} = 2, 1), ${plan.truthOf(sales_ready, null)} = 2)`,
  )})`
  const judged = { fit, readiness }
  const rules = ruledStages(rulings).map((stage, place) => {
    const rule = inForce(ruling => {
      const found = ruleOf(ruling, stage)
      return found === null ? sql`3` : plan.truthOf(found, judged)
    })
    return sql` + bitShiftLeft(toUInt64(${rule}), ${bind.uint(4 + place * 2)})`
  })
  return sql`(toUInt64(${fit}) + bitShiftLeft(toUInt64(${readiness}), 2)${joinSql(rules, '')})`
}

/** `a0`, `a1` …: the tracks, added up event by event. */
const sumsOf = ({ sums }: Plan): readonly Sql[] =>
  sums.map(by => {
    const moving = by.flatMap((each, code) => (each === 0n ? [] : [{ code, each }]))
    const added = sql`transform(bitAnd(e, ${bind.uint(2 ** CODE_BITS - 1)}), ${bind.ints(moving.map(({ code }) => code))}, ${bind.ints(moving.map(({ each }) => each))}, toInt64(0))`
    return sql`arrayCumSum(arrayMap(e -> ${added}, life))`
  })

/** The least number of an instant (ms) with so many bits below it. */
const eventAt = (ms: Sql, bits: number): Sql => sql`toUInt64(greatest(toInt64(0), ${ms})) * ${bind.uint(2 ** bits)}`

/** How long after a touch something may still come of it; a day begins up to a day before. */
const longestMs = ({ pulses, channels }: Plan): number =>
  Math.max(0, ...pulses.flatMap(({ steps }) => steps.map(({ after }) => after)), ...channels.map(({ windowMs }) => windowMs)) +
  2 * 86_400_000

const eventsAt = (instants: Sql, code: number, after = 0): Sql =>
  sql`arrayMap(x -> bitShiftLeft(toUInt64(x${after === 0 ? sql`` : sql` + ${bind.int(after)}`}), ${bind.uint(CODE_BITS)}) + ${bind.uint(code)}, ${instants})`

/** One row per person who has a journey: `all_…`: its journeys, and `life`: the events of its life in order. */
const lifeOf = ({ sources, definitions, sides, during = 'ever' }: JudgingInputs, plan: Plan): Sql => {
  const turns = [...new Set([0, ...sides.flat().map(({ from }) => from)])].toSorted((a, b) => a - b)
  const placed = plan.chunks.map((chunk, place) => ({ chunk, place }))
  const persons = placed.filter(({ chunk }) => chunk.owner === 'person')
  const accounts = placed.filter(({ chunk }) => chunk.owner === 'account')
  const { personJourney, roots } = sources
  const touched = plan.selectors.length > 0
  const looked =
    during === 'ever'
      ? sql`t.touched`
      : sql`arrayFilter(x -> x >= ${eventAt(sql`arrayMin(l.all_opened) - ${bind.int(longestMs(plan))}`, MASK_BITS)} AND x < ${eventAt(sql`arrayMax(l.all_ended) + 1`, MASK_BITS)}, t.touched)`
  const lasting = (events: Sql): Sql =>
    during === 'ever'
      ? events
      : sql`arrayFilter(e -> e < ${eventAt(sql`least(arrayMax(all_ended), ${bind.int(sources.asOfMs)}) + 1`, CODE_BITS)}, ${events})`
  const seen = plan.channels.map((_, place) => sql`, t.seen_${{ parts: [String(place)] }} AS seen_${{ parts: [String(place)] }}`)
  const kinds = [
    ...plan.conditions.map(({ codes }, place) => conditionEvents(place, codes)),
    ...pulseEvents(plan),
    ...plan.channels.flatMap(({ windowMs, more, less }, place) => channelEvents(place, windowMs, more, less)),
  ]
  const life = joinSql([sql`arrayMap(x -> bitShiftLeft(toUInt64(x), ${bind.uint(CODE_BITS)}), ${bind.ints(turns)})`, ...kinds], ', ')
  return sql`
    SELECT root, person, account, all_opened, all_ended, all_outcomes, all_channels, all_campaigns, all_owners, all_deals, all_stages, all_entered, all_stage_ids, arraySort(${lasting(sql`arrayConcat(${life})`)}) AS life
    FROM (
      SELECT *${hitsOf(plan, definitions.zone)}
      FROM (
        SELECT l.root AS root, l.person AS person, l.account AS account, l.all_opened AS all_opened, l.all_ended AS all_ended, l.outcome AS all_outcomes, l.channel AS all_channels, l.campaign AS all_campaigns, l.owner AS all_owners,
          l.deal_id AS all_deals, l.stages AS all_stages, l.all_entered AS all_entered, l.stage_event_ids AS all_stage_ids${touched ? sql`, ${looked} AS touched${joinSql(seen, '')}` : sql``}${truthsOf(plan, persons.length > 0, accounts.length > 0)}
        FROM (
          SELECT if(r.node = '', j.person, r.root) AS root, j.*
          FROM (
            SELECT * EXCEPT (opened_at, ended_at, entered_at), arrayMap(x -> ${msOf(sql`x`)}, opened_at) AS all_opened, arrayMap(x -> ${msOf(sql`x`)}, ended_at) AS all_ended, arrayMap(y -> arrayMap(x -> ${msOf(sql`x`)}, y), entered_at) AS all_entered
            FROM ${personJourney} WHERE excluded_because = '' AND notEmpty(opened_at)
          ) AS j
          LEFT JOIN ${roots} AS r ON r.node = j.person
        ) AS l
        ${touched ? sql`LEFT JOIN (${touchesOf(sources, definitions, plan)}) AS t ON t.root = l.root` : sql``}
        ${persons.length > 0 ? sql`LEFT JOIN (${ownStates(sources, persons)}) AS p ON p.root = l.root` : sql``}
        ${accounts.length > 0 ? sql`LEFT JOIN (${accountStates(sources, accounts)}) AS q ON q.root = l.root` : sql``}
      )
    )`
}

/** `said_at`, `truth_0` …: what is true of somebody from each instant on at which something is said. */
const truthsOf = ({ chunks, conditions }: Plan, persons: boolean, accounts: boolean): Sql => {
  if (conditions.length === 0) return sql``
  const both = (own: Sql, ofAccount: Sql): Sql =>
    sql`arrayConcat([toInt64(0)]${persons ? sql`, ${own}` : sql``}${accounts ? sql`, ${ofAccount}` : sql``})`
  const at = both(sql`p.own_at`, sql`q.account_at`)
  // the number of no chunk
  const none = sql`[toInt64(${bind.int(2 ** CHUNK_BITS - 1)})]`
  const what = sql`arrayConcat(${none}${persons ? sql`, p.own_what` : sql``}${accounts ? sql`, q.account_what` : sql``})`
  const ordered = sql`arraySort((w, x) -> x, ${what}, ${at})`
  const states = chunks.map(
    (_, place) =>
      sql`arrayCumSum(arrayMap(w -> if(bitAnd(w, ${bind.int(2 ** CHUNK_BITS - 1)}) = ${bind.int(place)}, bitShiftRight(w, ${bind.uint(CHUNK_BITS)}), toInt64(0)), ${ordered}))`,
  )
  const args = joinSql(
    chunks.map((_, place) => chunkName(place)),
    ', ',
  )
  const truths = conditions.map(
    ({ truth }, place) => sql`, arrayMap((${args}) -> toInt64(${truth}), ${joinSql(states, ', ')}) AS ${identifier(`truth_${place}`)}`,
  )
  return sql`, arraySort(${at}) AS said_at${joinSql(truths, '')}`
}

/** A condition is unknown where nothing is known, not false: the first event brings it from 0 to what it is. */
const conditionEvents = (place: number, codes: number): Sql => {
  const truth = identifier(`truth_${place}`)
  return sql`arrayFilter(e -> e > 0, arrayMap((x, after, before) -> if(after = before, toUInt64(0), bitShiftLeft(toUInt64(x), ${bind.uint(CODE_BITS)}) + toUInt64(after - before + ${bind.int(codes + 2)})),
    said_at, ${truth}, arrayPopBack(arrayPushFront(${truth}, toInt64(0)))))`
}

const hitsName = (selector: number, onceADay: boolean): Sql => identifier(`${onceADay ? 'days' : 'hits'}_${selector}`)

/** `hits_0`: the instants of the touches of each kind; `days_0`: of each day the first. */
const hitsOf = ({ pulses }: Plan, zone: string): Sql => {
  const daily = [...new Set(pulses.flatMap(({ selector, onceADay }) => (onceADay ? [selector] : [])))]
  const needed = [...new Set(pulses.map(({ selector }) => selector))]
  const ms = sql`toInt64(bitShiftRight(x, ${bind.uint(MASK_BITS)}))`
  const among = (selector: number): Sql => sql`bitTest(x, ${bind.uint(selector)})`
  const hits = needed.map(
    selector => sql`, arrayMap(x -> ${ms}, arrayFilter(x -> ${among(selector)}, touched)) AS ${hitsName(selector, false)}`,
  )
  const dated = sql`arrayMap(x -> toInt32(toDate32(fromUnixTimestamp64Milli(${ms}, ${bind.string(zone)}))), touched)`
  const days = daily.map(selector => {
    const all = hitsName(selector, false)
    const own = sql`arrayFilter((day, x) -> ${among(selector)}, ${dated}, touched)`
    return sql`, arrayFilter((x, day, before) -> day != before, ${all}, ${own}, arrayPopBack(arrayPushFront(${own}, toInt32(-2147483648)))) AS ${hitsName(selector, true)}`
  })
  return joinSql([...hits, ...days], '')
}

const pulseEvents = ({ pulses }: Plan): readonly Sql[] =>
  pulses.flatMap(({ selector, onceADay, steps }) => steps.map(({ after, code }) => eventsAt(hitsName(selector, onceADay), code, after)))

const channelEvents = (place: number, windowMs: number, more: number, less: number): readonly Sql[] => {
  const seen = identifier(`seen_${place}`)
  const window = bind.int(windowMs)
  const until = sql`arrayMap((x, next) -> if(x.1 = next.1, least(x.2 + ${window}, next.2), x.2 + ${window}), ${seen}, arrayPopFront(arrayPushBack(${seen}, ('', toInt64(0)))))`
  return [eventsAt(sql`arrayMap(x -> x.2, ${seen})`, more), eventsAt(until, less)]
}
