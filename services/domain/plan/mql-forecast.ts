/** One activity that took place or is planned: its month is counted from any fixed one. */
export type Activity = { readonly type: string; readonly month: number; readonly volume: number }
/** MQLs of an activity type that came `lag` months after the month of the activity. */
export type ActivityMqls = { readonly type: string; readonly month: number; readonly lag: number; readonly mqls: number }

export type TypeYield = {
  readonly type: string
  /** MQLs for each person or response of the volume. */
  readonly yield: number
  /** Of the yield, by months of lag; adds up to 1 where there is a yield. */
  readonly lagShares: readonly number[]
  /** Volume that was observed at lag 0, and MQLs of all lags. */
  readonly volume: number
  readonly mqls: number
}

/**
 * Yield of each type, aware of lags (metrics M97): the rate at a lag is taken only from activities that are old enough to have shown it, so that last month's
 * webinar does not count as one that brings little. `observedMonths`: the last month that is over.
 */
export const activityYields = (
  activities: readonly Activity[],
  mqls: readonly ActivityMqls[],
  { lastMonth, maxLag }: { readonly lastMonth: number; readonly maxLag: number },
): readonly TypeYield[] =>
  [...Map.groupBy(activities, activity => activity.type)].map(([type, some]) => {
    const rates = Array.from({ length: maxLag + 1 }, (_, lag) => {
      const volume = some.reduce((sum, each) => sum + (each.month + lag <= lastMonth ? each.volume : 0), 0)
      const came = mqls.reduce(
        (sum, each) => sum + (each.type === type && each.lag === lag && each.month + lag <= lastMonth ? each.mqls : 0),
        0,
      )
      return volume === 0 ? 0 : came / volume
    })
    const total = rates.reduce((sum, rate) => sum + rate, 0)
    return {
      type,
      yield: total,
      lagShares: rates.map(rate => (total === 0 ? 0 : rate / total)),
      volume: some.reduce((sum, each) => sum + (each.month <= lastMonth ? each.volume : 0), 0),
      mqls: mqls.reduce((sum, each) => sum + (each.type === type && each.month + each.lag <= lastMonth ? each.mqls : 0), 0),
    }
  })

export type MqlForecast = {
  readonly month: number
  /** From planned activities, by type; types without a yield are not here. */
  readonly byType: readonly { readonly type: string; readonly mqls: number }[]
  readonly unplanned: number
  readonly mqls: number
}

/** M97 of a month: Σ_type Σ_lag volume(m − lag) × yield × lagshare + unplanned base. Ex webinars 1,000 and the month before 500, yield .08, lag .6/.3: 60. */
export const mqlForecast = (
  month: number,
  activities: readonly Activity[],
  yields: readonly Pick<TypeYield, 'type' | 'yield' | 'lagShares'>[],
  unplanned: number,
): MqlForecast => {
  const byType = yields.map(({ type, yield: rate, lagShares }) => ({
    type,
    mqls: lagShares.reduce(
      (sum, share, lag) =>
        sum +
        rate *
          share *
          activities.reduce((volume, each) => volume + (each.type === type && each.month === month - lag ? each.volume : 0), 0),
      0,
    ),
  }))
  return { month, byType, unplanned, mqls: byType.reduce((sum, each) => sum + each.mqls, 0) + unplanned }
}

export type PlannedActivity = Activity & { readonly campaign: string }
export type CampaignMqls = { readonly campaign: string; readonly month: number; readonly mqls: number }

/**
 * Whose MQLs they are: those of a campaign come from its latest activities that began at most `maxLag` months before, shared by volume where several began in
 * that month. What no activity of its campaign explains is unplanned.
 */
export const creditedToActivities = (
  activities: readonly PlannedActivity[],
  mqls: readonly CampaignMqls[],
  maxLag: number,
): { readonly credited: readonly ActivityMqls[]; readonly unplanned: ReadonlyMap<number, number> } => {
  const credited: ActivityMqls[] = []
  const unplanned = new Map<number, number>()
  const byCampaign = Map.groupBy(activities, activity => activity.campaign)
  for (const { campaign, month, mqls: came } of mqls) {
    const some = campaign === '' ? [] : (byCampaign.get(campaign) ?? []).filter(each => each.month <= month && each.month >= month - maxLag)
    const latest = Math.max(...some.map(each => each.month))
    const last = some.filter(each => each.month === latest && each.volume > 0)
    const volume = last.reduce((sum, each) => sum + each.volume, 0)
    if (volume === 0) unplanned.set(month, (unplanned.get(month) ?? 0) + came)
    for (const each of last)
      credited.push({ type: each.type, month: each.month, lag: month - each.month, mqls: (came * each.volume) / volume })
  }
  return { credited, unplanned }
}
