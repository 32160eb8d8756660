import { useAnswer } from '../../api/use-answer.ts'
import type { Member } from '../../api/types.ts'
import { dateText } from '../../format/number.ts'
import { sideOf, title } from '../../format/words.ts'
import { PageHead } from '../../parts/controls.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking, useSession } from '../../shell/session.ts'

const monthName = (month: number): string =>
  new Date(Date.UTC(2000, month - 1)).toLocaleDateString(navigator.language, { month: 'long', timeZone: 'UTC' })

/** Who belongs to the company as Accord knows it, and how it counts time and money. */
export const Settings = () => {
  const session = useSession()
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/members', { as_of, limit: 1_000 })
  return (
    <>
      <PageHead
        title="Settings"
        about="As known on the day above. What can be agreed on is under Definitions; people, targets and maps come as events."
      />
      <Panel title="The company">
        <dl className="facts">
          <dt>Tenant</dt>
          <dd>{session.tenant}</dd>
          <dt>Time zone</dt>
          <dd>{session.zone}</dd>
          <dt>Reporting currency</dt>
          <dd>{session.currency}</dd>
          <dt>Fiscal year begins in</dt>
          <dd>{monthName(session.fiscal_year_start_month)}</dd>
          <dt>Live since</dt>
          <dd>{session.live_from === null ? 'from the start' : dateText(session.live_from)}</dd>
          <dt>Signed in as</dt>
          <dd>
            {session.member ?? session.actor} ({session.scopes.join(', ')})
          </dd>
        </dl>
      </Panel>
      <Panel title="Members" flush>
        <Answered asked={asked} lines={10}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title="No members yet">
                They come as member-changed events; owners of leads and deals, approvers and signers are among them.
              </Empty>
            ) : (
              <DataTable<Member>
                label="Members"
                rows={rows}
                keyOf={({ member_id }) => member_id}
                sort="function"
                columns={[
                  {
                    id: 'member',
                    head: 'Member',
                    by: ({ member_id }) => member_id,
                    cell: ({ member_id, active }) => (
                      <>
                        {member_id} {active ? null : <span className="tag">left</span>}
                      </>
                    ),
                  },
                  {
                    id: 'function',
                    head: 'Function',
                    by: member => member.function,
                    cell: member => (
                      <>
                        <i className={`side ${sideOf(member.function)}`} style={{ display: 'inline-block', marginRight: 7 }} />
                        {title(member.function)}
                      </>
                    ),
                  },
                  {
                    id: 'role',
                    head: 'Role',
                    by: ({ role }) => role,
                    cell: ({ role }) => (role.length < 4 ? role.toUpperCase() : title(role)),
                  },
                  { id: 'team', head: 'Team', by: ({ team }) => team, cell: ({ team }) => title(team) },
                  { id: 'manager', head: 'Manager', by: ({ manager_id }) => manager_id, cell: ({ manager_id }) => manager_id },
                  { id: 'zone', head: 'Zone', by: ({ zone }) => zone, cell: ({ zone }) => zone },
                  {
                    id: 'approver',
                    head: 'Approves',
                    by: ({ approver }) => Number(approver),
                    cell: ({ approver, function: of }) => (approver ? <span className="tag good">for {of}</span> : ''),
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
