import { useAnswer } from '../../api/use-answer.ts'
import { dateText } from '../../format/number.ts'
import { periodText } from '../../format/words.ts'
import { PageHead } from '../../parts/controls.tsx'
import { useAsking, usePeriod } from '../../shell/session.ts'
import { Breaches } from './breaches.tsx'
import { Commitments } from './commitments.tsx'
import { Headline } from './headline.tsx'
import { Leaks } from './leaks.tsx'
import { More } from './more.tsx'
import { Plan } from './plan.tsx'
import { Since } from './since.tsx'

/** The page both teams open on Monday: are we on plan, what changed and why, what leaks, what is open, what is due. */
export const Week = () => {
  const asking = useAsking()
  const period = usePeriod(asking.period)
  const stages = useAnswer('GET /v1/funnel/stages', asking)
  return (
    <>
      <PageHead
        title={`${periodText(asking.period)}${period?.state === 'running' ? ' so far' : ''}`}
        about={
          period === undefined
            ? ''
            : `${dateText(period.from)} to ${dateText(period.to)}. Both teams, one account: every number opens the records behind it.`
        }
      />
      <Plan />
      <Headline stages={stages} />
      <Since />
      <div className="grid">
        <Leaks />
        <Breaches />
        <Commitments />
      </div>
      <More />
    </>
  )
}
