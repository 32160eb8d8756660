import { credentials } from '../api/ask.ts'
import { useAnswer } from '../api/use-answer.ts'
import { dateText } from '../format/number.ts'
import { periodText } from '../format/words.ts'
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
        <span>As known on</span>
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
      <span className="space" />
      <ActAs />
      <HealthBadge />
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
  const freshness = useAnswer('GET /v1/freshness', {}, { refetchMs: 10_000 })
  const { backfill_open } = useSession()
  const { data, error } = freshness
  if (error !== null) return <span className="badge bad">not reachable</span>
  if (data === undefined) return <span className="badge">…</span>
  if (backfill_open) return <span className="badge warn">history is loading</span>
  const behind = data.projected_to !== data.projecting_to
  const since =
    data.projected_to === null ? 'nothing yet' : new Date(data.projected_to).toLocaleTimeString(navigator.language, { timeStyle: 'short' })
  return (
    <a
      className={behind ? 'badge warn' : 'badge'}
      href="/health"
      title={`Figures show everything recorded until ${data.projected_to ?? 'nothing yet'}`}
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
