import { useState } from 'react'
import { credentials } from '../api/ask.ts'
import { valuesOf } from '../api/rows.ts'
import { useAnswer } from '../api/use-answer.ts'
import { dateText } from '../format/number.ts'
import { periodText, title } from '../format/words.ts'
import { useLive } from './live.ts'
import { useAsking, useSession } from './session.ts'
import { useView } from './view.ts'
import { Choice } from '../parts/controls.tsx'

const KINDS = [
  ['quarter', 'Quarters'],
  ['year', 'Years'],
  ['month', 'Months'],
] as const
const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'SGD', 'JPY']

/** Period, knowledge and currency: what every page is asked under. */
export const GlobalBar = ({ onMenu }: { readonly onMenu: () => void }) => {
  const { get, patch } = useView()
  const { period, as_of } = useAsking()
  const session = useSession()
  const currencies = [...new Set([session.currency, ...CURRENCIES])]
  return (
    <div className="topbar">
      <button type="button" className="button menu-button" onClick={onMenu} aria-label="Pages">
        ☰
      </button>
      <label className="field">
        <span>Period</span>
        <select value={period} onChange={event => patch({ period: event.target.value })} data-testid="period">
          {session.periods.some(each => each.period === period) ? null : <option value={period}>{periodText(period)}</option>}
          {KINDS.map(([kind, text]) => (
            <optgroup key={kind} label={text}>
              {session.periods
                .filter(each => each.kind === kind)
                .map(each => (
                  <option key={each.period} value={each.period}>
                    {periodText(each.period)}
                    {each.state === 'running' ? ' · running' : each.state === 'coming' ? ' · coming' : ''}
                  </option>
                ))}
            </optgroup>
          ))}
        </select>
      </label>
      <label className={as_of === undefined ? 'field' : 'field active'}>
        <span>As of</span>
        <input
          type="date"
          value={(as_of ?? '').slice(0, 10)}
          onChange={event => patch({ as_of: event.target.value })}
          title="Travel in time: everything on the page as it was known at the end of that day"
        />
      </label>
      <Choice
        label="In"
        value={get('currency', session.currency)}
        options={currencies.map(currency => [currency, currency])}
        onChange={currency => patch({ currency: currency === session.currency ? '' : currency })}
      />
      <Narrow />
      <span className="space" />
      <ActAs />
      <HealthBadge />
    </div>
  )
}

/** Whose leads and deals: a team of owners, a segment of accounts. Segments are asked for when one is about to choose. */
const Narrow = () => {
  const { get, patch } = useView()
  const { as_of } = useAsking()
  const [wanted, setWanted] = useState(false)
  const members = useAnswer('GET /v1/members', { limit: 1_000 })
  const segments = useAnswer('GET /v1/funnel/stages', { by: 'segment', segment: [], as_of }, { enabled: wanted })
  const options = (name: string, values: readonly string[]): (readonly [string, string])[] => {
    const known = [...new Set([...values, get(name)])].filter(value => value !== '' && !value.startsWith('('))
    return [['', 'all'], ...known.toSorted().map((value): [string, string] => [value, title(value)])]
  }
  const teams = (members.data?.rows ?? []).filter(each => each.active && each.function === 'sales').map(({ team }) => team)
  return (
    <span className="narrow" onPointerEnter={() => setWanted(true)} onFocus={() => setWanted(true)}>
      <Choice
        label="Team"
        value={get('team')}
        options={options('team', teams)}
        onChange={team => patch({ team })}
        active={get('team') !== ''}
      />
      <Choice
        label="Segment"
        value={get('segment')}
        options={options('segment', valuesOf(segments.data?.rows ?? [], 'segment'))}
        onChange={segment => patch({ segment })}
        active={get('segment') !== ''}
      />
    </span>
  )
}

/** Says that not everybody is meant, and where everybody still is. */
export const Narrowed = () => {
  const { get, patch } = useView()
  const chosen = [get('team') === '' ? '' : `team ${title(get('team'))}`, get('segment') === '' ? '' : `segment ${title(get('segment'))}`]
  const said = chosen.filter(each => each !== '')
  if (said.length === 0) return null
  return (
    <div className="travel narrowed" role="status">
      <span>Leads and deals only of {said.join(' and ')}. Credit, spend and plans stay those of the whole company.</span>
      <button type="button" className="button small" onClick={() => patch({ team: '', segment: '' })}>
        Everybody
      </button>
    </div>
  )
}

/** Marked so that nobody takes the past for today. */
export const TimeTravel = () => {
  const { patch } = useView()
  const { as_of } = useAsking()
  const { live_from } = useSession()
  if (as_of === undefined) return null
  return (
    <div className="travel" role="status">
      <span>
        You are looking at what was known on {dateText(as_of)}
        {live_from !== null && as_of < live_from ? ', put together from history recorded later' : ''}.
      </span>
      <button type="button" className="button small" onClick={() => patch({ as_of: '' })}>
        Back to today
      </button>
    </div>
  )
}

/** How far figures lag behind what was recorded; quiet while all is well. */
const HealthBadge = () => {
  const live = useLive()
  // told by itself where the API has a line for it
  const freshness = useAnswer('GET /v1/freshness', {}, live.state === 'live' ? {} : { refetchMs: 10_000 })
  const { backfill_open } = useSession()
  const { data, error } = freshness
  if (error !== null || live.state === 'away') return <span className="badge bad">not reachable</span>
  if (data === undefined) return <span className="badge">…</span>
  if (backfill_open) return <span className="badge warn">history is loading</span>
  const until = live.watermark ?? data.projected_to
  const behind = live.state === 'off' && data.projected_to !== data.projecting_to
  const since = until === null ? 'nothing yet' : new Date(until).toLocaleTimeString(navigator.language, { timeStyle: 'short' })
  return (
    <a
      className={behind ? 'badge warn' : 'badge'}
      href="/health"
      title={`Figures show everything recorded until ${until ?? 'nothing yet'}`}
    >
      {behind ? 'catching up' : 'Data as of'} {since}
    </a>
  )
}

/** In the open demo: see the product as one of its people. */
const ActAs = () => {
  const { may_act } = useSession()
  const acting = credentials.acting()
  const members = useAnswer('GET /v1/members', { limit: 1_000 }, { enabled: may_act })
  if (!may_act) return null
  const known = (members.data?.rows ?? []).filter(({ active }) => active).map(({ member_id }) => member_id)
  if (known.length === 0 && acting === null) return null
  return (
    <label className="field">
      <span>Act as</span>
      <select
        value={acting ?? ''}
        onChange={event => {
          credentials.act(event.target.value === '' ? null : event.target.value)
          location.reload()
        }}
      >
        <option value="">administrator</option>
        {[...new Set([...(acting === null ? [] : [acting]), ...known])].map(id => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
    </label>
  )
}
