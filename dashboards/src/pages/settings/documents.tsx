import { Link } from '@tanstack/react-router'
import { useAnswer } from '../../api/use-answer.ts'
import { dateText } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useAsking } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'
import { Read } from '../definitions/read.tsx'

const IN_FORCE = ['in-force', 'shipped']

/** Documents of some kinds as they are in force; changed where both sides agree on them. */
export const Documents = ({ kinds, about }: { readonly kinds: readonly string[]; readonly about: string }) => {
  const { search } = useView()
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/definitions', { as_of, kind: [...kinds], limit: 200 })
  return (
    <Answered asked={asked} lines={12}>
      {({ rows }) => {
        const shown = rows
          .filter(({ status }) => IN_FORCE.includes(status))
          .toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || a.id.localeCompare(b.id))
        return shown.length === 0 ? (
          <div className="panel">
            <Empty title="Nothing is in force">{about}.</Empty>
          </div>
        ) : (
          <div className="stack">
            {shown.map(each => (
              <Panel
                key={each.name}
                title={shown.length > 1 && each.id !== each.kind ? `${each.title}: ${title(each.id)}` : each.title}
                about={each.in_force_from === null ? 'comes with Accord' : `in force from ${dateText(each.in_force_from)}, ${each.name}`}
                right={
                  <Link to="/definitions" search={{ ...keptAcross(search), definition: each.id } as never} className="button small">
                    Change
                  </Link>
                }
              >
                <Read document={each.document} />
              </Panel>
            ))}
          </div>
        )
      }}
    </Answered>
  )
}
