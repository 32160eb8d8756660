import { Link } from '@tanstack/react-router'
import { useAnswer } from '../../api/use-answer.ts'
import { count } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'

/** By which names ad platforms, links and the CRM call each campaign. */
export const Names = () => {
  const { search } = useView()
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/campaigns', { as_of, limit: 1_000 })
  return (
    <Panel
      title="Names of campaigns in other systems"
      about="What is spent or clicked under one of these belongs to the campaign"
      flush
      right={
        <Link to="/campaigns" search={keptAcross(search) as never} className="button small">
          Campaigns
        </Link>
      }
    >
      <Answered asked={asked} lines={10}>
        {({ rows }) => {
          const names = rows.flatMap(({ campaign, name, aliases }) => aliases.map(alias => ({ campaign, name, ...alias })))
          return names.length === 0 ? (
            <Empty title="No campaign has another name yet">
              Unmatched spend and links are listed on the page of campaigns, where one click gives them to a campaign.
            </Empty>
          ) : (
            <DataTable
              label={`${count(names.length)} names`}
              rows={names}
              keyOf={({ system, alias, campaign }) => `${system} ${alias} ${campaign}`}
              sort="campaign"
              columns={[
                { id: 'campaign', head: 'Campaign', by: each => each.name || each.campaign, cell: each => each.name || each.campaign },
                { id: 'system', head: 'System', by: ({ system }) => system, cell: ({ system }) => title(system) },
                { id: 'alias', head: 'Is called', by: ({ alias }) => alias, cell: ({ alias }) => <code>{alias}</code> },
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}
