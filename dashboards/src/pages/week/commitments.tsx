import { useAnswer } from '../../api/use-answer.ts'
import { dateText } from '../../format/number.ts'
import { sideOf } from '../../format/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { SideMark } from '../../parts/side.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useAsking } from '../../shell/session.ts'

/** Who promised what, and by when. */
export const Commitments = () => {
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/commitments', { as_of, status: 'open', limit: 8 })
  return (
    <Panel className="w4" title="Promised, and due">
      <Answered asked={asked} lines={4}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="Nothing is promised">Commitments of meetings and reviews show here until they are kept.</Empty>
          ) : (
            <ul className="list">
              {rows.map(each => (
                <li key={each.commitment_id}>
                  <span>
                    <SideMark of={sideOf(each.function)} />
                    {each.title}
                  </span>
                  <span className={`tag ${each.overdue ? 'bad' : ''}`}>{each.due_on === null ? 'no date' : dateText(each.due_on)}</span>
                  <span className="sub">
                    {each.owner_id}
                    {each.counterpart_id === '' ? '' : ` to ${each.counterpart_id}`}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Panel>
  )
}
