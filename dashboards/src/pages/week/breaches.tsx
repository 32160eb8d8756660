import { Link } from '@tanstack/react-router'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf } from '../../api/rows.ts'
import { title } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { SideMark } from '../../parts/side.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'

/** What each side still owes the other. */
export const Breaches = () => {
  const { search } = useView()
  const { period, as_of } = useAsking()
  const asked = useAnswer('GET /v1/sla/attainment', { period, as_of, by: ['side', 'step'], metric: ['M42', 'M43'] })
  const excuses = useAnswer('GET /v1/sla/excuses', { as_of, state: 'waiting', limit: 1 })
  return (
    <Panel
      className="w4"
      title="Open breaches and excuses"
      flush
      right={
        <Link to="/sla" search={keptAcross(search) as never} className="button small">
          Levels
        </Link>
      }
      foot={
        <>
          {excuses.data === undefined ? null : (
            <Link to="/excuses" search={keptAcross(search) as never}>
              {excuses.data.count === 0 ? 'No excuse waits for a decision' : `${excuses.data.count} excuses wait for the other side`}
            </Link>
          )}
          <RestsOn answer={asked.data} />
        </>
      }
    >
      <Answered asked={asked} lines={4}>
        {({ rows }) => {
          const open = rows.filter(row => row.metric === 'M43' && (row.value ?? 0) > 0).toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))
          return open.length === 0 ? (
            <Empty title="No breach is open" />
          ) : (
            <DataTable
              label="Open breaches"
              short
              rows={open.slice(0, 4)}
              keyOf={row => `${dim(row, 'side')} ${dim(row, 'step')}`}
              columns={[
                {
                  id: 'step',
                  head: 'Owed',
                  cell: row => (
                    <>
                      <SideMark of={dim(row, 'side')} />
                      {title(dim(row, 'step'))}
                    </>
                  ),
                },
                { id: 'open', head: 'Open', num: true, cell: row => <Figure row={row} flags={false} /> },
                {
                  id: 'kept',
                  head: 'Kept',
                  num: true,
                  cell: row => (
                    <Figure row={rowOf(rows, 'M42', { side: dim(row, 'side'), step: dim(row, 'step') })} n={false} flags={false} />
                  ),
                },
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}
