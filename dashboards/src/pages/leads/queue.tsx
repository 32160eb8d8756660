import { useAnswer } from '../../api/use-answer.ts'
import type { SlaClock } from '../../api/types.ts'
import { dim } from '../../api/rows.ts'
import { count, duration } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Due } from '../../parts/clock.tsx'
import { Choice, PageHead } from '../../parts/controls.tsx'
import { FigureTable } from '../../parts/figure-table.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

const BY = ['owner'] as const
const PER_OWNER = [
  { metric: 'M42', head: 'Attainment' },
  { metric: 'M43', head: 'Open breaches' },
  { metric: 'M30', head: 'Untouched', where: { measure: '' } },
  { metric: 'M46', head: 'Attempts, median', where: { statistic: 'median' } },
  { metric: 'M47', head: 'Two-way, median', where: { statistic: 'median' } },
  { metric: 'M26', head: 'Decided in time' },
] as const

/** For who runs the team: what is due, what is over, and how each rep stands. */
export const Queue = () => {
  const { get, patch } = useView()
  const { period, as_of } = useAsking()
  const members = useAnswer('GET /v1/members', { as_of, limit: 1_000 })
  const teams = [...new Set((members.data?.rows ?? []).filter(member => member.function === 'sales').map(member => member.team))]
  const team = get('team') || undefined
  const running = useAnswer('GET /v1/sla/clocks', { as_of, state: 'running', side: 'sales', team, limit: 200 }, { refetchMs: 30_000 })
  const breached = useAnswer('GET /v1/sla/clocks', { as_of, state: 'breached', open: 'true', side: 'sales', team, period, limit: 200 })
  const owners = useAnswer('GET /v1/sla/attainment', {
    period,
    as_of,
    by: 'owner',
    side: 'sales',
    team,
    metric: ['M26', 'M30', 'M42', 'M43', 'M46', 'M47'],
  })
  return (
    <>
      <PageHead
        title="Team queue"
        about="Running clocks by when they are due, what is over its limit and still open, and each rep of the team."
      >
        <Choice
          label="Team"
          value={team ?? ''}
          options={[['', 'all'], ...teams.map(each => [each, title(each)] as const)]}
          onChange={value => patch({ team: value })}
        />
      </PageHead>
      <div className="grid">
        <Clocks className="w6" heading="Running" asked={running} empty="No clock is running" />
        <Clocks className="w6" heading="Over the limit, still open" asked={breached} empty="No breach of this period is open" />
      </div>
      <Panel title="Each rep" flush foot={<RestsOn answer={owners.data} />}>
        <Answered asked={owners} lines={10}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title="No clock was due in this period" />
            ) : (
              <FigureTable
                label="Each rep"
                rows={rows.filter(row => dim(row, 'owner') !== '')}
                by={BY}
                measures={PER_OWNER}
                nameOf={owner => owner}
                bars={false}
                sort="-M42"
              />
            )
          }
        </Answered>
      </Panel>
    </>
  )
}

type ClocksProps = {
  readonly className: string
  readonly heading: string
  readonly asked: ReturnType<typeof useAnswer<'GET /v1/sla/clocks'>>
  readonly empty: string
}

const Clocks = ({ className, heading, asked, empty }: ClocksProps) => (
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
            columns={[
              {
                id: 'lead',
                head: 'Lead',
                by: ({ person }) => person,
                cell: ({ person, deal_id }) => person.replace('person:', '') || deal_id,
              },
              { id: 'step', head: 'Asks for', by: ({ step }) => step, cell: ({ step }) => title(step) },
              { id: 'owner', head: 'Owner', by: ({ owner }) => owner, cell: ({ owner, team }) => owner || team },
              {
                id: 'due',
                head: 'Due',
                by: ({ due_at }) => due_at,
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
