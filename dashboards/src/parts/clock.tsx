import { duration, instantText } from '../format/number.ts'
import { words } from '../format/words.ts'
import { useSession } from '../shell/session.ts'
import { useNow } from './now.ts'

const SOON_SECONDS = 3_600
const LAST_SECONDS = 600

/** The time to a limit, moving by itself: by the second over the last ten minutes; as of the past it stands still. */
export const Due = ({ at, step }: { readonly at: string; readonly step?: string }) => {
  const { zone } = useSession()
  const due = Date.parse(at)
  const byMinute = (due - useNow()) / 1_000
  const close = Math.abs(byMinute) < LAST_SECONDS
  const exact = (due - useNow(true)) / 1_000
  const seconds = close ? exact : byMinute
  const tone = seconds < 0 ? 'bad' : seconds < SOON_SECONDS ? 'warn' : ''
  return (
    <span className={`tag ${tone}`} title={`due ${instantText(at, zone)}`}>
      {step === undefined ? '' : `${words(step)} `}
      {seconds < 0 ? `${spanText(-seconds, close)} over` : `in ${spanText(seconds, close)}`}
    </span>
  )
}

const spanText = (seconds: number, exact: boolean): string =>
  exact && seconds >= 60 ? `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}` : duration(seconds)
