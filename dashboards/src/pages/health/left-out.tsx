import { useAnswer } from '../../api/use-answer.ts'
import { rowOf } from '../../api/rows.ts'
import { count } from '../../format/number.ts'
import { words } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Skeleton } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'

/** What each headline leaves out, by reason, and the spend and revenue that nothing explains. */
export const LeftOut = () => {
  const asking = useAsking()
  const revenue = useAnswer('GET /v1/attribution', { ...asking, basis: 'revenue' })
  const pipeline = useAnswer('GET /v1/attribution', { ...asking, basis: 'pipeline' })
  const stages = useAnswer('GET /v1/funnel/stages', asking)
  const conversion = useAnswer('GET /v1/funnel/conversion', { period: asking.period, as_of: asking.as_of })
  const spend = useAnswer('GET /v1/spend', { ...asking, match: 'unmatched' })
  const lines = [
    ['Attributed revenue', revenue],
    ['Attributed pipeline', pipeline],
    ['Stages', stages],
    ['Conversion', conversion],
    ['Spend', spend],
  ] as const
  return (
    <div className="grid">
      <Panel className="w7" title="Left out, by reason" about="In the period" flush>
        {lines.some(([, asked]) => asked.isPending) ? <Skeleton lines={4} /> : null}
        <DataTable
          label="What figures leave out"
          short
          rows={lines.flatMap(([figure, asked]) =>
            Object.entries(asked.data?.excluded ?? {}).map(([reason, n]) => ({ figure, reason, n })),
          )}
          keyOf={({ figure, reason }) => `${figure} ${reason}`}
          columns={[
            { id: 'figure', head: 'Figure', by: ({ figure }) => figure, cell: ({ figure }) => figure },
            { id: 'reason', head: 'Reason', by: ({ reason }) => reason, cell: ({ reason }) => words(reason) },
            { id: 'n', head: 'Records', num: true, by: ({ n }) => n, cell: ({ n }) => count(n) },
          ]}
        />
      </Panel>
      <Panel className="w5" title="Without an explanation" about="Stays in every total">
        <dl className="facts">
          <dt>Revenue that no touch earned</dt>
          <dd>
            <Figure row={rowOf(revenue.data?.total, 'M59')} />
          </dd>
          <dt>Pipeline that no touch earned</dt>
          <dd>
            <Figure row={rowOf(pipeline.data?.total, 'M59')} />
          </dd>
          <dt>Spend without a known campaign</dt>
          <dd>
            <Figure row={rowOf(spend.data?.total, 'M66')} />
          </dd>
        </dl>
      </Panel>
    </div>
  )
}
