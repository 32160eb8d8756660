import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { useWrite } from '../../api/use-write.ts'
import type { Api, Campaign, Lead } from '../../api/types.ts'
import { instantText, percent } from '../../format/number.ts'
import { title, words } from '../../format/words.ts'
import { Due } from '../../parts/clock.tsx'
import { Panel } from '../../parts/panel.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'

type Reject = Api['POST /v1/leads/{person}/reject']['body']
type ReasonClass = Reject['reason_class']
const CLASSES: readonly (readonly [ReasonClass, string])[] = [
  ['definitional', 'Not what we agreed to call an MQL'],
  ['procedural', 'Handed over wrongly'],
  ['clerical', 'Data is missing or wrong'],
]

/** Why this lead, what was said to it, and the decision. */
export const LeadCard = ({ lead, campaign }: { readonly lead: Lead; readonly campaign: Campaign | undefined }) => {
  const { search, patch } = useView()
  const { zone } = useSession()
  const { as_of } = useAsking()
  const score = useAnswer('GET /v1/leads/{person}/score', { as_of }, { params: { person: lead.person } })
  const known = Object.entries(lead.inputs).filter(([, value]) => value !== null && value !== '')
  return (
    <Panel
      className="w5"
      title={lead.company || lead.person}
      about={lead.person}
      right={
        <button type="button" className="button small" onClick={() => patch({ lead: '' })}>
          Close
        </button>
      }
    >
      <div className="controls" style={{ paddingBottom: 10 }}>
        {lead.clocks.map(clock => (
          <Due key={clock.id} at={clock.due_at} step={clock.step} />
        ))}
      </div>
      {as_of === undefined && lead.stage === 'mql' ? <Decide person={lead.person} /> : null}
      <h3 style={{ marginTop: 14 }}>Why this lead</h3>
      <dl className="facts" style={{ marginTop: 6 }}>
        {(score.data?.scores ?? []).map(each => (
          <div key={each.model} style={{ display: 'contents' }}>
            <dt>Chance of {words(each.outcome)}</dt>
            <dd>
              {percent(each.probability)}{' '}
              <span className="n">
                {each.reasons
                  .slice(0, 3)
                  .map(reason => `${words(reason.feature)} ${reason.effect < 0 ? '−' : '+'}`)
                  .join(', ')}
              </span>
            </dd>
          </div>
        ))}
        {known.map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{title(name)}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
      {campaign === undefined || campaign.talking_points.length === 0 ? null : (
        <>
          <h3 style={{ marginTop: 14 }}>To talk about: {campaign.name}</h3>
          <ul className="note">
            {campaign.talking_points.map(point => (
              <li key={point}>{point}</li>
            ))}
          </ul>
        </>
      )}
      <h3 style={{ marginTop: 14 }}>Last touches</h3>
      <ul className="list">
        {lead.touches.map(touch => (
          <li key={touch.touch}>
            <span>
              {title(touch.type)} <span className="n">{title(touch.channel)}</span>
            </span>
            <span className="n">{instantText(touch.at, zone)}</span>
          </li>
        ))}
      </ul>
      {lead.account === '' ? null : (
        <p style={{ marginTop: 10 }}>
          <Link to="/accounts/$id" params={{ id: lead.account }} search={keptAcross(search) as never}>
            Everything about this account
          </Link>
        </p>
      )}
    </Panel>
  )
}

const Decide = ({ person }: { readonly person: string }) => {
  const accept = useWrite('POST /v1/leads/{person}/accept')
  const reject = useWrite('POST /v1/leads/{person}/reject')
  const [rejecting, setRejecting] = useState(false)
  const [reasonClass, setReasonClass] = useState<ReasonClass>('definitional')
  const [reason, setReason] = useState('')
  const busy = accept.isPending || reject.isPending
  const error = accept.error ?? reject.error
  return (
    <>
      <div className="controls">
        <button type="button" className="button primary" disabled={busy} onClick={() => accept.mutate({ params: { person }, body: {} })}>
          {accept.isPending ? 'Accepting…' : 'Accept'}
        </button>
        <button type="button" className="button" disabled={busy} onClick={() => setRejecting(!rejecting)}>
          Reject…
        </button>
        {accept.isSuccess ? <span className="good">Accepted: the clock has stopped.</span> : null}
        {reject.isSuccess ? <span>Rejected, with its reason.</span> : null}
      </div>
      {error === null ? null : <p className="callout bad">{error.message}</p>}
      {rejecting ? (
        <form
          className="row-form form"
          style={{ marginTop: 10 }}
          onSubmit={event => {
            event.preventDefault()
            reject.mutate({ params: { person }, body: { reason_class: reasonClass, reason } })
          }}
        >
          <label>
            Because
            <select
              value={reasonClass}
              onChange={event => setReasonClass(CLASSES.find(([name]) => name === event.target.value)?.[0] ?? 'definitional')}
            >
              {CLASSES.map(([name, text]) => (
                <option key={name} value={name}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <label>
            In words
            <input required value={reason} onChange={event => setReason(event.target.value)} />
          </label>
          <button type="submit" className="button" disabled={busy}>
            Reject
          </button>
        </form>
      ) : null}
    </>
  )
}
