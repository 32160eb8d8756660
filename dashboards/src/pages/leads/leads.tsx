import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { ask, type Query } from '../../api/ask.ts'
import { useAnswer, worthAnotherTry } from '../../api/use-answer.ts'
import { campaignName, useCampaigns } from '../../api/names.ts'
import type { Lead } from '../../api/types.ts'
import { count } from '../../format/number.ts'
import { stageText, title } from '../../format/words.ts'
import { Due } from '../../parts/clock.tsx'
import { Choice, PageHead } from '../../parts/controls.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { LeadCard } from './card.tsx'

const BUCKETS = ['good/hand-raiser', 'good/sales-ready', 'good/unready', 'bad/hand-raiser', 'bad/sales-ready', 'bad/unready']
const rank = ({ bucket }: Lead): number => (BUCKETS.includes(bucket) ? BUCKETS.indexOf(bucket) : BUCKETS.length)
const nextDue = ({ clocks }: Lead): string => clocks.map(({ due_at }) => due_at).toSorted()[0] ?? '9999'

/** Sorts by the bucket, then by what is due next. */
const hottest = (lead: Lead): string => `${rank(lead)} ${nextDue(lead)}`
const PAGE = 500

/** A seller’s leads, hottest first, with their running clocks; accept or reject stops the clock. */
export const Leads = () => {
  const { get, patch } = useView()
  const { member } = useSession()
  const { as_of } = useAsking()
  const campaigns = useCampaigns()
  const members = useAnswer('GET /v1/members', { as_of, limit: 1_000 })
  const sellers = (members.data?.rows ?? []).filter(({ role, active }) => active && ['sdr', 'ae'].includes(role))
  const owner = get('owner', member !== null && sellers.some(({ member_id }) => member_id === member) ? member : '')
  const stage = get('stage', 'mql')
  const query: Query<'GET /v1/leads'> = {
    as_of,
    state: 'open',
    stage: stage === 'all' ? undefined : stage,
    owner: owner || undefined,
    bucket: get('bucket') || undefined,
    limit: PAGE,
  }
  const asked = useInfiniteQuery({
    queryKey: ['GET /v1/leads', {}, query],
    queryFn: ({ signal, pageParam }) => ask('GET /v1/leads', { ...query, cursor: pageParam }, {}, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: last => last.cursor ?? undefined,
    retry: worthAnotherTry,
    placeholderData: keepPreviousData,
  })
  const pages = asked.data?.pages
  const rows = useMemo(() => (pages ?? []).flatMap(page => page.rows), [pages])
  const total = pages?.at(-1)?.count
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = asked
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, hasNextPage, isFetchingNextPage])
  const open = rows.find(({ person }) => person === get('lead'))
  return (
    <>
      <PageHead
        title={owner === '' ? 'Leads' : `Leads of ${owner}`}
        about="Hottest first. A clock that runs is stopped by what it asks for: a touch, a decision, enough attempts."
      >
        <Choice
          label="Owner"
          value={owner}
          options={[['', 'everybody'], ...sellers.map(({ member_id }) => [member_id, member_id] as const)]}
          onChange={value => patch({ owner: value, lead: '' })}
        />
        <Choice
          label="Stage"
          value={stage}
          options={[
            ['mql', 'To decide (MQL)'],
            ['sal', 'Accepted (SAL)'],
            ['sql', 'SQL'],
            ['lead', 'Lead'],
            ['all', 'all'],
          ]}
          onChange={value => patch({ stage: value, lead: '' })}
        />
        <Choice
          label="Bucket"
          value={get('bucket')}
          options={[['', 'all'], ...BUCKETS.map(each => [each, title(each.replace('/', ', '))] as const)]}
          onChange={value => patch({ bucket: value })}
        />
      </PageHead>
      <div className="grid">
        <Panel
          className={open === undefined ? '' : 'w7'}
          title={total === undefined ? 'Leads' : `${count(total)} leads`}
          about={total !== undefined && rows.length < total ? `${count(rows.length)} read, more as you scroll` : undefined}
          flush
        >
          <Answered asked={asked} lines={12}>
            {() =>
              rows.length === 0 ? (
                <Empty title="No lead waits here">Nothing to do, or another owner, stage or bucket.</Empty>
              ) : (
                <DataTable<Lead>
                  label="Leads"
                  rows={rows}
                  sort="bucket"
                  onEnd={onEnd}
                  keyOf={({ person, journey }) => `${person} ${journey}`}
                  onOpen={({ person }) => patch({ lead: get('lead') === person ? '' : person })}
                  columns={[
                    {
                      id: 'lead',
                      head: 'Lead',
                      by: ({ company }) => company,
                      cell: ({ person, company, inputs }) => (
                        <>
                          {company || person} <span className="n">{inputs.title ?? ''}</span>
                        </>
                      ),
                    },
                    {
                      id: 'bucket',
                      head: 'Bucket',
                      by: hottest,
                      cell: ({ bucket, fit }) => (
                        <span className={fit === 'good' ? 'tag good' : 'tag'}>{title(bucket.replace('/', ', '))}</span>
                      ),
                    },
                    {
                      id: 'due',
                      head: 'Next limit',
                      by: nextDue,
                      cell: ({ clocks }) => clocks.slice(0, 2).map(clock => <Due key={clock.id} at={clock.due_at} step={clock.step} />),
                    },
                    ...(open === undefined
                      ? [
                          { id: 'stage', head: 'Stage', cell: (lead: Lead) => stageText(lead.stage) },
                          {
                            id: 'campaign',
                            head: 'From',
                            cell: (lead: Lead) => (lead.campaign === '' ? title(lead.channel) : campaignName(campaigns, lead.campaign)),
                          },
                          {
                            id: 'score',
                            head: 'Score',
                            num: true,
                            by: (lead: Lead) => lead.inputs.score,
                            cell: (lead: Lead) => lead.inputs.score ?? '',
                          },
                          ...(owner === ''
                            ? [{ id: 'owner', head: 'Owner', by: (lead: Lead) => lead.owner, cell: (lead: Lead) => lead.owner }]
                            : []),
                        ]
                      : []),
                  ]}
                />
              )
            }
          </Answered>
        </Panel>
        {open === undefined ? null : <LeadCard key={open.person} lead={open} campaign={campaigns.get(open.campaign)} />}
      </div>
    </>
  )
}
