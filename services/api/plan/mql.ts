import { z } from 'zod'
import type { StageMap } from '../../domain/definitions/stage-map.ts'
import { type FunnelStagesQuestion, stageEntries } from '../../domain/figures/funnel-stages.ts'
import { plannedActivities } from '../../domain/figures/targets.ts'
import { dateAt, startOfDay } from '../../domain/periods.ts'
import { monthName, monthNumber } from '../../domain/plan/days.ts'
import { activityYields, creditedToActivities, mqlForecast, type PlannedActivity } from '../../domain/plan/mql-forecast.ts'
import type { Store } from '../../store/port.ts'
import type { FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain } from '../explain/figure.ts'
import { type Derived, MILLION, partTerms, type Proof, type Term } from './derived.ts'

export type MqlAsked = {
  readonly stageMap: StageMap
  readonly stage: string
  /** Months to foretell, from the one after the last that is over. */
  readonly months: number
  readonly historyMonths: number
  readonly baseMonths: number
  readonly maxLag: number
  /** In place of what was learned. */
  readonly yields: ReadonlyMap<string, number>
}

const Day = z.union([z.string(), z.number().transform(days => new Date(days * 86_400_000).toISOString().slice(0, 10))]).nullish()
const Said = z.object({
  activity_id: z.string().default(''),
  activity_type: z.string(),
  campaign: z.string().default(''),
  starts_on: Day,
  volume: z.coerce.number().nullish(),
  cancelled: z.boolean().default(false),
})
const Row = z.object({ event_id: z.string(), payload: z.string() })
const Entries = z.looseObject({ is_total: z.coerce.number(), month: z.string(), campaign: z.string(), first_entries: z.coerce.number() })

const NONE = '(none)'

/** M97 by month and activity type, with the unplanned base; the yields that it rests on, and what came in the months that are over. */
export const mqlAnswer = async (store: Store, context: AnswerContext, asked: MqlAsked, explainEntries: Explain): Promise<Derived> => {
  const { sources, settings, observedTo, flags } = context
  const { stageMap, stage, maxLag } = asked
  const thisMonth = monthNumber(dateAt(observedTo, settings.zone))
  const lastMonth = thisMonth - 1
  const firstMonth = thisMonth - asked.historyMonths
  const from = startOfDay(`${monthName(firstMonth)}-01`, settings.zone)
  const to = startOfDay(`${monthName(thisMonth)}-01`, settings.zone)
  const question: FunnelStagesQuestion = {
    stageMap,
    counted: 'journeys',
    by: ['month', 'campaign'],
    filters: { stage: [stage] },
    from,
    to,
    zone: settings.zone,
    currency: settings.currency,
    volumesAt: [],
  }
  const [planned, entered] = await Promise.all([store.read(plannedActivities(sources)), store.read(stageEntries(sources, question))])
  const excluded: Record<string, number> = {}
  const activities: (PlannedActivity & { readonly id: string; readonly eventId: string })[] = []
  for (const row of planned) {
    const { event_id: eventId, payload } = Row.parse(row)
    const said = Said.safeParse(JSON.parse(payload))
    const why = !said.success
      ? 'unreadable'
      : said.data.cancelled
        ? 'cancelled'
        : !said.data.starts_on
          ? 'undated'
          : said.data.volume === null || said.data.volume === undefined
            ? 'volume_missing'
            : ''
    if (why !== '' || !said.success) excluded[why] = (excluded[why] ?? 0) + 1
    else
      activities.push({
        id: said.data.activity_id,
        eventId,
        type: said.data.activity_type,
        campaign: said.data.campaign,
        month: monthNumber(said.data.starts_on ?? ''),
        volume: said.data.volume ?? 0,
      })
  }
  const mqls = entered
    .map(row => Entries.parse(row))
    .filter(row => row.is_total === 0)
    .map(row => ({ campaign: row.campaign === NONE ? '' : row.campaign, month: monthNumber(row.month), mqls: row.first_entries }))
  const { credited, unplanned } = creditedToActivities(activities, mqls, maxLag)
  const learned = activityYields(
    activities.filter(each => each.month >= firstMonth),
    credited,
    { lastMonth, maxLag },
  ).map(each => {
    const wanted = asked.yields.get(each.type)
    if (wanted === undefined) return each
    // nothing was learned of when they come: in the month itself
    return { ...each, yield: wanted, lagShares: each.yield === 0 ? each.lagShares.map((_, lag) => (lag === 0 ? 1 : 0)) : each.lagShares }
  })
  const baseMonths = Math.min(asked.baseMonths, asked.historyMonths)
  const base =
    Array.from({ length: baseMonths }, (_, n) => unplanned.get(lastMonth - n) ?? 0).reduce((sum, each) => sum + each, 0) / baseMonths
  const ahead = Array.from({ length: asked.months }, (_, n) => thisMonth + n)
  const none = learned.length === 0 ? ['no_activities'] : []
  const row = (month: number, measure: string, value: number, more: Partial<FigureRow> = {}): FigureRow => ({
    month: monthName(month),
    measure,
    metric: 'M97',
    value,
    unit: 'count',
    ...more,
    flags: [...flags, ...(more.flags ?? [])].toSorted(),
  })
  const forecast = ahead.map(month => mqlForecast(month, activities, learned, base))
  /** What each activity of a type adds to a month. */
  const termsOf = (month: number, type: string): readonly Term[] => {
    const each = learned.find(known => known.type === type)
    return activities.flatMap(activity => {
      const share = each?.lagShares[month - activity.month]
      if (activity.type !== type || each === undefined || share === undefined) return []
      const { id, eventId, volume } = activity
      return [
        {
          id,
          value: volume * each.yield * share,
          entity: 'campaign' as const,
          event_ids: [eventId],
          note: `${volume} × ${each.yield.toFixed(4)} × ${share.toFixed(4)} (lag ${month - activity.month})`,
        },
      ]
    })
  }
  const baseTerms: readonly Term[] = Array.from({ length: baseMonths }, (_, n) => ({
    id: monthName(lastMonth - n),
    value: (unplanned.get(lastMonth - n) ?? 0) / baseMonths,
    note: `${unplanned.get(lastMonth - n) ?? 0} without an activity, over ${baseMonths} months`,
  }))
  const proofs = new Map<FigureRow, Proof>()
  const proven = (made: FigureRow, terms: readonly Term[]): FigureRow => {
    proofs.set(made, partTerms(made.value ?? 0, terms))
    return made
  }
  /** By month of the activities: what they reached, and the MQLs that came of it. */
  const yieldProof = ({ type, mqls: came }: (typeof learned)[number]): Proof => {
    const months = [...new Set(activities.filter(each => each.type === type && each.month <= lastMonth).map(each => each.month))]
    const monthly = months
      .toSorted((a, b) => a - b)
      .map(month => {
        const [ofMonth, some] = [
          activities.filter(each => each.type === type && each.month === month),
          credited.filter(each => each.type === type && each.month === month && each.month + each.lag <= lastMonth),
        ]
        return {
          id: monthName(month),
          value: some.reduce((sum, each) => sum + each.mqls, 0),
          base: month < firstMonth ? 0 : MILLION * ofMonth.reduce((sum, each) => sum + each.volume, 0),
          event_ids: ofMonth.map(({ eventId }) => eventId),
        }
      })
    return partTerms(came, monthly)
  }
  const untried = new Set(
    activities
      .filter(each => each.month >= thisMonth - maxLag && !learned.some(known => known.type === each.type && known.yield > 0))
      .map(each => each.type),
  )
  const rows = [
    ...forecast.flatMap(({ month, byType, unplanned: unexplained, mqls: all }) => [
      ...byType.map(({ type, mqls: some }) => proven(row(month, 'planned', some, { activity_type: type }), termsOf(month, type))),
      proven(row(month, 'unplanned', unexplained), baseTerms),
      proven(row(month, 'forecast', all, { flags: none }), [...byType.flatMap(({ type }) => termsOf(month, type)), ...baseTerms]),
    ]),
    ...learned.map((each): FigureRow => {
      const made: FigureRow = {
        measure: 'yield',
        activity_type: each.type,
        metric: 'M97',
        value: each.yield,
        unit: 'ratio',
        numerator: each.mqls,
        denominator: each.volume,
        lag_shares: each.lagShares.map(share => share.toFixed(4)).join(' '),
        flags: [
          ...flags,
          ...(asked.yields.has(each.type) ? ['override'] : []),
          ...(each.volume < 30 ? ['low_n'] : []),
          ...(untried.has(each.type) ? ['no_yield_yet'] : []),
        ].toSorted(),
      }
      proofs.set(made, yieldProof(each))
      return made
    }),
  ]
  const actual = [...Map.groupBy(mqls, each => each.month)].toSorted(([a], [b]) => a - b)
  const { stageMap: _map, ...told } = question
  const total = [
    ...actual.map(([month, some]) =>
      row(
        month,
        'actual',
        some.reduce((sum, each) => sum + each.mqls, 0),
        {
          explain: explainEntries('funnel-stages', 'M1', { ...told, by: [], filters: { stage: [stage], month: [monthName(month)] } }),
        },
      ),
    ),
    proven(row(lastMonth, 'unplanned_base', base, { months: baseMonths }), baseTerms),
  ]
  return { rows, total, excluded, proofs }
}
