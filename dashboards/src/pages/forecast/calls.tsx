import { useState } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, rowsOf } from '../../api/rows.ts'
import { useWrite } from '../../api/use-write.ts'
import { instantText, minorUnits } from '../../format/number.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking, useSession } from '../../shell/session.ts'

/** What people call, against what those under them call, and a form for one’s own. */
export const Calls = () => {
  const { period, as_of, currency } = useAsking()
  const { zone } = useSession()
  const asked = useAnswer('GET /v1/forecast/{period}/calls', { as_of, currency }, { params: { period } })
  return (
    <Panel
      title="What people call"
      about="Each one’s latest call; beside a manager’s, the sum of their people’s and who is silent"
      flush
      foot={<RestsOn answer={asked.data} />}
    >
      {as_of === undefined ? <MyCall /> : null}
      <Answered asked={asked} lines={5}>
        {({ rows }) => {
          const calls = rowsOf(rows, 'M80', { measure: 'call' }).filter(row => dim(row, 'category') === '')
          const beside = (measure: string, member: string) => rowOf(rows, 'M80', { measure, member })
          return calls.length === 0 ? (
            <Empty title="Nobody has called this period yet">A call is what one answers for; it stands beside the projection.</Empty>
          ) : (
            <DataTable
              label="Calls"
              short={calls.length < 12}
              rows={calls}
              keyOf={row => dim(row, 'event_id')}
              sort="-call"
              columns={[
                { id: 'member', head: 'Who', by: row => dim(row, 'member'), cell: row => dim(row, 'member') },
                { id: 'team', head: 'For', by: row => dim(row, 'team'), cell: row => dim(row, 'team') },
                { id: 'call', head: 'Calls', num: true, by: row => row.value, cell: row => <Figure row={row} flags={false} /> },
                {
                  id: 'rolled',
                  head: 'Their people call',
                  num: true,
                  cell: row => {
                    const sum = beside('roll_up', dim(row, 'member'))
                    return sum === undefined ? null : (
                      <>
                        <Figure row={sum} flags={false} />{' '}
                        {dim(sum, 'silent') === '0' ? null : <span className="tag warn">{dim(sum, 'silent')} silent</span>}
                      </>
                    )
                  },
                },
                {
                  id: 'over',
                  head: 'Above that',
                  num: true,
                  cell: row => {
                    const over = beside('over_roll_up', dim(row, 'member'))
                    return over === undefined ? null : <Figure row={over} flags={false} />
                  },
                },
                { id: 'at', head: 'Said', by: row => dim(row, 'at'), cell: row => instantText(dim(row, 'at'), zone) },
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}

const MyCall = () => {
  const { period } = useAsking()
  const { member, currency } = useSession()
  const [amount, setAmount] = useState('')
  const [note, setNote] = useState('')
  const call = useWrite('POST /v1/forecast/{period}/call')
  if (member === null) return <p className="note padded">Members call: act as one, or sign in with a member’s key.</p>
  return (
    <form
      className="form inline padded"
      onSubmit={event => {
        event.preventDefault()
        call.mutate(
          { params: { period }, body: { amount_minor: minorUnits(Number(amount), currency), currency, ...(note === '' ? {} : { note }) } },
          { onSuccess: () => setAmount('') },
        )
      }}
    >
      <label>
        I call, {currency}
        <input type="number" min={0} step={1000} required value={amount} onChange={event => setAmount(event.target.value)} />
      </label>
      <label>
        Because
        <input value={note} onChange={event => setNote(event.target.value)} />
      </label>
      <button type="submit" className="button primary" disabled={amount === '' || call.isPending}>
        {call.isPending ? 'Saying…' : 'Call it'}
      </button>
      {call.error === null ? null : <p className="callout bad">{call.error.message}</p>}
    </form>
  )
}
