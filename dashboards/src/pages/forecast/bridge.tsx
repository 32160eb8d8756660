import { useCallback, useMemo } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowsOf } from '../../api/rows.ts'
import { bridge, bridgeShown } from '../../figures/bridge.ts'
import { count, dateText } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Chart, type Picked } from '../../parts/chart.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useAsking, usePeriod, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

/** Every move of open pipeline from the start of the period to its end, or to today; each bar opens to its deals. */
export const Bridge = () => {
  const { period, as_of, currency } = useAsking()
  const { patch } = useView()
  const { today } = useSession()
  const range = usePeriod(period)
  const to = range === undefined ? today : range.to < today ? range.to : today
  const asked = useAnswer(
    'GET /v1/pipeline/bridge',
    { from: range?.from ?? '', to, as_of, currency },
    { enabled: range !== undefined && range.from < to },
  )
  const rows = asked.data?.rows
  const option = useMemo(() => (rows === undefined ? null : bridge(rowsOf(rows, 'M91'))), [rows])
  const open = useCallback(
    ({ dataIndex }: Picked) => {
      const token = bridgeShown(rowsOf(rows, 'M91'))[dataIndex]?.explain
      if (token !== undefined) patch({ proof: token })
    },
    [rows, patch],
  )
  if (range === undefined || range.from >= to) return null
  return (
    <Panel
      title="Pipeline bridge"
      about={`${dateText(range.from)} to ${dateText(to)}; it closes exactly; a bar opens to its deals`}
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={8}>
        {({ rows: bars }) =>
          bars.every(row => row.value === 0) ? (
            <Empty title="No pipeline moved in this period" />
          ) : (
            <>
              {option === null ? null : <Chart label="Pipeline bridge" height={290} option={option} onPick={open} />}
              <div className="controls" style={{ paddingTop: 10 }}>
                {bars
                  .filter(row => row.value !== 0)
                  .map(row => (
                    <span key={dim(row, 'bar')} className="tag">
                      {title(dim(row, 'bar'))} <Figure row={row} flags={false} />{' '}
                      <span className="n">{count(Number(dim(row, 'deals')))} deals</span>
                    </span>
                  ))}
              </div>
            </>
          )
        }
      </Answered>
    </Panel>
  )
}
