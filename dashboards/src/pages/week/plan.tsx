import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, rowsOf } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { type Side, stageText, title } from '../../format/words.ts'
import { Meter, Segments } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { SideMark } from '../../parts/side.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

const GOALS: Readonly<Record<string, readonly [text: string, side: Side]>> = {
  revenue: ['Won revenue', 'sales'],
  pipeline: ['New pipeline', 'both'],
  mql: ['MQLs', 'marketing'],
}
const rank = (row: FigureRow): number => Object.keys(GOALS).indexOf(dim(row, 'goal'))

/** Are we on plan, both sides: attained so far, and by team beside where the calendar and past seasons would have it. */
export const Plan = () => {
  const { get, patch } = useView()
  const { period, as_of, currency } = useAsking()
  const asked = useAnswer('GET /v1/targets', { period, as_of, currency })
  const teams = get('plan') === 'teams'
  return (
    <Panel
      title="Are we on plan?"
      about="Targets of both sides, and how far we are"
      flush
      right={
        <Segments
          label="Targets of"
          value={teams ? 'teams' : 'all'}
          options={[
            ['all', 'Company'],
            ['teams', 'Teams and pace'],
          ]}
          onChange={value => patch({ plan: value === 'all' ? '' : value })}
        />
      }
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={4}>
        {({ rows, total }) => {
          const from = teams ? rows : total
          const targets = rowsOf(from, 'M98', { measure: 'target' }).toSorted((a, b) => rank(a) - rank(b))
          if (targets.length === 0)
            return (
              <Empty title="No target is set for this period">Planning sets them in Settings, or sends them as target-set events.</Empty>
            )
          const of = (target: FigureRow, measure: string) =>
            rowOf(from, 'M98', { measure, ...(teams ? { target: dim(target, 'target') } : { goal: dim(target, 'goal') }) })
          return (
            <DataTable
              label="Targets and attainment"
              short
              rows={targets}
              keyOf={target => dim(target, 'target') || dim(target, 'goal')}
              columns={[
                {
                  id: 'goal',
                  head: 'Goal',
                  cell: target => (
                    <>
                      <SideMark of={GOALS[dim(target, 'goal')]?.[1] ?? ''} />
                      {GOALS[dim(target, 'goal')]?.[0] ?? stageText(dim(target, 'goal'))}
                      {teams ? ` · ${title(dim(target, 'region') || dim(target, 'team'))}` : ''}
                    </>
                  ),
                },
                {
                  id: 'bar',
                  head: 'Attained',
                  width: teams ? '18%' : '32%',
                  cell: target => <Meter part={of(target, 'attained')?.value ?? 0} tone={GOALS[dim(target, 'goal')]?.[1] || 'bar'} />,
                },
                {
                  id: 'share',
                  head: '',
                  num: true,
                  by: target => of(target, 'attained')?.value,
                  cell: target => <Figure row={of(target, 'attained')} n={false} flags={false} />,
                },
                {
                  id: 'actual',
                  head: 'So far',
                  num: true,
                  by: target => of(target, 'actual')?.value,
                  cell: target => <Figure row={of(target, 'actual')} />,
                },
                { id: 'target', head: 'Target', num: true, by: target => target.value, cell: target => <Figure row={target} /> },
                ...(teams
                  ? [
                      {
                        id: 'gap',
                        head: 'To go',
                        num: true,
                        by: (target: FigureRow) => of(target, 'gap')?.value,
                        cell: (target: FigureRow) => <Figure row={of(target, 'gap')} />,
                      },
                      {
                        id: 'linear',
                        head: 'Of linear pace',
                        num: true,
                        by: (target: FigureRow) => of(target, 'against_linear')?.value,
                        cell: (target: FigureRow) => <Figure row={of(target, 'against_linear')} n={false} />,
                      },
                      {
                        id: 'season',
                        head: 'Of seasonal pace',
                        num: true,
                        by: (target: FigureRow) => of(target, 'against_seasonal')?.value,
                        cell: (target: FigureRow) => <Figure row={of(target, 'against_seasonal')} n={false} />,
                      },
                    ]
                  : []),
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}
