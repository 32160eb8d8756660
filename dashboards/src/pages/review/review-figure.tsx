import type { FigureRow, Review } from '../../api/types.ts'
import { dim } from '../../api/rows.ts'
import { metricName } from '../../format/metrics.ts'
import { title } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { DataTable } from '../../parts/table.tsx'
import { READ } from './figures.tsx'

type Shown = Review['pack']['sections'][number]['figures'][number]

const OWN = new Set(['metric', 'value', 'unit', 'numerator', 'denominator', 'interval', 'flags', 'explain'])
const MOST_SHOWN = 12

const dimensionsOf = (row: FigureRow): string =>
  Object.keys(row)
    .filter(name => !OWN.has(name) && ['string'].includes(typeof row[name]))
    .map(name => title(dim(row, name)))
    .join(' · ')

/** One figure of the pack, as it was signed: its rows as they are, or why there is no answer. */
export const ReviewFigure = ({ figure, asOf }: { readonly figure: Shown; readonly asOf: string }) => {
  const { answer, refusal, question } = figure
  const rows = answer === null ? [] : answer.rows.length > 0 ? answer.rows : answer.total
  const read = answer === null || (answer.rows.length === 0 && answer.total.length === 0) ? undefined : READ[figure.figure]
  return (
    <section className="review-figure">
      <h3 title={`${question}, as of ${asOf}`}>{figure.title}</h3>
      {refusal === null ? null : <p className="note">{refusal.detail}</p>}
      {answer === null ? null : read !== undefined ? (
        read(answer)
      ) : rows.length === 0 ? (
        <p className="note">Nothing to show in this quarter.</p>
      ) : (
        <DataTable<FigureRow>
          label={figure.title}
          short={rows.length <= MOST_SHOWN}
          rows={rows}
          keyOf={row =>
            JSON.stringify(
              Object.entries(row).filter(([name]) => !['value', 'numerator', 'denominator', 'interval', 'explain'].includes(name)),
            )
          }
          columns={[
            { id: 'what', head: 'Figure', by: row => row.metric, cell: row => metricName(row.metric) },
            { id: 'of', head: 'Of', by: dimensionsOf, cell: dimensionsOf },
            { id: 'value', head: 'Value', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
          ]}
        />
      )}
    </section>
  )
}
