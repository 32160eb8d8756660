import { useAnswer } from '../../api/use-answer.ts'
import { instantText } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useSession } from '../../shell/session.ts'

const said = (value: string | number | null): string => (value === null ? '–' : typeof value === 'number' ? shown(value) : value)
const shown = (value: number): string => value.toLocaleString(navigator.language, { maximumFractionDigits: 4 })

/** What is otherwise now than when it was signed; the signed bytes stay. */
export const Changes = ({ month }: { readonly month: string }) => {
  const { zone } = useSession()
  const asked = useAnswer('GET /v1/sla/audit/{month}/changes', {}, { params: { month } })
  return (
    <Panel
      title="What changed since"
      about={asked.data === undefined ? 'Computing the month again' : `it was signed as of ${instantText(asked.data.signed_as_of, zone)}`}
      flush
    >
      <Answered asked={asked} lines={3}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="Nothing: every figure and every clock is as it was signed" />
          ) : (
            <DataTable
              label="What changed since it was signed"
              rows={rows}
              keyOf={({ section, what }) => `${section} ${what}`}
              columns={[
                { id: 'section', head: 'Part', by: ({ section }) => section, cell: ({ section }) => title(section) },
                { id: 'what', head: 'What', by: ({ what }) => what, cell: ({ what }) => what },
                { id: 'signed', head: 'Signed', num: true, cell: ({ signed }) => said(signed) },
                { id: 'now', head: 'Now', num: true, cell: ({ now }) => said(now) },
              ]}
            />
          )
        }
      </Answered>
    </Panel>
  )
}
