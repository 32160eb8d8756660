import { useMemo } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, greatest, rowOf, rowsOf, valuesOf } from '../../api/rows.ts'
import { Choice, Meter, PageHead, Segments } from '../../parts/controls.tsx'
import { Chart } from '../../parts/chart.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { entriesByMonth } from '../../figures/entries-by-month.ts'
import { stageText, title } from '../../format/words.ts'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Conversion } from './conversion.tsx'
import { Leaks } from './leaks.tsx'
import { Velocity } from './velocity.tsx'
import { WinRate } from './win-rate.tsx'

/** Who came in, who got through, where they stop and what that costs. */
export const Funnel = () => {
  const { get, patch } = useView()
  const measure = get('measure') === 'throughput' ? 'throughput' : 'cohort'
  return (
    <>
      <PageHead
        title="Funnel"
        about="Journeys of people up to where deals begin, deals from there on. A cohort is who entered in the period; its rate is of them alone, within the horizon."
      >
        <Segments
          label="Rates of"
          value={measure}
          options={[
            ['cohort', 'Cohort'],
            ['throughput', 'Period'],
          ]}
          onChange={value => patch({ measure: value === 'cohort' ? '' : value })}
        />
        <Choice
          label="Within"
          value={get('horizon', '90')}
          options={['30', '60', '90', '180', '365'].map(days => [days, `${days} days`])}
          onChange={value => patch({ horizon: value })}
        />
      </PageHead>
      <Volumes />
      <Conversion measure={measure} horizon={Number(get('horizon', '90'))} />
      <Leaks />
      <div className="grid">
        <Velocity />
        <WinRate />
      </div>
      <ByMonth />
    </>
  )
}

const Volumes = () => {
  const { period, as_of, currency } = useAsking()
  const asked = useAnswer('GET /v1/funnel/stages', { period, as_of, currency })
  return (
    <Panel
      title="Stages"
      about="Who entered for the first time, and who stands there at the end of the period"
      flush
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={7}>
        {({ rows }) => {
          const ofDeals = new Set(rowsOf(rows, 'M1', { counted: 'deals' }).map(row => dim(row, 'stage')))
          const stages = valuesOf(rowsOf(rows, 'M1'), 'stage')
          const counted = (stage: string): string => (ofDeals.has(stage) ? 'deals' : 'journeys')
          const of = (metric: string, stage: string) => rowOf(rows, metric, { stage, counted: counted(stage) })
          const most = greatest(stages.map(stage => of('M1', stage)))
          if (most === 0) return <Empty title="Nobody entered a stage in this period">As known then. Choose another period above.</Empty>
          return (
            <DataTable
              label="Stages of the funnel"
              short
              rows={stages}
              keyOf={stage => stage}
              columns={[
                { id: 'stage', head: 'Stage', cell: stageText },
                {
                  id: 'counted',
                  head: 'Counted',
                  cell: stage => <span className="n">{counted(stage) === 'deals' ? 'deals' : 'people’s journeys'}</span>,
                },
                {
                  id: 'bar',
                  head: '',
                  width: '30%',
                  cell: stage => (
                    <Meter part={(of('M1', stage)?.value ?? 0) / most} tone={counted(stage) === 'deals' ? 'sales' : 'marketing'} />
                  ),
                },
                {
                  id: 'entered',
                  head: 'Entered',
                  num: true,
                  by: stage => of('M1', stage)?.value,
                  cell: stage => <Figure row={of('M1', stage)} flags={false} />,
                },
                {
                  id: 'all',
                  head: 'With re-entries',
                  num: true,
                  by: stage => of('M2', stage)?.value,
                  cell: stage => <Figure row={of('M2', stage)} flags={false} />,
                },
                {
                  id: 'there',
                  head: 'There at the end',
                  num: true,
                  by: stage => of('M4', stage)?.value,
                  cell: stage => <Figure row={of('M4', stage)} flags={false} />,
                },
                {
                  id: 'worth',
                  head: 'Worth',
                  num: true,
                  by: stage => of('M5', stage)?.value,
                  cell: stage => <Figure row={of('M5', stage)} flags={false} />,
                },
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}

const ByMonth = () => {
  const { get, patch } = useView()
  const { period, as_of } = useAsking()
  const asked = useAnswer('GET /v1/funnel/stages', { period, as_of, by: 'month' })
  const rows = asked.data?.rows
  const stage = get('stage', 'mql')
  const option = useMemo(() => (rows === undefined ? null : entriesByMonth(rows, stage)), [rows, stage])
  const stages = valuesOf(rowsOf(rows, 'M1'), 'stage')
  return (
    <Panel
      title="Entries by month"
      right={
        <Choice
          label="Stage"
          value={stage}
          options={(stages.length === 0 ? [stage] : stages).map(each => [each, stageText(each)])}
          onChange={value => patch({ stage: value })}
        />
      }
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={6}>
        {() => (option === null ? null : <Chart label={`First entries to ${title(stage)} by month`} height={220} option={option} />)}
      </Answered>
    </Panel>
  )
}
