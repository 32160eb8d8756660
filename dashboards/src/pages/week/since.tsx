import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { now, useSay } from '../../api/say.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, rowsOf } from '../../api/rows.ts'
import type { FigureRow, Meeting } from '../../api/types.ts'
import { count, dayText } from '../../format/number.ts'
import { type Side, title } from '../../format/words.ts'
import { Meter } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { SideMark } from '../../parts/side.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useMe } from '../../shell/me.ts'
import { useAsking, useSession } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'

const MOVES: Readonly<Record<string, string>> = {
  created: 'New in pipeline',
  pulled_in: 'Close date pulled into view',
  pushed_in: 'Close date pushed into view',
  reopened: 'Opened again',
  increased: 'Amount raised',
  floor_in: 'Reached a qualified stage',
  terms_in: 'Counts now',
  fx: 'Exchange rates',
  decreased: 'Amount lowered',
  pulled_earlier: 'Pulled before the view',
  pushed_out: 'Pushed out of view',
  lost: 'Lost',
  won: 'Won',
  floor_out: 'Fell back below a qualified stage',
  deleted: 'Deleted',
  terms_out: 'Counts no more',
  restated: 'Restated',
}
const ENDS = ['start', 'end']
const DAY_MS = 86_400_000
const tomorrow = (date: string): string => new Date(Date.parse(`${date}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)

/** What changed since both teams last met, and why: what came, and every move of the open pipeline. */
export const Since = () => {
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/meetings', { as_of, limit: 20 })
  const { zone } = useSession()
  const last = asked.data?.rows.find(({ kind }) => kind === 'weekly') ?? asked.data?.rows[0]
  return (
    <Panel
      title="Since we last met"
      about={last === undefined ? '' : `${last.title || title(last.kind)}, ${dayText(last.held_at, zone)}`}
      flush
      right={as_of === undefined ? <Met /> : undefined}
    >
      <Answered asked={asked} lines={5}>
        {() =>
          last === undefined ? (
            <Empty title="No meeting has been recorded">
              What changed is counted from the last meeting of both teams: note it with the button, or send meeting-held events.
            </Empty>
          ) : (
            <Changed meeting={last} />
          )
        }
      </Answered>
    </Panel>
  )
}

const Changed = ({ meeting }: { readonly meeting: Meeting }) => {
  const { search } = useView()
  const { as_of, currency } = useAsking()
  const { today, zone } = useSession()
  const from = new Date(meeting.held_at).toLocaleDateString('sv-SE', { timeZone: zone })
  const to = tomorrow(today)
  const stages = useAnswer('GET /v1/funnel/stages', { from, to, as_of, currency })
  const asked = useAnswer('GET /v1/pipeline/bridge', { from, to: today, as_of, currency }, { enabled: from < today })
  const came: readonly (readonly [string, Side, FigureRow | undefined])[] = [
    ['MQLs', 'marketing', rowOf(stages.data?.rows, 'M1', { counted: 'journeys', stage: 'mql' })],
    ['SQOs', 'sales', rowOf(stages.data?.rows, 'M1', { counted: 'deals', stage: 'sqo' })],
    ['Deals won', 'sales', rowOf(stages.data?.rows, 'M1', { counted: 'deals', stage: 'won' })],
  ]
  return (
    <div className="halves">
      <div>
        <dl className="facts" style={{ padding: '4px 16px 10px' }}>
          {came.map(([name, side, row]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>
                <SideMark of={side} />
                {name}
              </dt>
              <dd>
                {stages.data === undefined ? '…' : <Figure row={row} n={false} flags={false} />} <span className="n">new</span>
              </dd>
            </div>
          ))}
          {rowsOf(asked.data?.rows, 'M91')
            .filter(row => ENDS.includes(dim(row, 'bar')))
            .map(row => (
              <div key={dim(row, 'bar')} style={{ display: 'contents' }}>
                <dt>
                  <SideMark of="both" />
                  Pipeline {dim(row, 'bar') === 'start' ? 'then' : 'now'}
                </dt>
                <dd>
                  <Figure row={row} flags={false} /> <span className="n">{count(Number(dim(row, 'deals')))} deals</span>
                </dd>
              </div>
            ))}
        </dl>
        {meeting.decisions.length === 0 ? null : (
          <div style={{ padding: '0 16px 12px' }}>
            <h3>Decided then</h3>
            <ul className="note bullets">
              {meeting.decisions.map(decision => (
                <li key={decision}>{decision}</li>
              ))}
            </ul>
          </div>
        )}
      </div>
      <Answered asked={asked} lines={5}>
        {answer => {
          const moves = rowsOf(answer.rows, 'M91')
            .filter(row => !ENDS.includes(dim(row, 'bar')) && row.value !== 0)
            .toSorted((a, b) => Math.abs(b.value ?? 0) - Math.abs(a.value ?? 0))
            .slice(0, 6)
          const most = Math.max(1, ...moves.map(({ value }) => Math.abs(value ?? 0)))
          return (
            <>
              {moves.length === 0 ? (
                <Empty title="No deal has moved since" />
              ) : (
                <DataTable<FigureRow>
                  label="Why pipeline changed"
                  short
                  rows={moves}
                  keyOf={row => dim(row, 'bar')}
                  columns={[
                    { id: 'why', head: 'Why pipeline changed', cell: row => MOVES[dim(row, 'bar')] ?? title(dim(row, 'bar')) },
                    {
                      id: 'bar',
                      head: '',
                      width: '24%',
                      cell: row => <Meter part={Math.abs(row.value ?? 0) / most} tone={(row.value ?? 0) < 0 ? 'sales' : 'both'} />,
                    },
                    { id: 'n', head: 'Deals', num: true, cell: row => count(Number(dim(row, 'deals'))) },
                    { id: 'value', head: 'By', num: true, by: row => row.value, cell: row => <Figure row={row} flags={false} /> },
                  ]}
                />
              )}
              <div className="rests">
                <RestsOn answer={answer} />
                <Link to="/forecast" search={keptAcross(search) as never}>
                  The whole bridge
                </Link>
              </div>
            </>
          )
        }}
      </Answered>
    </div>
  )
}

/** Notes that both teams have met: from then on changes are counted. */
const Met = () => {
  const me = useMe()
  const { period } = useAsking()
  const [open, setOpen] = useState(false)
  const [decisions, setDecisions] = useState('')
  const say = useSay()
  if (me === null) return null
  if (!open)
    return (
      <button type="button" className="button small" onClick={() => setOpen(true)}>
        We met
      </button>
    )
  return (
    <form
      className="form row-form"
      onSubmit={event => {
        event.preventDefault()
        say.mutate(
          [
            now('meeting-held', {
              meeting_id: crypto.randomUUID(),
              kind: 'weekly',
              period,
              title: 'Sales and marketing',
              attendees: [me.member_id],
              decisions: decisions
                .split('\n')
                .map(line => line.trim())
                .filter(line => line !== ''),
            }),
          ],
          { onSuccess: () => setOpen(false) },
        )
      }}
    >
      <label>
        Decisions, one a line
        <textarea rows={3} style={{ minHeight: 60, width: 280 }} value={decisions} onChange={event => setDecisions(event.target.value)} />
      </label>
      <button type="submit" className="button primary" disabled={say.isPending}>
        {say.isPending ? 'Noting…' : 'Note it'}
      </button>
      <button type="button" className="button" onClick={() => setOpen(false)}>
        Leave it
      </button>
      {say.error === null ? null : <span className="bad">{say.error.message}</span>}
    </form>
  )
}
