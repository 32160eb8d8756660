import { useState } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { now, useSay } from '../../api/say.ts'
import type { Member } from '../../api/types.ts'
import { title } from '../../format/words.ts'
import { Panel } from '../../parts/panel.tsx'

const FUNCTIONS = ['marketing', 'sales', 'success', 'operations', 'finance', 'executive']
const TEXTS = ['role', 'team', 'manager_id', 'region', 'zone', 'calendar'] as const
const NEW: Member = {
  member_id: '',
  function: 'sales',
  role: '',
  team: '',
  manager_id: '',
  zone: '',
  calendar: '',
  region: '',
  capacity_leads: null,
  capacity_minutes: null,
  approver: false,
  delegates: [],
  permissions: [],
  person_id: '',
  attributes: {},
  active: true,
  since: '',
}

/** What is said of a member is all of it: the form has everything, and says it anew. */
export const MemberForm = ({ member, close }: { readonly member: Member | undefined; readonly close: () => void }) => {
  const [draft, setDraft] = useState<Member>(member ?? NEW)
  const members = useAnswer('GET /v1/members', { limit: 1_000 })
  const say = useSay()
  const change = (changes: Partial<Member>): void => setDraft(before => ({ ...before, ...changes }))
  const known = (name: (typeof TEXTS)[number]): readonly string[] =>
    name === 'manager_id'
      ? (members.data?.rows ?? []).map(({ member_id: id }) => id)
      : [...new Set((members.data?.rows ?? []).map(each => each[name]).filter(value => value !== ''))].toSorted()
  return (
    <Panel
      className="w5"
      title={member?.member_id ?? 'A new member'}
      right={
        <button type="button" className="button small" onClick={close}>
          Close
        </button>
      }
    >
      <form
        className="form"
        onSubmit={event => {
          event.preventDefault()
          const { since: _since, ...said } = draft
          say.mutate([now('member-changed', said)], { onSuccess: close })
        }}
      >
        {member === undefined ? (
          <label>
            Id
            <input
              required
              value={draft.member_id}
              pattern="[!-~]{1,128}"
              onChange={event => change({ member_id: event.target.value.trim() })}
            />
          </label>
        ) : null}
        <label>
          Function
          <select value={draft.function} onChange={event => change({ function: event.target.value })}>
            {FUNCTIONS.map(each => (
              <option key={each} value={each}>
                {title(each)}
              </option>
            ))}
          </select>
        </label>
        {TEXTS.map(name => (
          <label key={name}>
            {name === 'manager_id' ? 'Manager' : title(name)}
            <input list={`known-${name}`} value={draft[name]} onChange={event => change({ [name]: event.target.value })} />
            <datalist id={`known-${name}`}>
              {known(name).map(value => (
                <option key={value} value={value} />
              ))}
            </datalist>
          </label>
        ))}
        <label>
          Places: leads at a time
          <input
            type="number"
            min={0}
            value={draft.capacity_leads ?? ''}
            onChange={event => change({ capacity_leads: event.target.value === '' ? null : Number(event.target.value) })}
          />
        </label>
        <label>
          Minutes a week for leads and deals
          <input
            type="number"
            min={0}
            value={draft.capacity_minutes ?? ''}
            onChange={event => change({ capacity_minutes: event.target.value === '' ? null : Number(event.target.value) })}
          />
        </label>
        <div className="controls">
          <label className="check">
            <input type="checkbox" checked={draft.approver} onChange={event => change({ approver: event.target.checked })} />
            Approves for the function
          </label>
          <label className="check">
            <input type="checkbox" checked={draft.active} onChange={event => change({ active: event.target.checked })} />
            Works here
          </label>
        </div>
        {say.error === null ? null : <p className="callout bad">{say.error.message}</p>}
        <div className="controls">
          <button type="submit" className="button primary" disabled={say.isPending}>
            {say.isPending ? 'Saving…' : 'Save'}
          </button>
        </div>
      </form>
    </Panel>
  )
}
