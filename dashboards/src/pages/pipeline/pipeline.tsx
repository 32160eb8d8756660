import { Link } from '@tanstack/react-router'
import { useAnswer } from '../../api/use-answer.ts'
import type { PipelineDeal } from '../../api/types.ts'
import { count, dateText, money } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Choice, PageHead, Segments } from '../../parts/controls.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'

const STATUSES = ['open', 'won', 'lost'] as const
const MOST = 1_000

/** Deals that are to close in the period: where they stand, what moved, what only stands around. */
export const Pipeline = () => {
  const { search, get, patch } = useView()
  const { period, as_of, currency } = useAsking()
  const members = useAnswer('GET /v1/members', { as_of, limit: MOST })
  const status = STATUSES.find(each => each === get('status')) ?? 'open'
  const stale = get('stale') === 'true' ? 'true' : undefined
  const team = get('team') || undefined
  const owner = get('owner') || undefined
  const asked = useAnswer('GET /v1/deals', { period, as_of, currency, status, stale, team, owner, limit: 500 })
  const sellers = (members.data?.rows ?? []).filter(member => member.function === 'sales' && member.active)
  const kept = keptAcross(search) as never
  return (
    <>
      <PageHead
        title="Pipeline"
        about="Deals that are to close in the period. Pushed: how often the close date moved later. Stale: nothing moved and nobody answered for 30 days."
      >
        <Segments
          label="Deals"
          value={status}
          options={STATUSES.map(each => [each, title(each)])}
          onChange={value => patch({ status: value })}
        />
        <Choice
          label="Team"
          value={team ?? ''}
          options={[['', 'all'], ...[...new Set(sellers.map(member => member.team))].map(each => [each, title(each)] as const)]}
          onChange={value => patch({ team: value })}
        />
        <Choice
          label="Owner"
          value={owner ?? ''}
          options={[['', 'all'], ...sellers.map(({ member_id }) => [member_id, member_id] as const)]}
          onChange={value => patch({ owner: value })}
        />
        <button
          type="button"
          className="button"
          aria-pressed={stale !== undefined}
          onClick={() => patch({ stale: stale === undefined ? 'true' : '' })}
        >
          {stale === undefined ? 'Only stale' : 'Stale only ✕'}
        </button>
      </PageHead>
      <Panel title={asked.data === undefined ? 'Deals' : `${count(asked.data.count)} deals`} flush>
        <Answered asked={asked} lines={12}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title="No such deals">As known then, under these filters.</Empty>
            ) : (
              <DataTable<PipelineDeal>
                label="Deals"
                rows={rows}
                keyOf={({ deal_id }) => deal_id}
                sort="-amount"
                columns={[
                  {
                    id: 'deal',
                    head: 'Deal',
                    by: ({ deal_id }) => deal_id,
                    cell: ({ deal_id, account }) => (
                      <>
                        <Link to="/deals/$id" params={{ id: deal_id }} search={kept}>
                          {deal_id}
                        </Link>{' '}
                        <Link to="/accounts/$id" params={{ id: account }} search={kept} className="n">
                          {account}
                        </Link>
                      </>
                    ),
                  },
                  {
                    id: 'amount',
                    head: 'Amount',
                    num: true,
                    by: ({ amount }) => amount,
                    cell: deal => (deal.amount === null ? '–' : money(deal.amount, deal.currency)),
                  },
                  { id: 'stage', head: 'Stage', by: ({ stage }) => stage, cell: ({ stage }) => title(stage) },
                  {
                    id: 'category',
                    head: 'Call',
                    by: ({ category }) => category,
                    cell: ({ category }) => (category === '' ? '' : title(category)),
                  },
                  {
                    id: 'closes',
                    head: 'Closes',
                    by: ({ close_date }) => close_date,
                    cell: ({ close_date }) => (close_date === null ? '–' : dateText(close_date)),
                  },
                  { id: 'owner', head: 'Owner', by: ({ owner: who }) => who, cell: ({ owner: who }) => who },
                  {
                    id: 'in',
                    head: 'In stage',
                    num: true,
                    by: ({ stage_days }) => stage_days,
                    cell: ({ stage_days }) => `${stage_days} d`,
                  },
                  { id: 'age', head: 'Age', num: true, by: ({ age_days }) => age_days, cell: ({ age_days }) => `${age_days} d` },
                  {
                    id: 'pushes',
                    head: 'Pushed',
                    num: true,
                    by: ({ pushes }) => pushes,
                    cell: ({ pushes }) => (pushes === 0 ? '' : <span className="tag warn">{pushes}×</span>),
                  },
                  {
                    id: 'touched',
                    head: 'Last contact',
                    by: ({ touched_at }) => touched_at,
                    cell: ({ touched_at, stale: old }) =>
                      touched_at === null ? (
                        '–'
                      ) : (
                        <>
                          {dateText(touched_at)} {old ? <span className="tag bad">stale</span> : null}
                        </>
                      ),
                  },
                ]}
              />
            )
          }
        </Answered>
      </Panel>
    </>
  )
}
