import type { ReviewChanges } from '../../api/types.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { dateText, valueText } from '../../format/number.ts'
import { metricName } from '../../format/metrics.ts'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'

type Row = ReviewChanges['rows'][number]
const keyOf = (row: Row): string => JSON.stringify([row.part, row.figure, row.metric, row.dimensions])
/** Without dimensions a row and the total are the same number. */
const distinct = (rows: readonly Row[]): readonly Row[] => [...new Map(rows.map(row => [keyOf(row), row])).values()]

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
              rows={distinct(rows)}
              keyOf={keyOf}
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
