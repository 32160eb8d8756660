import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, rowsOf } from '../../api/rows.ts'
import { stageText } from '../../format/words.ts'
import { count } from '../../format/number.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'

/** How long people and deals stay in each stage. */
export const Velocity = () => {
  const { period, as_of } = useAsking()
  const asked = useAnswer('GET /v1/funnel/velocity', { period, as_of })
  return (
    <Panel
      className="w7"
      title="Time in each stage"
      about="Stays that ended; the median of all counts those still running too"
      flush
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked}>
        {({ rows }) => {
          const stays = rowsOf(rows, 'M11', { statistic: 'median' })
          if (stays.length === 0) return <Empty title="Nobody stayed in a stage in this period" />
          const of = (row: (typeof stays)[number], statistic: string) =>
            rowOf(rows, 'M11', { statistic, stage: dim(row, 'stage'), counted: dim(row, 'counted') })
          return (
            <DataTable
              label="Time in stage"
              short
              rows={stays}
              keyOf={row => `${dim(row, 'counted')} ${dim(row, 'stage')}`}
              columns={[
                { id: 'stage', head: 'Stage', cell: row => `${stageText(dim(row, 'stage'))}, ${dim(row, 'counted')}` },
                {
                  id: 'n',
                  head: 'Ended',
                  num: true,
                  by: row => Number(row['completed'] ?? 0),
                  cell: row => count(Number(row['completed'] ?? 0)),
                },
                {
                  id: 'running',
                  head: 'Running',
                  num: true,
                  by: row => Number(row['running'] ?? 0),
                  cell: row => count(Number(row['running'] ?? 0)),
                },
                { id: 'median', head: 'Median', num: true, by: row => row.value, cell: row => <Figure row={row} flags={false} /> },
                {
                  id: 'p90',
                  head: 'p90',
                  num: true,
                  by: row => of(row, 'p90')?.value,
                  cell: row => <Figure row={of(row, 'p90')} flags={false} />,
                },
                {
                  id: 'km',
                  head: 'Median of all',
                  num: true,
                  by: row => of(row, 'km_median')?.value,
                  cell: row => <Figure row={of(row, 'km_median')} flags={false} />,
                },
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}
