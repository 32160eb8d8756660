import { dim, rowOf } from '../../api/rows.ts'
import type { FigureRow, SlaAudit } from '../../api/types.ts'
import { count, NOTHING, percent } from '../../format/number.ts'
import { periodText, stageText, words } from '../../format/words.ts'
import { Meter } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Kpi } from '../../parts/kpi.tsx'
import { Panel } from '../../parts/panel.tsx'
import { DataTable } from '../../parts/table.tsx'

const planned = (row: FigureRow): number | null => (typeof row['planned'] === 'number' ? row['planned'] : null)

/** What is first looked at: leads, MQLs against the commitment, and what matured cohorts came to. */
export const FirstPage = ({ audit }: { readonly audit: SlaAudit }) => {
  const { stages, mqls, commitment, conversion } = audit.summary
  const entered = (stage: string) => rowOf(stages, 'M1', { stage })
  const owed = commitment.mqls
  return (
    <>
      <div className="kpis" aria-label="The month in figures">
        <Kpi label="Leads" side="marketing" row={entered('lead')} beside="first entries" />
        <Kpi
          label="MQLs handed over"
          side="marketing"
          row={rowOf(mqls, 'M23a')}
          beside={owed === null ? 'no number was agreed' : `${count(owed)} owed, by the ${words(commitment.from)}`}
        />
        <Kpi label="MQLs by the rule" side="both" row={rowOf(mqls, 'M23b')} beside="computed from what was known" />
        <Kpi label="Conformant" side="marketing" row={rowOf(mqls, 'M24')} />
        <div className="kpi">
          <span className="label">
            <i className="side marketing" title="marketing" />
            Commitment kept
          </span>
          <span className="value">{commitment.attainment === null ? NOTHING : percent(commitment.attainment)}</span>
          <span className="beside">
            {owed === null ? 'no number was agreed' : `${count(commitment.conformant ?? commitment.declared)} conformant of ${count(owed)}`}
          </span>
        </div>
        <Kpi label="New SQOs" side="sales" row={entered('sqo')} beside="first entries" />
      </div>
      <Panel title="Conversion against plan" about="Of the latest month whose cohort has had all its days by the end of this one" flush>
        <DataTable<FigureRow>
          label="Conversion against plan"
          short
          rows={conversion}
          keyOf={row => `${dim(row, 'stage_from')} ${dim(row, 'stage_to')}`}
          columns={[
            {
              id: 'step',
              head: 'Step',
              cell: row => `${stageText(dim(row, 'stage_from'))} → ${stageText(dim(row, 'stage_to'))}`,
            },
            { id: 'cohort', head: 'Cohort', cell: row => periodText(dim(row, 'cohort')) },
            {
              id: 'bar',
              head: '95 % interval',
              width: '26%',
              cell: row => <Meter part={row.value ?? 0} range={row.interval ?? null} />,
            },
            { id: 'rate', head: 'Came to', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
            {
              id: 'plan',
              head: 'Planned',
              num: true,
              by: planned,
              cell: row => {
                const plan = planned(row)
                return plan === null ? NOTHING : percent(plan)
              },
            },
          ]}
        />
      </Panel>
    </>
  )
}
