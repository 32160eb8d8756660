import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, rowsOf } from '../../api/rows.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import type { CreditQuery } from './attribution.tsx'

const DAYS = ['30', '90', '180', '365']

type LookbackProps = {
  readonly query: CreditQuery
  readonly model: string
  /** What was asked for is on its way: four lookbacks more would only keep it back. */
  readonly waits: boolean
}

/** Whether the answer would be another one if touches counted for shorter or longer. */
export const Lookback = ({ query: { lookback_days: _own, ...query }, model, waits }: LookbackProps) => {
  const asked = useAnswer('GET /v1/attribution/lookback', { ...query, model }, { enabled: !waits })
  return (
    <Panel
      title="Does the lookback matter?"
      about="Part of the whole that would move between any two lookbacks"
      flush
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={4}>
        {({ rows, total }) => {
          const pairs = rowsOf(rows, 'M61')
          if (pairs.length === 0) return <Empty title="Nothing converted in this period" />
          const pair = (a: string, b: string) => pairs.find(row => dim(row, 'lookback_days') === a && dim(row, 'other_lookback_days') === b)
          return (
            <div className="table-wrap short">
              <table className="table" aria-label="Lookbacks compared">
                <thead>
                  <tr>
                    <th scope="col">Lookback</th>
                    {DAYS.slice(1).map(days => (
                      <th key={days} scope="col" className="num">
                        against {days} days
                      </th>
                    ))}
                    <th scope="col" className="num">
                      Earned by no touch
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {DAYS.map(days => (
                    <tr key={days} className="row">
                      <th scope="row">{days} days</th>
                      {DAYS.slice(1).map(other => (
                        <td key={other} className="num">
                          {Number(other) > Number(days) ? <Figure row={pair(days, other)} /> : ''}
                        </td>
                      ))}
                      <td className="num">
                        <Figure row={rowOf(total, 'M59', { lookback_days: days })} flags={false} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }}
      </Answered>
    </Panel>
  )
}
