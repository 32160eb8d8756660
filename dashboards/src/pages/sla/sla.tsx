import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { metricName } from '../../format/metrics.ts'
import { title } from '../../format/words.ts'
import { PageHead, Segments } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { FigureTable } from '../../parts/figure-table.tsx'
import { Kpi } from '../../parts/kpi.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

const SPLITS = ['step', 'owner', 'team', 'bucket', 'month'] as const
const KEPT = [
  { metric: 'M42', head: 'Attainment' },
  { metric: 'M43', head: 'Open breaches' },
] as const
const TIMES = ['M39', 'M40', 'M41', 'M44', 'M49', 'M46', 'M47']

/** What both sides promised each other, and whether they kept it. */
export const Sla = () => {
  const { get, patch } = useView()
  const { period, as_of } = useAsking()
  const by = SPLITS.find(name => name === get('by')) ?? 'step'
  const whole = useAnswer('GET /v1/sla/attainment', { period, as_of })
  const sides = useAnswer('GET /v1/sla/attainment', { period, as_of, by: 'side', metric: ['M42', 'M43'] })
  const split = useAnswer('GET /v1/sla/attainment', { period, as_of, by: ['side', by], metric: ['M42', 'M43'] })
  const rows = whole.data?.rows
  const side = (name: string) => rowOf(sides.data?.rows, 'M42', { side: name })
  const plain = (metric: string): FigureRow | undefined =>
    rows?.find(row => row.metric === metric && dim(row, 'measure') === '' && dim(row, 'statistic') === '')
  const waiting = rows === undefined
  return (
    <>
      <PageHead
        title="Service levels"
        about="Clocks of both sides that were due in the period: sales owes a touch and a decision, marketing owes a lead that is what was agreed."
      />
      <div className="kpis">
        <Kpi
          label="Sales kept"
          side="sales"
          row={side('sales')}
          beside={
            <>
              <Figure row={rowOf(sides.data?.rows, 'M43', { side: 'sales' })} flags={false} /> open breaches
            </>
          }
          waiting={waiting}
        />
        <Kpi
          label="Marketing kept"
          side="marketing"
          row={side('marketing')}
          beside={
            <>
              <Figure row={rowOf(sides.data?.rows, 'M43', { side: 'marketing' })} flags={false} /> open breaches
            </>
          }
          waiting={waiting}
        />
        <Kpi
          label="Speed to lead, median"
          side="sales"
          row={rowOf(rows, 'M39', { statistic: 'median' })}
          beside={
            <>
              <Figure row={rowOf(rows, 'M39', { measure: 'untouched' })} n={false} /> untouched
            </>
          }
          waiting={waiting}
        />
        <Kpi
          label="Acceptance"
          side="both"
          row={rowOf(rows, 'M25', { measure: 'decided' })}
          beside={
            <>
              <Figure row={rowOf(rows, 'M25', { measure: 'handed-over' })} n={false} /> of all handed over
            </>
          }
          waiting={waiting}
        />
        <Kpi label="Decided in time" side="sales" row={plain('M26')} beside="of decisions due" waiting={waiting} />
        <Kpi
          label="Untouched MQLs"
          side="sales"
          row={rows?.find(row => row.metric === 'M30' && row.unit === 'ratio')}
          beside="past the first-touch limit"
          waiting={waiting}
        />
        <Kpi
          label="Nurtured after rejection"
          side="marketing"
          row={rowOf(rows, 'M51', { measure: 'nurture' })}
          beside="in the days agreed"
          waiting={waiting}
        />
      </div>
      <div className="grid">
        <Panel
          className="w7"
          title="Kept, and by whom not"
          flush
          right={
            <Segments label="By" value={by} options={SPLITS.map(each => [each, title(each)])} onChange={value => patch({ by: value })} />
          }
          foot={<RestsOn answer={split.data} />}
        >
          <Answered asked={split} lines={8}>
            {answer =>
              answer.rows.length === 0 ? (
                <Empty title="No clock was due in this period" />
              ) : (
                <FigureTable
                  label="Attainment"
                  rows={answer.rows}
                  by={['side', by]}
                  measures={KEPT}
                  nameOf={(value, name) => (name === 'owner' ? value || '–' : title(value))}
                  bars={false}
                  sort="M42"
                />
              )
            }
          </Answered>
        </Panel>
        <Panel
          className="w5"
          title="How long it takes"
          about="Half are faster than the median, nine of ten than p90"
          flush
          foot={<RestsOn answer={whole.data} />}
        >
          <Answered asked={whole} lines={8}>
            {answer => {
              const of = (metric: string, statistic: string) => rowOf(answer.rows, metric, { statistic })
              return (
                <DataTable
                  label="Times"
                  short
                  rows={TIMES.filter(metric => of(metric, 'median') !== undefined)}
                  keyOf={metric => metric}
                  columns={[
                    { id: 'what', head: 'What', cell: metricName },
                    ...(['median', 'p75', 'p90'] as const).map(statistic => ({
                      id: statistic,
                      head: title(statistic),
                      num: true,
                      cell: (metric: string) => <Figure row={of(metric, statistic)} flags={false} />,
                    })),
                  ]}
                />
              )
            }}
          </Answered>
        </Panel>
      </div>
    </>
  )
}
