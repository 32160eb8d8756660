import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ask } from '../../api/ask.ts'
import { campaignName, useCampaigns } from '../../api/names.ts'
import { worthAnotherTry } from '../../api/use-answer.ts'
import type { AccountPart as Part, Happening } from '../../api/types.ts'
import { count, instantText } from '../../format/number.ts'
import { sideOf, stageText, title, words } from '../../format/words.ts'
import { PageHead } from '../../parts/controls.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty, Failed, Skeleton } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'

const PAGE = 200

/** One account from its first sign of life: every touch of every team, every deal and its stages, in order. */
export const Account = () => {
  const { id = '' } = useParams({ strict: false })
  const { zone } = useSession()
  const { as_of } = useAsking()
  const campaigns = useCampaigns()
  const asked = useInfiniteQuery({
    queryKey: ['account', id, as_of],
    queryFn: ({ signal, pageParam }) => ask('GET /v1/accounts/{id}/journey', { as_of, limit: PAGE, cursor: pageParam }, { id }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: last => last.cursor ?? undefined,
    retry: worthAnotherTry,
  })
  const pages = asked.data?.pages ?? []
  const happenings = pages.flatMap(({ rows }) => rows)
  const people = pages[0]?.people ?? []
  return (
    <>
      <PageHead title={`Account ${id}`} about="Everything that happened, of every team, in order. Marketing is blue, sales orange." />
      <div className="kpis">
        {(pages[0]?.total ?? []).map(({ kind, value }) => (
          <div className="kpi" key={kind}>
            <span className="label">{title(kind)}</span>
            <span className="value">{count(value)}</span>
          </div>
        ))}
        <div className="kpi">
          <span className="label">People</span>
          <span className="value">{pages.length === 0 ? '…' : count(people.length)}</span>
        </div>
      </div>
      {people.length === 0 ? null : <Committee people={people} />}
      <Panel title="Timeline">
        {asked.error !== null ? <Failed error={asked.error} /> : null}
        {asked.data === undefined && asked.error === null ? <Skeleton lines={12} /> : null}
        {asked.data !== undefined && happenings.length === 0 ? <Empty title="Nothing has happened yet" /> : null}
        <ol className="timeline">
          {happenings.map(happening => (
            <li key={`${happening.event_id} ${happening.kind}`}>
              <time dateTime={happening.at}>{instantText(happening.at, zone)}</time>
              <i className={`side ${happening.kind === 'touch' ? sideOf(happening.team ?? '') : 'both'}`} />
              <span>
                <Said happening={happening} campaign={campaignName(campaigns, happening.campaign ?? '')} />
              </span>
            </li>
          ))}
        </ol>
        {asked.hasNextPage ? (
          <button type="button" className="button" disabled={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>
            Later
          </button>
        ) : null}
      </Panel>
    </>
  )
}

/** Who decides, and who of us has spoken with them. */
const Committee = ({ people }: { readonly people: readonly Part[] }) => {
  const { zone } = useSession()
  const most = Math.max(1, ...people.map(({ marketing, sales }) => marketing + sales))
  return (
    <Panel
      title="The buying committee"
      about="Everybody with a part in it, their role on its deals, and what each team did with them"
      flush
    >
      <DataTable<Part>
        label="People of the account"
        short={people.length < 20}
        rows={people}
        keyOf={({ person }) => person}
        columns={[
          { id: 'person', head: 'Person', cell: ({ person }) => person.replace('person:', '') },
          { id: 'title', head: 'Title', by: ({ title: said }) => said, cell: ({ title: said }) => said },
          { id: 'persona', head: 'Persona', by: ({ persona }) => persona, cell: ({ persona }) => (persona === '' ? '' : title(persona)) },
          {
            id: 'role',
            head: 'Role',
            by: ({ role }) => role,
            cell: ({ role }) => (role === '' ? '' : <span className="tag">{words(role)}</span>),
          },
          {
            id: 'bars',
            head: '',
            width: '18%',
            cell: ({ marketing, sales }) => (
              <span className="meter" aria-hidden="true">
                <i style={{ width: `${(marketing / most) * 100}%`, background: 'var(--marketing)', borderRadius: 0 }} />
                <i
                  style={{
                    left: `${(marketing / most) * 100}%`,
                    width: `${(sales / most) * 100}%`,
                    background: 'var(--sales)',
                    borderRadius: 0,
                  }}
                />
              </span>
            ),
          },
          { id: 'marketing', head: 'Marketing', num: true, by: ({ marketing }) => marketing, cell: ({ marketing }) => count(marketing) },
          { id: 'sales', head: 'Sales', num: true, by: ({ sales }) => sales, cell: ({ sales }) => count(sales) },
          { id: 'last', head: 'Last', by: ({ last_at }) => last_at, cell: ({ last_at }) => instantText(last_at, zone) },
        ]}
      />
    </Panel>
  )
}

const Said = ({ happening, campaign }: { readonly happening: Happening; readonly campaign: string }) => {
  const { search } = useView()
  const { kind, deal_id, stage, touch_type, channel, outcome, persons, subject, automatic } = happening
  if (kind === 'touch')
    return (
      <>
        {title(touch_type ?? 'touch')}
        {channel === undefined ? '' : ` · ${title(channel)}`}
        {happening.campaign === undefined ? '' : ` · ${campaign}`}
        {outcome === undefined ? '' : ` · ${title(outcome)}`}
        <span className="n"> {(persons ?? []).join(', ') || subject}</span>
        {automatic === true ? <span className="tag">automatic</span> : null}
      </>
    )
  return (
    <strong>
      {kind === 'deal-created'
        ? 'Deal created'
        : kind === 'deal-closed'
          ? `Deal ${words(outcome ?? 'closed')}:`
          : `Deal moved to ${stageText(stage ?? '')}`}{' '}
      {deal_id === undefined ? null : (
        <Link to="/deals/$id" params={{ id: deal_id }} search={keptAcross(search) as never}>
          {deal_id}
        </Link>
      )}
    </strong>
  )
}
