import { useState } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, rowsOf } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { count, dateText, minorUnits, money } from '../../format/number.ts'
import { periodText, stageText, title } from '../../format/words.ts'
import { PageHead } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Kpi } from '../../parts/kpi.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Plan as Targets } from '../week/plan.tsx'

/** From the target back to the leads it takes, when, from where and for how much; and the MQLs that are to come. */
export const Plan = () => {
  const { get, patch } = useView()
  const { period, as_of, currency } = useAsking()
  const session = useSession()
  const [target, setTarget] = useState(get('target'))
  const minor = get('target') === '' ? undefined : minorUnits(Number(get('target')), currency ?? session.currency)
  const asked = useAnswer('GET /v1/plan/reverse-funnel', { period, as_of, currency, target: minor })
  const total = asked.data?.total
  const part = (name: string) => rowOf(total, 'M96', { part: name })
  return (
    <>
      <PageHead
        title={`Plan of ${periodText(period)}`}
        about="What the target takes: deals, opportunities and leads, by when, at the rates and yields of the past year."
      >
        <form
          className="controls"
          onSubmit={event => {
            event.preventDefault()
            patch({ target })
          }}
        >
          <label className="field">
            <span>Try a target, {currency ?? session.currency}</span>
            <input
              type="number"
              min={0}
              step={1000}
              value={target}
              onChange={event => setTarget(event.target.value)}
              placeholder="as set"
              style={{ width: 110 }}
            />
          </label>
          <button type="submit" className="button">
            Try
          </button>
        </form>
      </PageHead>
      <div className="kpis">
        <Kpi label="Target" row={part('target')} waiting={total === undefined} />
        <Kpi label="Won so far" side="sales" row={part('won')} waiting={total === undefined} />
        <Kpi label="Open should bring" side="sales" row={part('open')} waiting={total === undefined} />
        <Kpi label="Still to find" side="both" row={part('remaining')} waiting={total === undefined} />
        <Kpi label="Mean won deal" row={part('mean_won_value')} beside="new business" waiting={total === undefined} />
      </div>
      <div className="grid">
        <Panel
          className="w7"
          title="What it takes"
          about="With the range that the rates’ intervals give, and when it has to be there"
          flush
          foot={<RestsOn answer={asked.data} />}
        >
          <Answered asked={asked} lines={7}>
            {({ rows }) => {
              const needed = rowsOf(rows, 'M96', { part: 'needed' })
              if (needed.length === 0) return <Empty title="Nothing more is needed">What is won and open reaches the target.</Empty>
              const rate = (stage: string) => rowsOf(rows, 'M96', { part: 'rate' }).find(row => dim(row, 'stage') === stage)
              return (
                <DataTable<FigureRow>
                  label="What the target takes"
                  short
                  rows={needed}
                  keyOf={row => dim(row, 'stage')}
                  columns={[
                    { id: 'stage', head: 'Stage', cell: row => stageText(dim(row, 'stage')) },
                    { id: 'n', head: 'Needed', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
                    {
                      id: 'range',
                      head: 'Between',
                      num: true,
                      cell: row =>
                        row.interval === undefined || row.interval === null
                          ? ''
                          : `${count(Math.round(row.interval[0]))} and ${count(Math.round(row.interval[1]))}`,
                    },
                    { id: 'rate', head: 'To the next', num: true, cell: row => <Figure row={rate(dim(row, 'stage'))} /> },
                    {
                      id: 'when',
                      head: 'By',
                      cell: row => (dim(row, 'to') === '' ? '' : `${dateText(dim(row, 'from'))} to ${dateText(dim(row, 'to'))}`),
                    },
                  ]}
                />
              )
            }}
          </Answered>
        </Panel>
        <Panel className="w5" title="From where" about="At each channel’s share and cost of a lead" flush>
          <Answered asked={asked} lines={7}>
            {({ rows }) => (
              <DataTable<FigureRow>
                label="Leads and spend by channel"
                short
                sort="-leads"
                rows={rowsOf(rows, 'M96', { part: 'channel_leads' })}
                keyOf={row => dim(row, 'channel')}
                columns={[
                  { id: 'channel', head: 'Channel', by: row => dim(row, 'channel'), cell: row => title(dim(row, 'channel')) },
                  { id: 'leads', head: 'Leads', num: true, by: row => row.value, cell: row => <Figure row={row} flags={false} /> },
                  {
                    id: 'spend',
                    head: 'Spend',
                    num: true,
                    by: row => rowOf(rows, 'M96', { part: 'channel_spend', channel: dim(row, 'channel') })?.value,
                    cell: row => <Figure row={rowOf(rows, 'M96', { part: 'channel_spend', channel: dim(row, 'channel') })} flags={false} />,
                  },
                  {
                    id: 'each',
                    head: 'A lead',
                    num: true,
                    cell: row => {
                      const spend = rowOf(rows, 'M96', { part: 'channel_spend', channel: dim(row, 'channel') })
                      const each = spend?.['cost_per_lead']
                      return typeof each === 'number' && each > 0 ? money(each, spend?.unit.slice(0, 3) ?? session.currency) : ''
                    },
                  },
                ]}
              />
            )}
          </Answered>
        </Panel>
      </div>
      <Targets />
      <ComingMqls />
    </>
  )
}

/** Months shown: some that are counted, to judge by, and all that are to come. */
const RECENT_AND_COMING = 10

const ComingMqls = () => {
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/plan/mql', { as_of })
  return (
    <Panel
      title="MQLs to come"
      about="From planned activities by type and lag, and what comes without them"
      flush
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={5}>
        {({ rows, total }) => {
          const months = [...new Set([...total, ...rows].map(row => dim(row, 'month')))]
            .filter(month => month !== '')
            .toSorted()
            .slice(-RECENT_AND_COMING)
          const of = (measure: string, month: string) => rowOf([...rows, ...total], 'M97', { measure, month })
          return (
            <DataTable
              label="MQLs by month"
              short
              rows={months}
              keyOf={month => month}
              columns={[
                { id: 'month', head: 'Month', cell: periodText },
                { id: 'actual', head: 'Counted', num: true, cell: month => <Figure row={of('actual', month)} flags={false} /> },
                { id: 'forecast', head: 'To come', num: true, cell: month => <Figure row={of('forecast', month)} /> },
                {
                  id: 'unplanned',
                  head: 'of that unplanned',
                  num: true,
                  cell: month => <Figure row={of('unplanned', month)} flags={false} />,
                },
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}
