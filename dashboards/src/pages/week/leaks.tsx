import { Link } from '@tanstack/react-router'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowsOf } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { percent } from '../../format/number.ts'
import { periodText, stageText } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useAsking, usePeriod, usePeriodBefore } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'

const MOST = 3
const ratio = (row: FigureRow, name: string): string => (typeof row[name] === 'number' ? percent(row[name]) : '–')
const step = (row: FigureRow): string => `${stageText(dim(row, 'stage_from'))} → ${stageText(dim(row, 'stage_to'))}`

/** The three steps that lose most money against how they usually go; of a running period the one before it, which is old enough to be judged. */
export const Leaks = () => {
  const { search } = useView()
  const { period: own, as_of, currency } = useAsking()
  const running = usePeriod(own)?.state === 'running'
  const before = usePeriodBefore(own)?.period
  const period = running && before !== undefined ? before : own
  const asked = useAnswer('GET /v1/funnel/leaks', { period, as_of, currency })
  return (
    <Panel
      className="w4"
      title="Largest leaks"
      about={periodText(period)}
      right={
        <Link to="/funnel" search={{ ...keptAcross(search), period } as never} className="button small">
          Funnel
        </Link>
      }
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={5}>
        {({ rows }) => {
          const judged = rowsOf(rows, 'M22').filter(({ value }) => value !== null)
          const leaks = judged.filter(({ value }) => (value ?? 0) > 0).toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))
          const gains = judged.filter(({ value }) => (value ?? 0) < 0).toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))
          const young = rowsOf(rows, 'M22').length - judged.length
          return (
            <>
              {leaks.length === 0 ? (
                <Empty title={judged.length === 0 ? 'No step can be judged yet' : 'No step leaks'}>
                  {judged.length === 0
                    ? 'A leak is told against the periods before, once the cohort is old enough.'
                    : 'Every step that can be judged goes as it usually does, or better.'}
                </Empty>
              ) : (
                <Steps rows={leaks.slice(0, MOST)} />
              )}
              {gains.length === 0 ? null : (
                <>
                  <h3 style={{ marginTop: 10 }}>Better than usual</h3>
                  <Steps rows={gains.slice(0, leaks.length === 0 ? MOST : 1)} />
                </>
              )}
              {young === 0 ? null : <p className="note">{young} steps are too young to be judged.</p>}
            </>
          )
        }}
      </Answered>
    </Panel>
  )
}

const Steps = ({ rows }: { readonly rows: readonly FigureRow[] }) => (
  <ul className="list">
    {rows.map(row => (
      <li key={step(row)}>
        <span>{step(row)}</span>
        <strong>
          <Figure row={row} precision="short" n={false} flags={false} />
        </strong>
        <span className="sub">
          {ratio(row, 'actual_rate')} of {row.denominator ?? '–'}, usually {ratio(row, 'baseline_rate')}
        </span>
      </li>
    ))}
  </ul>
)
