import { useState } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { useWrite } from '../../api/use-write.ts'
import { useWriteMany } from '../../api/use-write-many.ts'
import type { SlaClock } from '../../api/types.ts'
import { Panel } from '../../parts/panel.tsx'

/** So many leads the API takes in one request. */
const MOST_AT_ONCE = 200

/** What can be done with the chosen clocks at once: their leads go to somebody else, or their breaches are to be excused. */
export const Acts = ({ clocks, done }: { readonly clocks: readonly SlaClock[]; readonly done: () => void }) => {
  const members = useAnswer('GET /v1/members', { function: 'sales', active: 'true', limit: 1_000 })
  const assign = useWrite('POST /v1/leads/assign')
  const excuse = useWrite('POST /v1/sla/clocks/{id}/excuse')
  const [to, setTo] = useState('')
  const [reason, setReason] = useState('')
  const { progress, run, stop } = useWriteMany(done)
  const persons = [...new Set(clocks.map(({ person }) => person.replace('person:', '')).filter(person => person !== ''))]
  const breaches = clocks.filter(({ state }) => state === 'breached')
  const team = members.data?.rows.find(({ member_id: id }) => id === to)?.team
  const parts = Array.from({ length: Math.ceil(persons.length / MOST_AT_ONCE) }, (_, i) =>
    persons.slice(i * MOST_AT_ONCE, (i + 1) * MOST_AT_ONCE),
  )
  const give = (leads: string[]) =>
    assign.mutateAsync({
      body: { leads, owner_id: to, ...(team === undefined ? {} : { team }), ...(reason.trim() === '' ? {} : { reason: reason.trim() }) },
    })
  const ask = ({ id }: SlaClock) => excuse.mutateAsync({ params: { id }, body: { decision: 'proposed', reason: reason.trim() } })
  return (
    <Panel title={`${clocks.length} chosen`} about={`${persons.length} ${persons.length === 1 ? 'lead' : 'leads'}`}>
      <div className="row-form form">
        <label>
          Give to
          <select value={to} onChange={event => setTo(event.target.value)}>
            <option value="">choose whom</option>
            {(members.data?.rows ?? []).map(({ member_id: id, team: of }) => (
              <option key={id} value={id}>
                {id} · {of}
              </option>
            ))}
          </select>
        </label>
        <label style={{ flex: 1 }}>
          Because
          <input value={reason} onChange={event => setReason(event.target.value)} />
        </label>
        <button
          type="button"
          className="button primary"
          disabled={to === '' || persons.length === 0 || progress.running}
          onClick={() => void run(parts, give)}
        >
          {progress.running ? `${progress.done} of ${progress.of}…` : `Give ${persons.length} ${persons.length === 1 ? 'lead' : 'leads'}`}
        </button>
        <button
          type="button"
          className="button"
          disabled={breaches.length === 0 || reason.trim() === '' || progress.running}
          title="The other function grants it, or does not"
          onClick={() => void run(breaches, ask)}
        >
          Ask to excuse {breaches.length}
        </button>
        {progress.running ? (
          <button type="button" className="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="button" className="button" onClick={done}>
            Choose none
          </button>
        )}
        {progress.failed.length === 0 ? null : (
          <span className="bad">
            {progress.failed.length} not written: {progress.failed[0]}
          </span>
        )}
      </div>
    </Panel>
  )
}
