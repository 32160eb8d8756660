import { Link } from '@tanstack/react-router'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowsOf } from '../../api/rows.ts'
import { stageText } from '../../format/words.ts'
import { Meter } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'

/** Where people and deals get through, and where they stop. */
export const Stages = () => {
  const { search } = useView()
  const { period, as_of } = useAsking()
  const asked = useAnswer('GET /v1/funnel/conversion', { period, as_of })
  return (
    <Panel
      className="w7"
      title="Conversion from stage to stage"
      about="Cohort of the period, 90 days each"
      flush
      right={
        <Link to="/funnel" search={keptAcross(search) as never} className="button small">
          Funnel
        </Link>
      }
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked}>
        {({ rows }) =>
          rows.every(row => (row.denominator ?? 0) === 0) ? (
            <Empty title="Nobody entered a stage in this period">As known then. Choose another period above.</Empty>
          ) : (
            <DataTable
              label="Conversion from stage to stage"
              short
              rows={rowsOf(rows, 'M6')}
              keyOf={row => `${dim(row, 'stage_from')} ${dim(row, 'stage_to')}`}
              columns={[
                {
                  id: 'stage',
                  head: 'From → to',
                  cell: row => `${stageText(dim(row, 'stage_from'))} → ${stageText(dim(row, 'stage_to'))}`,
                },
                {
                  id: 'bar',
                  head: '95 % interval',
                  width: '34%',
                  cell: row => <Meter part={row.value ?? 0} range={row.interval ?? null} />,
                },
                { id: 'rate', head: 'Rate', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
              ]}
            />
          )
        }
      </Answered>
    </Panel>
  )
}
