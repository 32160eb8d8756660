import { useAnswer } from '../../api/use-answer.ts'
import type { Member } from '../../api/types.ts'
import { count } from '../../format/number.ts'
import { sideOf, title } from '../../format/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { SideMark } from '../../parts/side.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { MemberForm } from './member-form.tsx'

/** People with function, role and capacity; who approves for whom. */
export const Members = () => {
  const { get, patch } = useView()
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/members', { as_of, limit: 1_000 })
  const id = get('member')
  const open = asked.data?.rows.find(({ member_id }) => member_id === id)
  const editing = as_of === undefined && (open !== undefined || id === '+')
  return (
    <div className="grid">
      <Panel
        className={editing ? 'w7' : ''}
        title={asked.data === undefined ? 'Members' : `${count(asked.data.rows.filter(({ active }) => active).length)} members`}
        about="Owners, approvers and signers are among them"
        flush
        right={
          as_of === undefined ? (
            <button type="button" className="button small" onClick={() => patch({ member: '+' })}>
              Add a member
            </button>
          ) : undefined
        }
      >
        <Answered asked={asked} lines={10}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title="No members yet">Add the first, or send member-changed events from the directory of the company.</Empty>
            ) : (
              <DataTable<Member>
                label="Members"
                rows={rows}
                keyOf={({ member_id }) => member_id}
                sort="function"
                onOpen={({ member_id }) => patch({ member: id === member_id ? '' : member_id })}
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
                        <SideMark of={sideOf(member.function)} />
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
                  {
                    id: 'approver',
                    head: 'Approves',
                    by: ({ approver }) => Number(approver),
                    cell: ({ approver, function: of, delegates }) =>
                      approver ? (
                        <span className="tag good" title={delegates.length === 0 ? '' : `or ${delegates.join(', ')}`}>
                          for {of}
                        </span>
                      ) : (
                        ''
                      ),
                  },
                  ...(editing
                    ? []
                    : [
                        {
                          id: 'manager',
                          head: 'Manager',
                          by: (member: Member) => member.manager_id,
                          cell: (member: Member) => member.manager_id,
                        },
                        {
                          id: 'calendar',
                          head: 'Calendar',
                          by: (member: Member) => member.calendar,
                          cell: (member: Member) => member.calendar,
                        },
                        { id: 'zone', head: 'Zone', by: (member: Member) => member.zone, cell: (member: Member) => member.zone },
                        {
                          id: 'places',
                          head: 'Places',
                          hint: 'Leads that the member can work on at a time',
                          num: true,
                          by: (member: Member) => member.capacity_leads,
                          cell: (member: Member) => member.capacity_leads ?? '',
                        },
                      ]),
                ]}
              />
            )
          }
        </Answered>
      </Panel>
      {editing ? <MemberForm key={id} member={open} close={() => patch({ member: '' })} /> : null}
    </div>
  )
}
