import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, rowsOf, valuesOf } from '../../api/rows.ts'
import { title } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'

/** How far each method would have been off, asked again as of each past week. */
export const Backtest = () => {
  const { period, as_of, currency } = useAsking()
  const asked = useAnswer('GET /v1/forecast/{period}/backtest', { as_of, currency }, { params: { period } })
  return (
    <Panel
      title="How good such forecasts were"
      about="Every past week forecast with what was known then; the best on earlier weeks is judged on later ones"
      flush
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={8}>
        {({ rows }) => {
          const all = rows.filter(row => dim(row, 'judged') === 'all')
          const methods = valuesOf(rowsOf(all, 'M92'), 'method')
          if (methods.length === 0) return <Empty title="Too little history to judge by" />
          const of = (metric: string, measure: string, method: string) => rowOf(all, metric, { measure, method })
          return (
            <DataTable
              label="Backtest by method"
              short
              sort="wape"
              rows={methods}
              keyOf={method => method}
              columns={[
                {
                  id: 'method',
                  head: 'Method',
                  by: method => method,
                  cell: method => (method === 'chosen' ? <strong>Chosen at the time</strong> : title(method)),
                },
                { id: 'n', head: 'Forecasts', num: true, cell: method => dim(of('M92', 'wape', method), 'forecasts') },
                {
                  id: 'wape',
                  head: 'Error',
                  hint: 'WAPE: Σ|error| ÷ Σ actual',
                  num: true,
                  by: method => of('M92', 'wape', method)?.value,
                  cell: method => <Figure row={of('M92', 'wape', method)} flags={false} />,
                },
                {
                  id: 'bias',
                  head: 'Bias',
                  num: true,
                  by: method => of('M92', 'bias', method)?.value,
                  cell: method => <Figure row={of('M92', 'bias', method)} flags={false} />,
                },
                {
                  id: 'skill',
                  head: 'Skill against naive',
                  num: true,
                  by: method => of('M93', 'skill', method)?.value,
                  cell: method => <Figure row={of('M93', 'skill', method)} />,
                },
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}
