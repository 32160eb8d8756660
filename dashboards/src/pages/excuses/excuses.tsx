import { useState } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { useWrite } from '../../api/use-write.ts'
import type { SlaExcuse } from '../../api/types.ts'
import { dayText, duration, instantText } from '../../format/number.ts'
import { sideOf, title } from '../../format/words.ts'
import { PageHead, Segments } from '../../parts/controls.tsx'
import { whomOf } from '../../parts/missed-clocks.tsx'
import { Panel } from '../../parts/panel.tsx'
import { SideMark } from '../../parts/side.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { useMe } from '../../shell/me.ts'
import { useView } from '../../shell/view.ts'
import { Missed } from './missed.tsx'

const STATES = ['waiting', 'granted', 'refused'] as const
const HEADS = {
  waiting: ['Asked, and waiting for the other side', 'Nobody waits for a decision'],
  granted: ['Granted', 'Nothing has been granted'],
  refused: ['Refused', 'Nothing has been refused'],
} as const

/** Breaches that one function asks to excuse and the other grants: the only way out of a missed limit. */
export const Excuses = () => {
  const { get, patch } = useView()
  const { as_of } = useAsking()
  const state = STATES.find(each => each === get('state')) ?? 'waiting'
  const asked = useAnswer('GET /v1/sla/excuses', { as_of, state, limit: 500 })
  return (
    <>
      <PageHead
        title="Excuses"
        about="A missed limit stays missed unless one function asks to excuse it and the other grants it. Excused clocks count for neither side, and the audit names them."
      >
        <Segments
          label="State"
          value={state}
          options={STATES.map(each => [each, title(each)])}
          onChange={value => patch({ state: value })}
        />
      </PageHead>
      <Panel title={HEADS[state][0]}>
        <Answered asked={asked} lines={4}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title={HEADS[state][1]}>
                {state === 'waiting' ? 'Choose clocks below and ask: the other function sees it here, and in the audit.' : undefined}
              </Empty>
            ) : (
              <ul className="list">
                {rows.map(excuse => (
                  <Request key={excuse.clock.id} excuse={excuse} />
                ))}
              </ul>
            )
          }
        </Answered>
      </Panel>
      {state === 'waiting' ? <Missed /> : null}
    </>
  )
}

const Request = ({ excuse }: { readonly excuse: SlaExcuse }) => {
  const { zone } = useSession()
  const { clock, statements } = excuse
  return (
    <li>
      <span>
        <SideMark of={sideOf(clock.side)} />
        <strong>{title(clock.step)}</strong> of {whomOf(clock)}, {clock.owner || 'nobody named'}
        <span className="n">
          {' '}
          due {dayText(clock.due_at, zone)}
          {clock.overdue_seconds === null ? '' : `, ${duration(clock.overdue_seconds)} over`}
        </span>
      </span>
      <span className={`tag ${excuse.state === 'granted' ? 'good' : excuse.state === 'refused' ? 'bad' : 'warn'}`}>
        {title(excuse.state)}
      </span>
      <span className="sub">
        {statements.map(({ decision, member, function: of, reason, at }) => (
          <span key={`${at} ${member}`} style={{ display: 'block' }}>
            {title(decision)} by {member} ({of}), {instantText(at, zone)}: {reason}
          </span>
        ))}
      </span>
      {excuse.state === 'waiting' ? <Decide excuse={excuse} /> : null}
    </li>
  )
}

const Decide = ({ excuse }: { readonly excuse: SlaExcuse }) => {
  const { as_of } = useAsking()
  const me = useMe()
  const [reason, setReason] = useState('')
  const decide = useWrite('POST /v1/sla/clocks/{id}/excuse')
  const proposers = excuse.statements.filter(({ decision }) => decision === 'proposed').map(said => said.function)
  if (as_of !== undefined || me === null) return <span />
  if (!['marketing', 'sales'].includes(me.function) || proposers.every(of => of === me.function))
    return <span className="note">the other function decides</span>
  const say = (decision: 'granted' | 'refused') => () =>
    decide.mutate({ params: { id: excuse.clock.id }, body: { decision, reason: reason.trim() } })
  const idle = decide.isPending || reason.trim() === ''
  return (
    <form className="row-form form" onSubmit={event => event.preventDefault()}>
      <label>
        Why
        <input value={reason} onChange={event => setReason(event.target.value)} />
      </label>
      <button type="submit" className="button primary" disabled={idle} onClick={say('granted')}>
        Grant
      </button>
      <button type="button" className="button" disabled={idle} onClick={say('refused')}>
        Refuse
      </button>
      {decide.error === null ? null : <span className="bad">{decide.error.message}</span>}
    </form>
  )
}
