import { useEffect, useState } from 'react'
import { duration, instantText } from '../format/number.ts'
import { useAsking, useSession } from '../shell/session.ts'

const SOON_SECONDS = 3_600

/** The time to a limit, moving by itself; as of the past it stands still. */
export const Due = ({ at, step }: { readonly at: string; readonly step?: string }) => {
  const { as_of } = useAsking()
  const session = useSession()
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000)
    return () => clearInterval(timer)
  }, [])
  const seconds = (Date.parse(at) - (as_of === undefined ? now : Date.parse(session.as_of))) / 1_000
  const tone = seconds < 0 ? 'bad' : seconds < SOON_SECONDS ? 'warn' : ''
  return (
    <span className={`tag ${tone}`} title={`due ${instantText(at, session.zone)}`}>
      {step === undefined ? '' : `${step.replace('-', ' ')} `}
      {seconds < 0 ? `${duration(-seconds)} over` : `in ${duration(seconds)}`}
    </span>
  )
}
