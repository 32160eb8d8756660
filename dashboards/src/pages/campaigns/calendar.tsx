import { useMemo } from 'react'
import type { Campaign } from '../../api/types.ts'
import { dateText, monthText } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { useWrite } from '../../api/use-write.ts'
import { Panel } from '../../parts/panel.tsx'
import { save } from '../../parts/save.ts'
import { Empty } from '../../parts/state.tsx'
import { useAsking, usePeriod } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Bar } from './bar.tsx'

const DAY_MS = 86_400_000
const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS
const TONES = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6']
const TALLEST = 14

/** Campaigns of the period as bars over its days; overlapping ones go below each other. */
export const Calendar = ({ campaigns }: { readonly campaigns: ReadonlyMap<string, Campaign> }) => {
  const { get, patch } = useView()
  const { period, as_of } = useAsking()
  const change = useWrite('PATCH /v1/campaigns/{id}')
  const range = usePeriod(period)
  const { lanes, channels, hidden } = useMemo(() => laidOut([...campaigns.values()], range?.from, range?.to), [campaigns, range])
  if (range === undefined) return null
  const [from, to] = [dayOf(range.from), dayOf(range.to)]
  const x = (day: number): string => `${(Math.max(0, Math.min(1, (day - from) / (to - from))) * 100).toFixed(2)}%`
  const ics = `/v1/campaigns.ics?${new URLSearchParams({ period, ...(as_of === undefined ? {} : { as_of }) })}`
  return (
    <Panel
      title="Calendar"
      about={`${dateText(range.from)} to ${dateText(range.to)}`}
      right={
        <>
          {change.isPending ? <span className="note">Moving…</span> : null}
          {change.error === null ? null : <span className="bad">{change.error.message}</span>}
          <button type="button" className="button small" onClick={() => patch({ campaign: 'new' })}>
            Plan a campaign
          </button>
          <button
            type="button"
            className="button small"
            onClick={() => void save(ics, `campaigns-${period}.ics`)}
            title="For any calendar program"
          >
            .ics
          </button>
        </>
      }
      foot={
        <>
          {channels.map((channel, i) => (
            <span key={channel}>
              <i className="side" style={{ display: 'inline-block', background: `var(--${TONES[i % TONES.length]})` }} /> {title(channel)}
            </span>
          ))}
          {hidden > 0 ? <span>{hidden} more run all the time or found no room here; all are in the table</span> : null}
        </>
      }
    >
      {lanes.length === 0 ? (
        <Empty title="No campaign runs in this period">Plan one: it shows here, in the calendar file and beside its figures.</Empty>
      ) : (
        <div className="table-wrap short">
          <div className="calendar">
            <div className="months">
              {monthsBetween(range.from, range.to).map(month => (
                <span key={month} style={{ flex: 1 }}>
                  {monthText(month)}
                </span>
              ))}
            </div>
            {lanes.map((lane, i) => (
              <div className="lane" key={i}>
                {lane.map(campaign => (
                  <Bar
                    key={campaign.campaign}
                    campaign={campaign}
                    tone={`var(--${TONES[channels.indexOf(campaign.channel) % TONES.length]})`}
                    left={x(dayOf(campaign.starts_on ?? range.from))}
                    right={`calc(100% - ${x(dayOf(campaign.ends_on ?? range.to) + 1)})`}
                    days={to - from}
                    open={get('campaign') === campaign.campaign}
                    onOpen={() => patch({ campaign: get('campaign') === campaign.campaign ? '' : campaign.campaign })}
                    onMove={as_of === undefined ? dates => change.mutate({ params: { id: campaign.campaign }, body: dates }) : null}
                  />
                ))}
              </div>
            ))}
          </div>
        </div>
      )}
    </Panel>
  )
}

/** First free lane for each, in the order of their starts. */
const laidOut = (campaigns: readonly Campaign[], from = '', to = '') => {
  // what begins or ends in the period is what one looks for; what always runs goes below
  const always = ({ starts_on, ends_on }: Campaign): boolean => (starts_on ?? '') < from && (ends_on ?? '9999') >= to
  const shown = campaigns.filter(({ starts_on, ends_on }) => starts_on !== null && starts_on < to && (ends_on ?? '9999') >= from)
  const lanes: Campaign[][] = []
  let hidden = 0
  for (const campaign of shown.toSorted(
    (a, b) => Number(always(a)) - Number(always(b)) || ((a.starts_on ?? '') < (b.starts_on ?? '') ? -1 : 1),
  )) {
    const free = lanes.find(lane => (lane.at(-1)?.ends_on ?? '9999') < (campaign.starts_on ?? ''))
    if (free !== undefined) free.push(campaign)
    else if (lanes.length < TALLEST) lanes.push([campaign])
    else hidden++
  }
  return { lanes, hidden, channels: [...new Set(shown.map(({ channel }) => channel))].toSorted() }
}

const monthsBetween = (from: string, to: string): readonly string[] => {
  const months: string[] = []
  for (let at = new Date(`${from}T00:00:00Z`); at.toISOString().slice(0, 10) < to; at.setUTCMonth(at.getUTCMonth() + 1))
    months.push(at.toISOString().slice(0, 7))
  return months
}
