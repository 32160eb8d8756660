import { type Asked, useAnswer } from '../../api/use-answer.ts'
import { rowOf } from '../../api/rows.ts'
import type { Answer, FigureRow } from '../../api/types.ts'
import { periodText } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Kpi } from '../../parts/kpi.tsx'
import { Failed } from '../../parts/state.tsx'
import { Trust, useDataHealth } from '../../parts/trust.tsx'
import { useAsking, usePeriodBefore } from '../../shell/session.ts'

/** Both sides in one row: what marketing and sales brought, what it cost, and the same of the period before. */
export const Headline = ({ stages }: { readonly stages: Asked<Answer> }) => {
  const health = useDataHealth()
  const asking = useAsking()
  const before = usePeriodBefore(asking.period)
  const asked = { ...asking, period: before?.period ?? '' }
  const enabled = before !== undefined
  const revenue = useAnswer('GET /v1/roi', { ...asking, basis: 'revenue' })
  const pipeline = useAnswer('GET /v1/attribution', { ...asking, basis: 'pipeline' })
  const stagesBefore = useAnswer('GET /v1/funnel/stages', asked, { enabled })
  const revenueBefore = useAnswer('GET /v1/roi', { ...asked, basis: 'revenue' }, { enabled })
  const pipelineBefore = useAnswer('GET /v1/attribution', { ...asked, basis: 'pipeline' }, { enabled })
  const waiting = revenue.data === undefined || stages.data === undefined
  if (revenue.error !== null && revenue.data === undefined) return <Failed error={revenue.error} retry={() => void revenue.refetch()} />
  const beside = (row: FigureRow | undefined) =>
    before === undefined || row === undefined ? null : (
      <>
        <Figure row={row} precision="short" n={false} flags={false} /> in {periodText(before.period)}
      </>
    )
  const stage = (counted: string, name: string) => [
    rowOf(stages.data?.rows, 'M1', { counted, stage: name }),
    rowOf(stagesBefore.data?.rows, 'M1', { counted, stage: name }),
  ]
  const [won] = stage('deals', 'won')
  const [sqo, sqoBefore] = stage('deals', 'sqo')
  const [mql, mqlBefore] = stage('journeys', 'mql')
  return (
    <div className="kpis" aria-label="Headline figures">
      <Kpi
        label="Won revenue"
        trust={<Trust health={health} checks={['deals_with_contacts', 'amounts_with_rate']} />}
        side="both"
        row={rowOf(revenue.data?.total, 'M54')}
        beside={
          <>
            <Figure row={won} n={false} flags={false} /> deals; {beside(rowOf(revenueBefore.data?.total, 'M54'))}
          </>
        }
        waiting={waiting}
      />
      <Kpi
        label="New pipeline"
        trust={<Trust health={health} checks={['deals_with_contacts', 'amounts_with_rate']} />}
        side="both"
        row={rowOf(pipeline.data?.total, 'M55')}
        beside={beside(rowOf(pipelineBefore.data?.total, 'M55'))}
        waiting={waiting}
      />
      <Kpi
        label="New SQOs"
        trust={<Trust health={health} checks={['deals_with_contacts', 'events_on_time']} />}
        side="sales"
        row={sqo}
        beside={beside(sqoBefore)}
        waiting={waiting}
      />
      <Kpi
        label="New MQLs"
        trust={<Trust health={health} checks={['events_on_time', 'attributes_known']} />}
        side="marketing"
        row={mql}
        beside={beside(mqlBefore)}
        waiting={waiting}
      />
      <Kpi
        label="Spend"
        trust={<Trust health={health} checks={['campaigns_with_spend', 'amounts_with_rate']} />}
        side="marketing"
        row={rowOf(revenue.data?.total, 'M66')}
        beside={beside(rowOf(revenueBefore.data?.total, 'M66'))}
        waiting={waiting}
      />
      <Kpi
        label="Return"
        trust={<Trust health={health} checks={['campaigns_with_spend', 'touches_with_account', 'touches_with_planned_campaign']} />}
        side="marketing"
        row={rowOf(revenue.data?.total, 'M67')}
        beside={beside(rowOf(revenueBefore.data?.total, 'M67'))}
        waiting={waiting}
      />
    </div>
  )
}
