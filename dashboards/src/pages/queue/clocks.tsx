import type { Asked } from '../../api/use-answer.ts'
import type { SlaClock, SlaClocks } from '../../api/types.ts'
import { count, duration } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Due } from '../../parts/clock.tsx'
import { whomOf } from '../../parts/missed-clocks.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'

type ClocksProps = {
  readonly className: string
  readonly heading: string
  readonly asked: Asked<SlaClocks>
  readonly empty: string
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (ids: ReadonlySet<string>) => void
}

/** Clocks by their due instants, to be chosen from. */
export const Clocks = ({ className, heading, asked, empty, chosen, onChoose }: ClocksProps) => {
  const { as_of } = useAsking()
  return (
    <Panel className={className} title={asked.data === undefined ? heading : `${heading}: ${count(asked.data.count)}`} flush>
      <Answered asked={asked} lines={8}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title={empty} />
          ) : (
            <DataTable<SlaClock>
              label={heading}
              rows={rows}
              keyOf={({ id }) => id}
              sort="due"
              {...(as_of === undefined ? { chosen, onChoose } : {})}
              columns={[
                {
                  id: 'lead',
                  head: 'Lead',
                  by: ({ person }) => person,
                  cell: clock => (
                    <>
                      {whomOf(clock)} <span className="n">{title(clock.bucket.replace('/', ', '))}</span>
                    </>
                  ),
                },
                { id: 'step', head: 'Asks for', by: ({ step }) => step, cell: ({ step }) => title(step) },
                { id: 'owner', head: 'Owner', by: ({ owner }) => owner, cell: ({ owner, team }) => owner || title(team) },
                {
                  id: 'due',
                  head: 'Due',
                  by: ({ due_at: due }) => due,
                  cell: clock =>
                    clock.state === 'running' ? (
                      <Due at={clock.due_at} />
                    ) : (
                      <span className="tag bad">{clock.overdue_seconds === null ? '' : `${duration(clock.overdue_seconds)} over`}</span>
                    ),
                },
              ]}
            />
          )
        }
      </Answered>
    </Panel>
  )
}
