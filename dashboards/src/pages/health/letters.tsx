import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask, post } from '../../api/ask.ts'
import { useAnswer, worthAnotherTry } from '../../api/use-answer.ts'
import type { Api, DeadLetter, Redriven } from '../../api/types.ts'
import { count, instantText } from '../../format/number.ts'
import { title, words } from '../../format/words.ts'
import { Choice, Segments } from '../../parts/controls.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty, Failed, Skeleton } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

const PAGE = 200
const STATES = [
  ['waiting', 'Waiting'],
  ['redriven', 'Sent again'],
  ['all', 'All'],
] as const

/** Records of the log that could not be processed: why, what they were, and back into the log once the reason is gone. */
export const Letters = () => {
  const { get, patch } = useView()
  const { zone } = useSession()
  const client = useQueryClient()
  const state = STATES.find(([each]) => each === get('letters', 'waiting'))?.[0] ?? 'waiting'
  const reason = get('reason')
  const query = { state, limit: PAGE, ...(reason === '' ? {} : { reason_code: reason }) }
  const asked = useInfiniteQuery({
    queryKey: ['GET /v1/dead-letters', query],
    queryFn: ({ signal, pageParam }) => ask('GET /v1/dead-letters', { ...query, cursor: pageParam }, {}, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: last => last.cursor ?? undefined,
    retry: worthAnotherTry,
  })
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const redrive = useMutation({
    mutationFn: async (body: Api['POST /v1/dead-letters/redrive']['body']) => (await post('/v1/dead-letters/redrive', body)) as Redriven,
    onSuccess: () => {
      setChosen(new Set())
      return client.invalidateQueries()
    },
  })
  const pages = asked.data?.pages ?? []
  const [first] = pages
  const rows = pages.flatMap(page => page.rows)
  const picked = rows.filter(({ id }) => chosen.has(id)).map(({ id }) => id)
  const open = get('letter')
  return (
    <Panel
      title={first === undefined ? 'Dead letters' : `Dead letters: ${count(first.count)}`}
      about="What could not be processed and why; sending it again counts it once"
      flush
      right={
        <>
          {first === undefined || first.by_reason.length === 0 ? null : (
            <Choice
              label="Reason"
              value={reason}
              options={[
                ['', 'all'],
                ...first.by_reason.map(each => [each.reason_code, `${title(each.reason_code)} (${count(each.waiting)})`] as const),
              ]}
              onChange={value => patch({ reason: value })}
            />
          )}
          <Segments
            label="Letters"
            value={state}
            options={STATES}
            onChange={value => patch({ letters: value === 'waiting' ? '' : value })}
          />
        </>
      }
    >
      {asked.error !== null && first === undefined ? <Failed error={asked.error} retry={() => void asked.refetch()} /> : null}
      {first === undefined ? (
        asked.error === null ? (
          <Skeleton lines={3} />
        ) : null
      ) : rows.length === 0 ? (
        <Empty title={state === 'waiting' ? 'Nothing is stuck' : 'There are none'}>Every record that came could be processed.</Empty>
      ) : (
        <>
          {state === 'waiting' ? (
            <div className="controls" style={{ padding: '0 16px 8px' }}>
              <button
                type="button"
                className="button primary"
                disabled={redrive.isPending}
                onClick={() =>
                  redrive.mutate(picked.length > 0 ? { ids: picked } : reason === '' ? { all: true } : { reason_code: reason })
                }
              >
                {redrive.isPending ? 'Sending…' : `Send ${picked.length > 0 ? count(picked.length) : `all ${count(first.count)}`} again`}
              </button>
              {redrive.error === null ? null : <span className="bad">{redrive.error.message}</span>}
            </div>
          ) : null}
          {redrive.data === undefined ? null : (
            <p className="note" role="status">
              {count(redrive.data.redriven)} sent again
              {redrive.data.unreadable === 0 ? '' : `, ${count(redrive.data.unreadable)} are still no events and stay`}
              {redrive.data.waiting === 0 ? '' : `, ${count(redrive.data.waiting)} wait for a backfill`}.
            </p>
          )}
          <DataTable<DeadLetter>
            label="Dead letters"
            rows={rows}
            keyOf={({ id }) => id}
            {...(state === 'waiting' ? { chosen, onChoose: setChosen } : {})}
            onOpen={({ id }) => patch({ letter: open === id ? '' : id })}
            columns={[
              { id: 'type', head: 'Event', by: ({ type }) => type, cell: ({ type }) => type || 'unreadable' },
              { id: 'reason', head: 'Why', by: letter => letter.reason_code, cell: letter => title(letter.reason_code) },
              {
                id: 'what',
                head: 'In words',
                cell: letter => `${letter.path === '' ? '' : `${letter.path}: `}${words(letter.reason)}`,
              },
              { id: 'at', head: 'Came', by: ({ appended_at: at }) => at, cell: ({ appended_at: at }) => instantText(at, zone) },
              {
                id: 'state',
                head: 'State',
                by: ({ redriven_at: at }) => at,
                cell: ({ redriven_at: at }) =>
                  at === null ? <span className="tag warn">Waiting</span> : <span className="tag good">Sent {instantText(at, zone)}</span>,
              },
            ]}
          />
          {asked.hasNextPage ? (
            <p style={{ padding: '8px 16px' }}>
              <button type="button" className="button" disabled={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>
                {asked.isFetchingNextPage ? 'Reading…' : `Show ${PAGE} more`}
              </button>
            </p>
          ) : null}
          {open === '' ? null : <Letter key={open} id={open} />}
        </>
      )}
    </Panel>
  )
}

const readable = (payload: string): string => {
  try {
    const text = new TextDecoder('utf-8', { fatal: false }).decode(Uint8Array.from(atob(payload), letter => letter.codePointAt(0) ?? 0))
    return text.replaceAll(/[^\P{C}\n]/gu, '·')
  } catch {
    return payload
  }
}

/** One letter as it stands in the log. */
const Letter = ({ id }: { readonly id: string }) => {
  const asked = useAnswer('GET /v1/dead-letters/{id}', {}, { params: { id } })
  if (asked.data === undefined) return asked.error === null ? <Skeleton lines={3} /> : <Failed error={asked.error} />
  const { topic, partition, offset, event_id: event, key, payload_base64: payload } = asked.data
  return (
    <div style={{ padding: '12px 16px' }}>
      <dl className="facts">
        <dt>Place</dt>
        <dd>
          {topic}, partition {partition}, offset {offset}
        </dd>
        <dt>Event</dt>
        <dd>{event || 'not readable'}</dd>
        <dt>Key</dt>
        <dd>
          <code>{key}</code>
        </dd>
        <dt>As it came</dt>
        <dd>
          <code style={{ whiteSpace: 'pre-wrap' }}>{readable(payload)}</code>
        </dd>
      </dl>
    </div>
  )
}
