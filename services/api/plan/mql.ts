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
import type { Figures } from '../figure-route.ts'

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
  activity_type: z.string(),
  campaign: z.string().default(''),
  starts_on: Day,
  volume: z.coerce.number().nullish(),
  cancelled: z.boolean().default(false),
})
const Row = z.object({ payload: z.string() })
const Entries = z.looseObject({ is_total: z.coerce.number(), month: z.string(), campaign: z.string(), first_entries: z.coerce.number() })

const NONE = '(none)'

/** M97 by month and activity type, with the unplanned base; the yields that it rests on, and what came in the months that are over. */
export const mqlAnswer = async (store: Store, context: AnswerContext, asked: MqlAsked, explainEntries: Explain): Promise<Figures> => {
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
  const activities: PlannedActivity[] = []
  for (const row of planned) {
    const said = Said.safeParse(JSON.parse(Row.parse(row).payload))
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
  const untried = new Set(
    activities
      .filter(each => each.month >= thisMonth - maxLag && !learned.some(known => known.type === each.type && known.yield > 0))
      .map(each => each.type),
  )
  const rows = [
    ...forecast.flatMap(({ month, byType, unplanned: unexplained, mqls: all }) => [
      ...byType.map(({ type, mqls: some }) => row(month, 'planned', some, { activity_type: type })),
      row(month, 'unplanned', unexplained),
      row(month, 'forecast', all, { flags: none }),
    ]),
    ...learned.map(
      (each): FigureRow => ({
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
      }),
    ),
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
    row(lastMonth, 'unplanned_base', base, { months: baseMonths }),
  ]
  return { rows, total, excluded }
}
