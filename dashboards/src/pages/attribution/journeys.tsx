import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { Figure } from '../../parts/figure.tsx'
import { Kpi } from '../../parts/kpi.tsx'
import { useAsking } from '../../shell/session.ts'

/** How long the way to a won deal is, and who walks it: medians, with p90 beside, and how many deals they rest on. */
export const Journeys = ({ waits }: { readonly waits: boolean }) => {
  const { period, as_of } = useAsking()
  const { data } = useAnswer('GET /v1/attribution/journeys', { period, as_of }, { enabled: !waits })
  const of = (metric: string, percentile: string): FigureRow | undefined => rowOf(data?.rows, metric, { percentile })
  const beside = (metric: string) => (
    <>
      p90 <Figure row={of(metric, 'p90')} n={false} flags={false} /> · {dim(of(metric, 'p50'), 'deals')} deals
    </>
  )
  return (
    <>
      <Kpi label="Touches to win" row={of('M62', 'p50')} beside={beside('M62')} waiting={data === undefined} />
      <Kpi label="Sales contacts to win" side="sales" row={of('M62b', 'p50')} beside={beside('M62b')} waiting={data === undefined} />
      <Kpi label="Way done before sales" side="marketing" row={of('M63', 'p50')} beside={beside('M63')} waiting={data === undefined} />
      <Kpi label="People per won deal" row={of('M37', 'p50')} beside={beside('M37')} waiting={data === undefined} />
    </>
  )
}
