import { useMemo } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { fan } from '../../figures/fan.ts'
import { forecastRange } from '../../figures/forecast-range.ts'
import { instantText } from '../../format/number.ts'
import { periodText, title } from '../../format/words.ts'
import { Chart } from '../../parts/chart.tsx'
import { PageHead } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Kpi } from '../../parts/kpi.tsx'
import { Later } from '../../parts/later.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useAsking, usePeriod, useSession } from '../../shell/session.ts'
import { Backtest } from './backtest.tsx'
import { Bridge } from './bridge.tsx'
import { Calls } from './calls.tsx'

/** Where the period will end, how sure that is, and how far such forecasts were off. */
export const Forecast = () => {
  const { period, as_of, currency } = useAsking()
  const asked = useAnswer('GET /v1/forecast/{period}', { as_of, currency }, { params: { period } })
  const rows = asked.data?.rows
  const option = useMemo(() => (rows === undefined ? null : forecastRange(rows)), [rows])
  const { today } = useSession()
  const range = usePeriod(period)
  const cone = useMemo(
    () =>
      rows === undefined || range === undefined || today < range.from || today >= range.to
        ? null
        : fan(rows, { from: range.from, today, to: range.to }),
    [rows, range, today],
  )
  const of = (measure: string): FigureRow | undefined => rows?.find(row => dim(row, 'measure') === measure)
  const chosen = of('forecast')
  return (
    <>
      <PageHead
        title={`Forecast of ${periodText(period)}`}
        about="The method that was best on past periods before this one, its interval from its own past errors, and everything it rests on."
      />
      <div className="kpis">
        <Kpi label="Forecast" side="both" row={chosen} beside={title(dim(chosen, 'method'))} waiting={rows === undefined} />
        <Kpi
          label="Between, 8 times of 10"
          row={of('p10')}
          beside={
            <>
              and <Figure row={of('p90')} precision="short" />
            </>
          }
          waiting={rows === undefined}
        />
        <Kpi
          label="Target"
          row={rowOf(rows, 'M98', { measure: 'target' })}
          beside={
            <>
              gap <Figure row={of('gap')} precision="short" />
            </>
          }
          waiting={rows === undefined}
        />
        <Kpi label="Chance to reach it" row={of('target_chance')} beside="by simulation" waiting={rows === undefined} />
        <Kpi label="Won so far" side="sales" row={of('closed')} beside="closed in the period" waiting={rows === undefined} />
        <Kpi
          label="Coverage"
          row={of('coverage')}
          beside={
            <>
              <Figure row={of('open')} precision="short" flags={false} /> open
            </>
          }
          waiting={rows === undefined}
        />
        <Kpi
          label="Past error"
          row={of('wape')}
          beside={
            <>
              bias <Figure row={of('bias')} n={false} />
            </>
          }
          waiting={rows === undefined}
        />
      </div>
      <div className="grid">
        <Panel className="w8" title="Where it may end" about="Won so far, then eight cases of ten" foot={<RestsOn answer={asked.data} />}>
          <Answered asked={asked} lines={9}>
            {() =>
              cone === null ? (
                <Empty title="Only a running period has a way to its end" />
              ) : (
                <Chart label="Forecast from today to the end of the period, P10 to P90" height={340} option={cone} />
              )
            }
          </Answered>
        </Panel>
        <Panel
          className="w4"
          title="What it stands on"
          about={asked.data === undefined ? '' : `as of ${instantText(asked.data.as_of)} UTC`}
        >
          <Answered asked={asked} lines={9}>
            {() => (
              <ul className="list">
                {(
                  [
                    ['Committed, with won', 'commit'],
                    ['With best case', 'best-case'],
                    ['With all open', 'pipeline'],
                    ['Open and overdue', 'overdue'],
                    ['Slippage so far', 'slippage'],
                    ['Pushes', 'pushes'],
                    ['Stale', 'stale'],
                    ['To be created beyond the usual', 'needed'],
                    ['Skill against naive', 'skill'],
                    ['Past actuals inside the interval', 'coverage_80'],
                  ] as const
                ).map(([text, measure]) => (
                  <li key={measure}>
                    <span>{text}</span>
                    <span>
                      <Figure row={of(measure)} />
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </Answered>
        </Panel>
      </div>
      <Panel
        title="Every method, over the interval"
        about="The band is P10 to P90; the darker bar is the method in use"
        foot={<RestsOn answer={asked.data} />}
      >
        <Answered asked={asked} lines={9}>
          {() => (option === null ? null : <Chart label="Forecast by method, with interval and target" height={300} option={option} />)}
        </Answered>
      </Panel>
      <Calls />
      <Bridge />
      <Later>
        <Backtest />
      </Later>
    </>
  )
}
