import { useAnswer } from '../../api/use-answer.ts'
import { dateText } from '../../format/number.ts'
import { periodText } from '../../format/words.ts'
import { PageHead } from '../../parts/controls.tsx'
import { Later } from '../../parts/later.tsx'
import { useAsking, usePeriod, usePeriodBefore } from '../../shell/session.ts'
import { Leaks } from '../funnel/leaks.tsx'
import { Breaches } from './breaches.tsx'
import { Commitments } from './commitments.tsx'
import { Earned } from './earned.tsx'
import { Headline } from './headline.tsx'
import { Plan } from './plan.tsx'
import { Sourced } from './sourced.tsx'
import { Stages } from './stages.tsx'

/** The page both teams open on Monday: are we on plan, what changed, what leaks, what is open, what is due. */
export const Week = () => {
  const asking = useAsking()
  const period = usePeriod(asking.period)
  // a running period is too young to be judged step by step
  const before = usePeriodBefore(asking.period)
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
      <div className="grid">
        <Leaks className="w4" most={3} of={period?.state === 'running' ? before?.period : undefined} />
        <Breaches />
        <Commitments />
        <Later className="w7">
          <Stages />
        </Later>
        <Later className="w5">
          <Sourced />
        </Later>
        <Later>
          <Earned />
        </Later>
      </div>
    </>
  )
}
