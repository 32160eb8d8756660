import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf } from '../../api/rows.ts'
import type { FigureRow, SalesEffort } from '../../api/types.ts'
import { count } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Meter } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

const METRICS = ['M26', 'M30', 'M42', 'M43', 'M46', 'M47'] as const

/** Each rep: what they carry, whether they keep the limits, and what they did. */
export const Reps = ({ role }: { readonly role: string }) => {
  const { get } = useView()
  const { period, as_of } = useAsking()
  const effort = useAnswer('GET /v1/sales/effort', {
    period,
    as_of,
    role: role === '' ? undefined : role,
    team: get('team') || undefined,
    limit: 1_000,
  })
  const owners = useAnswer('GET /v1/sla/attainment', { period, as_of, by: 'owner', side: 'sales', metric: [...METRICS] })
  const capacity = useAnswer('GET /v1/plan/capacity', { as_of, leads: 0 })
  const kept = (owner: string, metric: string, where: Readonly<Record<string, string>> = {}) =>
    rowOf(owners.data?.rows, metric, { owner, ...where })
  const carried = (member: string, measure: string) => rowOf(capacity.data?.rows, 'M97', { member, measure })
  const figure = (
    id: string,
    head: string,
    of: (member: string) => FigureRow | undefined,
    hint: string,
    n = true,
  ): Column<SalesEffort> => ({
    id,
    head,
    hint,
    num: true,
    by: ({ member }) => of(member)?.value,
    cell: ({ member }) => <Figure row={of(member)} n={n} flags={false} />,
  })
  const counted = (id: 'attempts' | 'no_shows', head: string, hint: string): Column<SalesEffort> => ({
    id,
    head,
    hint,
    num: true,
    by: row => row[id],
    cell: row => count(row[id]),
  })
  return (
    <Panel title="Each rep" about="What they carry today, and what they did in the period" flush foot={<RestsOn answer={owners.data} />}>
      <Answered asked={effort} lines={10}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="Nobody of this team and role">Members come as member-changed events; Settings shows them.</Empty>
          ) : (
            <DataTable<SalesEffort>
              label="Each rep"
              rows={rows}
              keyOf={({ member }) => member}
              sort="-load"
              columns={[
                {
                  id: 'rep',
                  head: 'Rep',
                  by: ({ member }) => member,
                  cell: ({ member, team }) => (
                    <>
                      {member} <span className="n">{title(team)}</span>
                    </>
                  ),
                },
                {
                  id: 'load',
                  head: 'Open leads',
                  hint: 'Open leads against the places that the member has (M97)',
                  num: true,
                  by: ({ member }) => carried(member, 'load')?.value ?? carried(member, 'open_leads')?.value,
                  cell: ({ member }) => {
                    const [load, open, places] = ['load', 'open_leads', 'places'].map(measure => carried(member, measure))
                    return (
                      <span style={{ display: 'inline-flex', gap: 8, alignItems: 'center' }}>
                        <Meter part={load?.value ?? 0} tone={(load?.value ?? 0) > 1 ? 'bad' : 'sales'} />
                        <span style={{ minWidth: 54 }}>
                          {open?.value ?? '–'}
                          <span className="n"> of {places?.value ?? '–'}</span>
                        </span>
                      </span>
                    )
                  },
                },
                figure('kept', 'Kept', member => kept(member, 'M42'), 'Met ÷ due clocks (M42)'),
                figure('open', 'Breaches', member => kept(member, 'M43'), 'Past the limit and not made good (M43)'),
                figure(
                  'untouched',
                  'Untouched',
                  member => owners.data?.rows.find(row => untouched(row, member)),
                  'MQLs past the first-touch limit without a touch (M30)',
                ),
                figure(
                  'per',
                  'Tries per lead',
                  member => kept(member, 'M46', { statistic: 'median' }),
                  'Median until disposition (M46)',
                  false,
                ),
                figure('two', 'Two-way', member => kept(member, 'M47', { statistic: 'median' }), 'Median until disposition (M47)', false),
                counted('attempts', 'Tries', 'Calls, mails and other touches that went out in the period, meetings apart'),
                {
                  id: 'meetings',
                  head: 'Meetings',
                  hint: 'Held, of those booked for the period',
                  num: true,
                  by: ({ held }) => held,
                  cell: ({ held, meetings }) => (
                    <>
                      {count(held)} <span className="n">of {count(meetings)}</span>
                    </>
                  ),
                },
                counted('no_shows', 'No-shows', 'Meetings to which nobody came'),
              ]}
            />
          )
        }
      </Answered>
    </Panel>
  )
}

const untouched = (row: FigureRow, member: string): boolean => row.metric === 'M30' && row.unit === 'ratio' && dim(row, 'owner') === member
