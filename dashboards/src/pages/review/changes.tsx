import { useAnswer } from '../../api/use-answer.ts'
import { dateText, valueText } from '../../format/number.ts'
import { metricName } from '../../format/metrics.ts'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'

/** What is otherwise now than when it was signed; the signed bytes stay. */
export const Changes = ({ quarter }: { readonly quarter: string }) => {
  const asked = useAnswer('GET /v1/qbr/{quarter}/changes', {}, { params: { quarter } })
  return (
    <Panel title="What changed since" about={asked.data === undefined ? '' : `signed as of ${dateText(asked.data.signed_as_of)}`} flush>
      <Answered asked={asked} lines={4}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="Nothing: every figure is as it was signed" />
          ) : (
            <DataTable
              label="What changed since sign-off"
              rows={rows}
              keyOf={row => JSON.stringify([row.part, row.figure, row.metric, row.dimensions])}
              columns={[
                { id: 'figure', head: 'Figure', cell: row => metricName(row.metric) },
                { id: 'of', head: 'Of', cell: row => Object.values(row.dimensions).join(' · ') },
                { id: 'was', head: 'Signed', num: true, cell: row => valueText({ ...row, value: row.signed }) },
                { id: 'is', head: 'Now', num: true, cell: row => valueText({ ...row, value: row.now }) },
              ]}
            />
          )
        }
      </Answered>
    </Panel>
  )
}
