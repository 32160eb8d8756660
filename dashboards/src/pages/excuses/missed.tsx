import { useState } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { useWrite } from '../../api/use-write.ts'
import { useWriteMany } from '../../api/use-write-many.ts'
import type { SlaClock } from '../../api/types.ts'
import { count } from '../../format/number.ts'
import { Choice } from '../../parts/controls.tsx'
import { howMissed, owed, whomOf } from '../../parts/missed-clocks.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useMe } from '../../shell/me.ts'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

const SIDES = [
  ['', 'both'],
  ['sales', 'Sales'],
  ['marketing', 'Marketing'],
] as const

/** Missed clocks of the period; chosen ones can be asked to be excused. */
export const Missed = () => {
  const { get, patch } = useView()
  const { period, as_of } = useAsking()
  const { zone } = useSession()
  const me = useMe()
  const side = SIDES.find(([each]) => each === get('side'))?.[0] ?? ''
  const asked = useAnswer('GET /v1/sla/clocks', {
    as_of,
    period,
    state: 'breached',
    side: side === '' ? undefined : side,
    owner: get('owner') || undefined,
    limit: 1_000,
  })
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const picked = (asked.data?.rows ?? []).filter(({ id }) => chosen.has(id)).map(({ id }) => id)
  const mayAsk = as_of === undefined && me !== null && ['marketing', 'sales'].includes(me.function)
  return (
    <Panel
      title={asked.data === undefined ? 'Missed in the period' : `Missed in the period: ${count(asked.data.count)}`}
      about={mayAsk ? 'Choose with the boxes or the space bar' : 'A member of marketing or sales can ask to excuse them'}
      flush
      right={<Choice label="Side" value={side} options={SIDES} onChange={value => patch({ side: value })} />}
    >
      {mayAsk && picked.length > 0 ? <Ask ids={picked} done={() => setChosen(new Set())} /> : null}
      <Answered asked={asked} lines={9}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="No limit was missed in this period" />
          ) : (
            <DataTable<SlaClock>
              label="Missed clocks"
              rows={rows}
              keyOf={({ id }) => id}
              sort="due"
              {...(mayAsk ? { chosen, onChoose: setChosen } : {})}
              columns={[owed, { id: 'lead', head: 'Lead', by: ({ person }) => person, cell: whomOf }, ...howMissed(zone)]}
            />
          )
        }
      </Answered>
    </Panel>
  )
}

const Ask = ({ ids, done }: { readonly ids: readonly string[]; readonly done: () => void }) => {
  const [reason, setReason] = useState('')
  const { progress, run, stop } = useWriteMany(done)
  const propose = useWrite('POST /v1/sla/clocks/{id}/excuse')
  return (
    <form
      className="row-form form"
      style={{ padding: '4px 16px 12px' }}
      onSubmit={event => {
        event.preventDefault()
        void run(ids, id => propose.mutateAsync({ params: { id }, body: { decision: 'proposed', reason: reason.trim() } }))
      }}
    >
      <label style={{ flex: 1 }}>
        Why {ids.length === 1 ? 'it' : 'they'} should be excused
        <input required value={reason} onChange={event => setReason(event.target.value)} />
      </label>
      <button type="submit" className="button primary" disabled={progress.running || reason.trim() === ''}>
        {progress.running ? `${progress.done} of ${progress.of}…` : `Ask to excuse ${ids.length}`}
      </button>
      {progress.running ? (
        <button type="button" className="button" onClick={stop}>
          Stop
        </button>
      ) : null}
      {progress.failed.length === 0 ? null : (
        <span className="bad">
          {progress.failed.length} not written: {progress.failed[0]}
        </span>
      )}
    </form>
  )
}
