import { Link } from '@tanstack/react-router'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, rowsOf } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { stageText } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Answered } from '../../parts/state.tsx'
import { useAsking } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'

const STAGES = ['lead', 'mql', 'sal', 'sql', 'sqo', 'won']
const COSTS = ['lead', 'mql', 'sqo', 'won'] as const

const Fact = ({ label, row, note }: { readonly label: string; readonly row: FigureRow | undefined; readonly note?: string }) => (
  <div className="kpi">
    <span className="label">{label}</span>
    <span className="value">
      <Figure row={row} precision="short" n={false} flags={false} />
    </span>
    <span className="beside">{note ?? ''}</span>
  </div>
)

/** What came of one campaign: its money by closing and by cohort, its leads as far as they came, and what each stage cost. */
export const Results = ({ id }: { readonly id: string }) => {
  const { search } = useView()
  const asking = useAsking()
  const of = { ...asking, campaign: id, by: 'campaign' } as const
  const closed = useAnswer('GET /v1/roi', { ...of, basis: 'revenue', model: 'w-shaped' })
  const cohort = useAnswer('GET /v1/roi', { ...of, basis: 'revenue', model: 'w-shaped', dated: 'touch' })
  const budget = useAnswer('GET /v1/spend', of)
  const stages = useAnswer('GET /v1/funnel/stages', { period: asking.period, as_of: asking.as_of, campaign: id })
  const accepted = useAnswer('GET /v1/leads/quality', { period: asking.period, as_of: asking.as_of, campaign: id, metric: 'M25' })
  const response = useAnswer('GET /v1/funnel/velocity', {
    period: asking.period,
    as_of: asking.as_of,
    campaign: id,
    stage_from: 'mql',
    stage_to: 'sal',
  })
  const rows = closed.data?.rows
  return (
    <div style={{ display: 'grid', gap: 12 }}>
      <div className="kpis small">
        <Fact label="Spend" row={rowOf(rows, 'M66')} />
        <Fact label="Budget used" row={rowOf(budget.data?.rows, 'M66b')} note="of the same days" />
        <Fact label="Won revenue" row={rowOf(rows, 'M54')} note="closed in the period" />
        <Fact label="Return" row={rowOf(rows, 'M67')} note="by what closed" />
        <Fact label="Cohort return" row={rowOf(cohort.data?.rows, 'M69')} note="of its own touches" />
        <Maturity row={rowOf(cohort.data?.rows, 'M69')} />
      </div>
      <Answered asked={stages} lines={2}>
        {({ rows: entries }) => (
          <div className="kpis small">
            {STAGES.map(stage => (
              <Fact key={stage} label={stageText(stage)} row={rowsOf(entries, 'M1', { stage }).find(row => (row.value ?? 0) > 0)} />
            ))}
            <Fact label="Accepted by sales" row={rowOf(accepted.data?.total, 'M25')} />
            <Fact label="MQL to accepted" row={rowsOf(response.data?.total, 'M13').find(row => row.value !== null)} note="median" />
          </div>
        )}
      </Answered>
      <p className="note">
        <Link to="/leads" search={{ ...keptAcross(search), campaign: id } as never}>
          Its leads, one by one
        </Link>
      </p>
      <div className="controls">
        <span className="note">Cost of</span>
        {COSTS.map(conversion => (
          <Cost key={conversion} id={id} conversion={conversion} />
        ))}
      </div>
    </div>
  )
}

const Maturity = ({ row }: { readonly row: FigureRow | undefined }) => {
  const share = row?.['maturity']
  return (
    <div className="kpi">
      <span className="label">Maturity</span>
      <span className="value">{typeof share === 'number' ? `${Math.round(share * 100)} %` : '–'}</span>
      <span className="beside">of what usually still comes is in</span>
    </div>
  )
}

const Cost = ({ id, conversion }: { readonly id: string; readonly conversion: (typeof COSTS)[number] }) => {
  const asking = useAsking()
  const { data } = useAnswer('GET /v1/roi', {
    ...asking,
    campaign: id,
    by: 'campaign',
    basis: 'conversions',
    conversion,
    model: 'w-shaped',
  })
  const row = data?.rows.find(each => each.metric === 'M70' && dim(each, 'campaign') === id)
  return (
    <span className="tag">
      {stageText(conversion)} <Figure row={row} n={false} flags={false} />
    </span>
  )
}
