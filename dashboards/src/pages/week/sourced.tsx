import { useAnswer } from '../../api/use-answer.ts'
import { greatest, rowOf, rowsOf, valuesOf } from '../../api/rows.ts'
import { sideOf, title } from '../../format/words.ts'
import { Meter } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { SideMark } from '../../parts/side.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'

const RULES: Readonly<Record<string, string>> = {
  source_field: 'Source field',
  first_touch: 'First touch',
  first_response: 'Response first',
}

/** Who brought the pipeline, by all three rules, so that nobody argues from one alone. */
export const Sourced = () => {
  const asking = useAsking()
  const asked = useAnswer('GET /v1/sourced', asking)
  return (
    <Panel
      className="w5"
      title="Who brought the pipeline"
      about="Each deal belongs to one team, by three rules"
      flush
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked}>
        {({ rows }) => {
          const sourced = rowsOf(rows, 'M57')
          const rules = valuesOf(sourced, 'rule')
          const teams = valuesOf(sourced, 'sourced_by')
          if (sourced.length === 0) return <Empty title="No pipeline was created in this period" />
          const most = greatest(sourced)
          const gap = rowOf(rows, 'M36')
          return (
            <DataTable
              label="Sourced pipeline by team and rule"
              short
              rows={teams}
              keyOf={team => team}
              foot={
                gap === undefined ? undefined : (
                  <tr>
                    <th scope="row">In dispute</th>
                    <td className="num" colSpan={rules.length + 1}>
                      <Figure row={gap} />
                    </td>
                  </tr>
                )
              }
              columns={[
                {
                  id: 'team',
                  head: 'Team',
                  cell: team => (
                    <>
                      <SideMark of={sideOf(team)} />
                      {title(team)}
                    </>
                  ),
                },
                {
                  id: 'bar',
                  head: '',
                  width: '18%',
                  cell: team => (
                    <Meter
                      part={Math.abs(rowOf(sourced, 'M57', { sourced_by: team, rule: rules[0] ?? '' })?.value ?? 0) / (most || 1)}
                      tone={sideOf(team) || 'c6'}
                    />
                  ),
                },
                ...rules.map(rule => ({
                  id: rule,
                  head: RULES[rule] ?? title(rule),
                  num: true,
                  by: (team: string) => rowOf(sourced, 'M57', { sourced_by: team, rule })?.value,
                  cell: (team: string) => (
                    <Figure row={rowOf(sourced, 'M57', { sourced_by: team, rule })} precision="short" flags={false} />
                  ),
                })),
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}
