import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, rowsOf } from '../../api/rows.ts'
import type { FigureRow, SlaAudit } from '../../api/types.ts'
import { metricName } from '../../format/metrics.ts'
import { count } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Meter } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { handOff } from './kept.tsx'

const SPANS = ['M39', 'M40', 'M41', 'M49']
const STATISTICS = ['median', 'p75', 'p90'] as const
const bandText = (band: string): string => title(band.replace(/^\d+ /, ''))

/** How long answers took: how many of the month's leads in each band, what became of those, and the spans by hand-off. */
export const ResponseTimes = ({ audit, signed }: { readonly audit: SlaAudit; readonly signed: boolean }) => {
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/leads/quality', { period: audit.month, as_of: signed ? audit.as_of : as_of, metric: 'M107' })
  const spans = audit.attainment.filter(
    row => SPANS.includes(row.metric) && dim(row, 'statistic') === 'median' && dim(row, 'step') === '(none)',
  )
  return (
    <div className="grid">
      <Panel
        className="w6"
        title="How soon sales answered"
        about="Leads of the month by the time to the first human touch, and how many of them became SQOs"
        flush
        foot={<RestsOn answer={asked.data} />}
      >
        <Answered asked={asked} lines={7}>
          {({ rows }) => {
            const bands = rowsOf(rows, 'M107', { of: 'response_time' }).toSorted((a, b) => dim(a, 'band').localeCompare(dim(b, 'band')))
            const most = Math.max(1, ...bands.map(({ denominator }) => denominator ?? 0))
            return bands.length === 0 ? (
              <Empty title="No lead was handed over in the month" />
            ) : (
              <DataTable<FigureRow>
                label="Response times"
                short
                rows={bands}
                keyOf={row => dim(row, 'band')}
                columns={[
                  { id: 'band', head: 'Answered', cell: row => bandText(dim(row, 'band')) },
                  { id: 'bar', head: '', width: '34%', cell: row => <Meter part={(row.denominator ?? 0) / most} tone="sales" /> },
                  { id: 'n', head: 'Leads', num: true, by: row => row.denominator, cell: row => count(row.denominator ?? 0) },
                  { id: 'sqo', head: 'Became SQO', num: true, by: row => row.value, cell: row => <Figure row={row} n={false} /> },
                ]}
              />
            )
          }}
        </Answered>
      </Panel>
      <Panel className="w6" title="Spans" about="Half were faster than the median, nine of ten than p90" flush>
        <DataTable<FigureRow>
          label="Spans of the month"
          short
          rows={spans}
          keyOf={row => `${row.metric} ${dim(row, 'handoff')} ${dim(row, 'step')}`}
          columns={[
            { id: 'what', head: 'What', cell: row => metricName(row.metric) },
            {
              id: 'handoff',
              head: 'Hand-off',
              cell: row => handOff(dim(row, 'handoff')),
            },
            ...STATISTICS.map(statistic => ({
              id: statistic,
              head: title(statistic),
              num: true,
              cell: (row: FigureRow) => (
                <Figure
                  row={rowOf(audit.attainment, row.metric, { handoff: dim(row, 'handoff'), step: dim(row, 'step'), statistic })}
                  flags={false}
                />
              ),
            })),
          ]}
        />
      </Panel>
    </div>
  )
}
