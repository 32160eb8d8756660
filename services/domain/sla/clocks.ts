import type { SalesPolicy, Within } from '../definitions/sla-policy.ts'
import { bucketAt, type Clock, firstOf, type Holding, type Step } from './clock.ts'
import { courseOf, type HandOver, type Moment, type Mql, type Returned } from './hand-overs.ts'
import { type Life, memberAt, type WonDeal, type WorkTouch } from './lives.ts'
import { deliveryOf, informationOf, nurtureOf } from './marketing-clocks.ts'
import { dueAt, type SlaUnder } from './under.ts'

const matches = (
  rule: { readonly buckets: readonly string[]; readonly sources: readonly string[] },
  bucket: string,
  sources: readonly string[],
): boolean =>
  (rule.buckets.length === 0 || rule.buckets.includes(bucket) || rule.buckets.some(name => bucket.split('/').includes(name))) &&
  (rule.sources.length === 0 || rule.sources.some(name => sources.includes(name)))

/** What a hand-over came to, beside its clocks: the figures of speed and effort are read from it. */
export type Worked = {
  readonly handOver: HandOver
  readonly life: Life
  readonly bucket: string
  /** Qualifying engagement; of hand-offs inside sales the hand-over itself. */
  readonly engagedAt: number
  readonly engagedBy: string
  readonly preEngaged: boolean
  /** First human touch of the receiving side from the engagement on. */
  readonly touched: Moment | null
  /** It was recorded more than a day after it happened (metrics, Terms: late-logged); null: untouched. */
  readonly lateLogged: boolean | null
  /** M41: business time from the start of the clock in force to the first touch; null: untouched. */
  readonly humanDelay: number | null
  readonly startAt: number
  /** First-touch limit; null: the policy has none for it. */
  readonly touchDueAt: number | null
  readonly attempts: readonly WorkTouch[]
  readonly twoWay: readonly WorkTouch[]
  readonly premature: boolean
  /** M49: business time from the acceptance to the qualification or disqualification. */
  readonly disposed: Moment | null
  readonly dispositionTime: number | null
  readonly dispositionOpenTime: ((until: number) => number) | null
  readonly holding: Holding
}

export type Kept = {
  readonly clocks: readonly Clock[]
  readonly worked: readonly Worked[]
  readonly mqls: readonly Mql[]
  readonly returns: readonly Returned[]
}

/** All clocks of the leads of one person. */
export const clocksOf = (life: Life, under: SlaUnder): Kept => {
  const { handOvers, returns, mqls } = courseOf(life, under)
  const made = handOvers.map(handOver => ofHandOver(life, handOver, under))
  return {
    clocks: [
      ...made.flatMap(({ clocks }) => clocks),
      ...mqls.flatMap(mql => deliveryOf(life, mql, under)),
      ...handOvers.flatMap(handOver => informationOf(life, handOver, under)),
      ...returns.flatMap(returned => nurtureOf(life, returned, under)),
    ],
    worked: made.map(({ worked }) => worked),
    mqls,
    returns,
  }
}

const holdingsOf = (
  under: SlaUnder,
  holders: readonly (Moment & { readonly owner: string; readonly team: string })[],
): readonly Holding[] =>
  holders.map(({ at, owner, team }) => {
    const member = owner === '' ? null : memberAt(under.members, owner, at)
    return { since: at, owner, team: team === '' ? (member?.team ?? '') : team, region: member?.region ?? '' }
  })

/** Recorded later than this after it happened is late-logged (metrics, Terms). */
const LATE_AFTER = 24 * 3_600_000_000

const momentOf = (touch: WorkTouch | undefined): Moment | null => (touch === undefined ? null : { at: touch.at, id: touch.id })

const ofHandOver = (life: Life, handOver: HandOver, under: SlaUnder): { readonly clocks: readonly Clock[]; readonly worked: Worked } => {
  const { handoff, given, holders, mql, journey, source } = handOver
  const bucket = bucketAt(life, given.at)
  const policy = under.policyAt(given.at)
  const rules = policy.document.sales.find(each => each.handoff === handoff) ?? null
  const engagement = handoff === 'marketing-sdr' && mql !== null ? life.engagements.get(mql.at) : undefined
  // an engagement of another life does not begin this one
  const engaged =
    engagement !== undefined && engagement.at >= journey.openedAt - HOUR
      ? engagement
      : ((handoff === 'marketing-sdr' ? mql : null) ?? given)
  const receiving = life.touches.filter(touch =>
    handoff === 'ae-success' ? touch.side === 'success' : handoff === 'sdr-ae' ? touch.side === 'sales' : touch.side !== 'success',
  )
  const until = handOver.ended?.at ?? Number.POSITIVE_INFINITY
  const firstHuman = receiving.find(({ human, at }) => human && at >= (handoff === 'marketing-sdr' ? engaged.at : given.at))
  const touched = momentOf(firstHuman)
  const inTime = touched !== null && touched.at <= until ? touched : null

  const restarts = rules?.restart_on_reassignment === true
  const holding = (at: number) => holders.findLast(holder => holder.at <= at) ?? holders[0] ?? { ...given, owner: '', team: '' }
  // with restart, the clock in force is that of whoever had it when it was touched, or ended
  const starter = restarts ? holding(Math.min(inTime?.at ?? until, until)) : (holders[0] ?? holding(given.at))
  const start = Math.max(starter.at, given.at)
  const wall = under.wallClockOf(starter.owner, start)
  const sources = [source, journey.channel]
  const ruleOf = <T extends { readonly buckets: readonly string[]; readonly sources: readonly string[] }>(list: readonly T[]): T | null =>
    list.find(rule => matches(rule, bucket, sources)) ?? null

  const attempts = receiving.filter(
    ({ at, human, outbound }) => human && outbound && at >= engaged.at && at <= (handOver.qualified?.at ?? until),
  )
  const twoWay = receiving.filter(touch => touch.twoWay && touch.at >= engaged.at && touch.at <= until)
  const all = { buckets: bucket, policy: policy.name, holdings: holdingsOf(under, holders) }
  const make = (
    step: Step,
    within: Within,
    met: Moment | null,
    ended: Clock['ended'],
    from: Moment & { owner: string } = { ...starter, at: start },
  ): Clock => {
    const by = from.id === starter.id ? wall : under.wallClockOf(from.owner, from.at)
    return {
      id: `${step}.${handoff}.${given.id}`,
      side: 'sales',
      handoff,
      step,
      policy: all.policy,
      person: life.person,
      account: life.account,
      deal: '',
      lead: handOver.leadId,
      bucket,
      source,
      calendar: by.calendar,
      zone: by.zone,
      startAt: from.at,
      startedBy: from.id,
      dueAt: dueAt(within, by, from.at),
      metAt: met === null ? null : Math.max(met.at, from.at),
      metBy: met?.id ?? '',
      ended,
      reassigned: holders.length - 1,
      holdings: all.holdings,
      excluded: life.excluded,
    }
  }
  const contacted = inTime !== null
  const clocks: Clock[] = []
  const decide = rules === null ? null : ruleOf(rules.decide)
  if (decide !== null) {
    const ended = endOf(handOver, contacted, 'decide')
    const decided =
      handOver.decided ??
      (ended === null && contacted && (handOver.ended?.why === 'disqualified' || handOver.ended?.why === 'recycled')
        ? handOver.ended
        : null)
    clocks.push(make('decide', decide.within, decided, ended))
  }
  const firstTouch = rules === null ? null : ruleOf(rules.first_touch)
  if (firstTouch !== null) clocks.push(make('first-touch', firstTouch.within, touched, endOf(handOver, contacted, 'first-touch')))
  const cadence = rules === null ? null : ruleOf(rules.cadence)
  if (cadence !== null) {
    const met = cadenceMet(attempts, twoWay, handOver.qualified, cadence)
    clocks.push(make('cadence', cadence.within, met, endOf(handOver, contacted, 'cadence')))
  }
  const disposition = rules === null ? null : ruleOf(rules.disposition)
  const disposed = firstOf([
    handOver.qualified,
    handOver.ended !== null && ['disqualified', 'recycled', 'closed'].includes(handOver.ended.why) ? handOver.ended : null,
  ])
  const { accepted } = handOver
  const taker = accepted === null ? null : holding(accepted.at)
  if (disposition !== null && accepted !== null && taker !== null)
    clocks.push(
      make('disposition', disposition.within, disposed, endOf(handOver, contacted, 'disposition'), { ...accepted, owner: taker.owner }),
    )

  const takersClock = accepted === null || taker === null ? null : under.wallClockOf(taker.owner, accepted.at).clock
  const preFrom = engaged.at - policy.document.pre_engaged_days * DAY
  return {
    clocks,
    worked: {
      handOver,
      life,
      bucket,
      engagedAt: engaged.at,
      engagedBy: engaged.id,
      preEngaged: handoff === 'marketing-sdr' && life.touches.some(({ twoWay: both, at }) => both && at >= preFrom && at < engaged.at),
      touched: inTime,
      lateLogged: inTime === null || firstHuman === undefined ? null : firstHuman.recordedAt > firstHuman.at + LATE_AFTER,
      humanDelay: inTime === null ? null : wall.clock.between(start, inTime.at),
      startAt: start,
      touchDueAt: firstTouch === null ? null : dueAt(firstTouch.within, wall, start),
      attempts: attempts.filter(({ at }) => at <= until),
      twoWay,
      premature:
        handOver.ended?.why === 'disqualified' &&
        handOver.ended.reason === 'unreachable' &&
        attempts.length < policy.document.unreachable_after_attempts,
      disposed,
      dispositionTime:
        disposed === null || accepted === null || takersClock === null ? null : takersClock.between(accepted.at, disposed.at),
      dispositionOpenTime: accepted === null || takersClock === null ? null : at => takersClock.between(accepted.at, at),
      holding: all.holdings[0] ?? { since: given.at, owner: '', team: '', region: '' },
    },
  }
}

const HOUR = 3_600_000_000
const DAY = 24 * HOUR

/** The attempt with which there were enough over enough channels; or the contact or qualification before it, which makes more of them needless. */
const cadenceMet = (
  attempts: readonly WorkTouch[],
  twoWay: readonly WorkTouch[],
  qualified: Moment | null,
  { attempts: wanted, channels }: SalesPolicy['cadence'][number],
): Moment | null => {
  const used = new Set<string>()
  let made = 0
  const enough = attempts.find(({ channel }) => {
    used.add(channel)
    made += 1
    return made >= wanted && used.size >= channels
  })
  return firstOf([momentOf(enough), momentOf(twoWay[0]), qualified])
}

/**
 * What the end of a hand-over makes of an obligation that was not met by then. Pulled back, merged, erased, and refused before contact: void. Disqualified, or given
 * back after it was taken, without an attempt: a breach, or closing a lead would clean its clock.
 */
const endOf = ({ ended, accepted }: HandOver, contacted: boolean, step: Step): Clock['ended'] => {
  if (ended === null) return null
  const { at, id, why, reason } = ended
  const as = (state: 'void' | 'breached', because: string = why): Clock['ended'] => ({ at, id, as: state, why: because })
  if (why === 'pulled-back' || why === 'merged' || why === 'erased' || why === 'rejected') return as('void')
  if (step === 'disposition') return null
  if (why === 'closed') return as('void')
  if (why === 'recycled' && accepted === null && !contacted) return as('void', 'pulled-back')
  if (!contacted) return as('breached', `${why} without an attempt`)
  if (step !== 'cadence') return null
  if (why === 'recycled') return as('breached', 'recycled before the agreed attempts')
  return reason === 'unreachable' ? as('breached', 'unreachable before the agreed attempts') : as('void')
}

/** AE → success: whoever was won is touched by the people who look after customers. */
export const clocksOfWon = (deal: WonDeal, under: SlaUnder): readonly Clock[] => {
  const { document, name } = under.policyAt(deal.wonAt)
  const rule = document.sales.find(({ handoff }) => handoff === 'ae-success')?.first_touch.find(({ buckets }) => buckets.length === 0)
  if (rule === undefined) return []
  const wall = under.wallClockOf(deal.owner, deal.wonAt)
  const met = deal.touches.find(({ side, human, at }) => side === 'success' && human && at >= deal.wonAt)
  const member = deal.owner === '' ? null : memberAt(under.members, deal.owner, deal.wonAt)
  return [
    {
      id: `first-touch.ae-success.${deal.eventId}`,
      side: 'sales',
      handoff: 'ae-success',
      step: 'first-touch',
      policy: name,
      person: '',
      account: deal.account,
      deal: deal.dealId,
      lead: '',
      bucket: '',
      source: '',
      calendar: wall.calendar,
      zone: wall.zone,
      startAt: deal.wonAt,
      startedBy: deal.eventId,
      dueAt: dueAt(rule.within, wall, deal.wonAt),
      metAt: met?.at ?? null,
      metBy: met?.id ?? '',
      ended: null,
      reassigned: 0,
      holdings: [{ since: deal.wonAt, owner: deal.owner, team: member?.team ?? 'success', region: member?.region ?? '' }],
      excluded: '',
    },
  ]
}
