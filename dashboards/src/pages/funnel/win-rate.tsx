import { useAnswer } from '../../api/use-answer.ts'
import { dim } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { metricName } from '../../format/metrics.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered } from '../../parts/state.tsx'
import { useAsking } from '../../shell/session.ts'

const beside = (row: FigureRow): string => {
  const horizon = dim(row, 'horizon_days')
  const stale = dim(row, 'stale_days')
  return horizon !== '' ? `within ${horizon} days` : stale !== '' ? `nothing for ${stale} days` : ''
}

/** Win rates that belong together: of what closed, of a cohort, and how much only stands around. */
export const WinRate = () => {
  const { period, as_of, currency } = useAsking()
  const asked = useAnswer('GET /v1/funnel/win-rate', { period, as_of, currency })
  return (
    <Panel className="w5" title="Winning" about="Never one of these alone" foot={<RestsOn answer={asked.data} />}>
      <Answered asked={asked}>
        {({ rows }) => (
          <ul className="list">
            {rows.map(row => (
              <li key={`${row.metric} ${dim(row, 'stage')}`}>
                <span>
                  {metricName(row.metric)} <span className="n">{beside(row)}</span>
                </span>
                <span>
                  <Figure row={row} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Answered>
    </Panel>
  )
}
