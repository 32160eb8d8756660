import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { ask } from '../api/ask.ts'
import { dim } from '../api/rows.ts'
import type { Explained, ExplainedItem } from '../api/types.ts'
import { worthAnotherTry } from '../api/use-answer.ts'
import { metricFormula, metricName } from '../format/metrics.ts'
import { count, instantText, money, partText, percent, valueText } from '../format/number.ts'
import { useSession } from '../shell/session.ts'
import { keptAcross, useView } from '../shell/view.ts'
import { Flags } from './figure.tsx'
import { Failed, Skeleton } from './state.tsx'

const PAGE = 100

/** What is behind the number that was clicked: how it is made, under what, and every record that counts. */
export const Proof = () => {
  const { get, patch } = useView()
  const token = get('proof')
  const drawer = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (token === '') return
    const before = document.activeElement
    drawer.current?.focus()
    return () => (before instanceof HTMLElement ? before.focus() : undefined)
  }, [token])
  if (token === '') return null
  const close = (): void => patch({ proof: '' })
  return (
    <>
      <div className="scrim" onClick={close} />
      <div
        className="drawer"
        role="dialog"
        aria-modal="true"
        aria-labelledby="proof-title"
        ref={drawer}
        tabIndex={-1}
        onKeyDown={event => (event.key === 'Escape' ? close() : undefined)}
      >
        <Opened token={token} close={close} />
      </div>
    </>
  )
}

const Opened = ({ token, close }: { readonly token: string; readonly close: () => void }) => {
  const asked = useInfiniteQuery({
    queryKey: ['proof', token],
    queryFn: ({ signal, pageParam }) => ask('GET /v1/explain/{token}', { limit: PAGE, cursor: pageParam }, { token }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: last => last.cursor ?? undefined,
    retry: worthAnotherTry,
  })
  const pages = asked.data?.pages ?? []
  const first = pages[0]
  return (
    <>
      <header>
        <div>
          <h2 id="proof-title">{first === undefined ? 'Behind this number' : metricName(first.row.metric)}</h2>
          {first === undefined ? null : <p className="note">{first.row.metric}</p>}
        </div>
        <button type="button" className="button small" onClick={close}>
          Close
        </button>
      </header>
      {asked.error !== null ? <Failed error={asked.error} /> : null}
      {first === undefined ? asked.error === null ? <Skeleton lines={8} /> : null : <Told first={first} />}
      {first === undefined ? null : (
        <>
          <Items items={pages.flatMap(page => page.items)} first={first} />
          {asked.hasNextPage ? (
            <button type="button" className="button" disabled={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>
              {asked.isFetchingNextPage ? 'Reading…' : `Show ${PAGE} more of ${count(first.count)}`}
            </button>
          ) : null}
        </>
      )}
    </>
  )
}

const DIMENSIONS_LEFT_OUT = new Set(['metric', 'value', 'unit', 'numerator', 'denominator', 'interval', 'flags', 'explain'])

const Told = ({ first }: { readonly first: Explained }) => {
  const { currency, zone } = useSession()
  const { row, definition, model, as_of } = first
  const dimensions = Object.entries(row).filter(([name, value]) => !DIMENSIONS_LEFT_OUT.has(name) && value !== null && value !== '')
  return (
    <>
      <p className="big">{valueText(row, 'exact')}</p>
      <p className="equation">
        {metricFormula(row.metric)}
        {row.numerator === undefined || row.denominator === undefined ? null : (
          <>
            <br />
            <strong>
              {partText(row.numerator, row, currency)} ÷ {partText(row.denominator, row, currency)} = {valueText(row, 'exact')}
            </strong>
          </>
        )}
      </p>
      <dl className="facts">
        {dimensions.map(([name]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name.replaceAll('_', ' ')}</dt>
            <dd>{dim(row, name)}</dd>
          </div>
        ))}
        {row.interval === undefined || row.interval === null ? null : (
          <>
            <dt>95 % interval</dt>
            <dd>
              {percent(row.interval[0])} to {percent(row.interval[1])} (Wilson)
            </dd>
          </>
        )}
        <dt>definition</dt>
        <dd>{definition}</dd>
        {model === undefined ? null : (
          <>
            <dt>model</dt>
            <dd>{model}</dd>
          </>
        )}
        <dt>as known on</dt>
        <dd>{instantText(as_of, zone)}</dd>
        <dt>behind it</dt>
        <dd>
          {count(first.count)} records, adding up to {sumText(first)}
        </dd>
      </dl>
      {row.flags.length === 0 ? null : (
        <p>
          <Flags flags={row.flags} />
        </p>
      )}
    </>
  )
}

const amountText = (amount: number, { row, divisor }: Explained): string => {
  const currency = row.unit.endsWith(' minor') ? row.unit.slice(0, -' minor'.length) : null
  if (currency !== null) return money(amount / divisor, currency, 'exact')
  return count(amount / divisor)
}
const sumText = (first: Explained): string =>
  `${amountText(first.contributions, first)}${first.bases === undefined ? '' : ` of ${amountText(first.bases, first)}`}`

const Items = ({ items, first }: { readonly items: readonly ExplainedItem[]; readonly first: Explained }) => {
  const { search } = useView()
  const { zone } = useSession()
  const kept = keptAcross(search) as never
  return (
    <ul className="list">
      {items.map((item, i) => (
        <li key={`${item.id} ${i}`}>
          <span>
            {item.entity === 'deal' ? (
              <Link to="/deals/$id" params={{ id: item.id }} search={kept}>
                {item.id}
              </Link>
            ) : (
              item.id
            )}
            {item.note === '' ? '' : ` · ${item.note}`}
          </span>
          <span className="num" style={{ fontVariantNumeric: 'tabular-nums' }}>
            {amountText(item.contribution, first)}
            {item.base === undefined ? '' : ` of ${amountText(item.base, first)}`}
          </span>
          <span className="sub">
            {item.account === '' ? null : (
              <>
                <Link to="/accounts/$id" params={{ id: item.account }} search={kept}>
                  {item.account}
                </Link>
                {' · '}
              </>
            )}
            {item.at === null ? '' : `${instantText(item.at, zone)} · `}
            {item.event_ids.length > 3
              ? `${item.event_ids.slice(0, 3).join(', ')} and ${item.event_ids.length - 3} more`
              : item.event_ids.join(', ')}
          </span>
        </li>
      ))}
    </ul>
  )
}
