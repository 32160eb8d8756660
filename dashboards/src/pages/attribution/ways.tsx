import { useCallback, useMemo } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, rowsOf } from '../../api/rows.ts'
import { stepsShown, ways } from '../../figures/ways.ts'
import { title } from '../../format/words.ts'
import { Chart, type Picked } from '../../parts/chart.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useView } from '../../shell/view.ts'
import type { CreditQuery } from './attribution.tsx'

type WaysProps = { readonly query: CreditQuery; readonly metric: string; readonly end: string }

const BETWEEN = ' > '

const Way = ({ way }: { readonly way: string }) => (
  <span className="way">
    {way.split(BETWEEN).map((channel, i) => (
      <span key={`${i} ${channel}`} className="tag">
        {channel === '…' ? 'more' : title(channel)}
      </span>
    ))}
  </span>
)

/** By which channels they came, in the order in which each first appeared, and how long it took. */
export const Ways = ({ query, metric, end }: WaysProps) => {
  const { patch } = useView()
  const { basis, conversion, linkage, lookback_days, period, currency, as_of } = query
  const asked = useAnswer('GET /v1/attribution/paths', { basis, conversion, linkage, lookback_days, period, currency, as_of, most: 12 })
  const rows = asked.data?.rows
  const option = useMemo(() => (rows === undefined ? null : ways(rows, metric, end)), [rows, metric, end])
  const open = useCallback(
    ({ dataType, dataIndex }: Picked) => {
      const step = dataType === 'edge' ? stepsShown(rows ?? [], metric)[dataIndex] : undefined
      if (step?.explain !== undefined) patch({ proof: step.explain })
    },
    [rows, metric, patch],
  )
  return (
    <Panel
      title="The ways they came"
      about="Channels in the order in which each first appeared; a stream opens to the deals in it"
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={10}>
        {({ rows: found, total }) => {
          const lines = rowsOf(found, metric).filter(row => dim(row, 'way') !== '')
          if (lines.length === 0) return <Empty title="Nothing converted in this period">As known then, under these filters.</Empty>
          const time = (way: string | null, percentile: string) =>
            way === null ? rowOf(total, 'M13', { percentile }) : rowOf(found, 'M13', { way, percentile })
          return (
            <div style={{ display: 'grid', gap: 14 }}>
              <p className="note">
                From the first touch to {end.toLowerCase()}: median <Figure row={time(null, 'p50')} n={false} />, three of four within{' '}
                <Figure row={time(null, 'p75')} n={false} flags={false} />, nine of ten within{' '}
                <Figure row={time(null, 'p90')} n={false} flags={false} />.
              </p>
              {option === null ? null : <Chart label={`Channels on the way to ${end}`} height={360} option={option} onPick={open} />}
              <DataTable
                label="Most frequent ways"
                short
                sort="-n"
                rows={lines}
                keyOf={row => dim(row, 'way')}
                columns={[
                  { id: 'way', head: 'Way', cell: row => <Way way={dim(row, 'way')} /> },
                  {
                    id: 'n',
                    head: end,
                    num: true,
                    by: row => rowOf(found, 'M56', { way: dim(row, 'way') })?.value,
                    cell: row => <Figure row={rowOf(found, 'M56', { way: dim(row, 'way') })} flags={false} />,
                  },
                  ...(metric === 'M56'
                    ? []
                    : [
                        {
                          id: 'worth',
                          head: 'Worth',
                          num: true,
                          by: (row: (typeof lines)[number]) => row.value,
                          cell: (row: (typeof lines)[number]) => <Figure row={row} flags={false} />,
                        },
                      ]),
                  {
                    id: 'took',
                    head: 'Median time',
                    num: true,
                    by: row => time(dim(row, 'way'), 'p50')?.value,
                    cell: row => <Figure row={time(dim(row, 'way'), 'p50')} n={false} flags={false} />,
                  },
                ]}
              />
            </div>
          )
        }}
      </Answered>
    </Panel>
  )
}
