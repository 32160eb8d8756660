import { useAnswer } from '../../api/use-answer.ts'
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
const rank = ({ bucket }: Lead): number => (BUCKETS.indexOf(bucket) + BUCKETS.length) % BUCKETS.length
const nextDue = ({ clocks }: Lead): string => clocks.map(({ due_at }) => due_at).toSorted()[0] ?? '9999'

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
  const asked = useAnswer('GET /v1/leads', {
    as_of,
    state: 'open',
    stage: stage === 'all' ? undefined : stage,
    owner: owner || undefined,
    bucket: get('bucket') || undefined,
    limit: 200,
  })
  const open = asked.data?.rows.find(({ person }) => person === get('lead'))
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
          title={asked.data === undefined ? 'Leads' : `${count(asked.data.count)} leads`}
          flush
        >
          <Answered asked={asked} lines={12}>
            {({ rows }) =>
              rows.length === 0 ? (
                <Empty title="No lead waits here">Nothing to do, or another owner, stage or bucket.</Empty>
              ) : (
                <DataTable<Lead>
                  label="Leads"
                  rows={rows}
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
                      by: rank,
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
                          { id: 'owner', head: 'Owner', by: (lead: Lead) => lead.owner, cell: (lead: Lead) => lead.owner },
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
