import { useState } from 'react'
import { addressOf } from '../../api/ask.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { useWrite } from '../../api/use-write.ts'
import type { Review as Reviewed } from '../../api/types.ts'
import { periodText } from '../../format/words.ts'
import { PageHead } from '../../parts/controls.tsx'
import { save } from '../../parts/save.ts'
import { SigningPanel } from '../../parts/signing.tsx'
import { Answered } from '../../parts/state.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Changes } from './changes.tsx'
import { Asks } from './asks.tsx'
import { Part } from './part.tsx'

/** The quarter as both functions will sign it: fixed parts in fixed order, frozen when both have signed. */
export const Review = () => {
  const { period, as_of } = useAsking()
  const { periods } = useSession()
  const { get } = useView()
  // the review is of a quarter that is over, unless one is asked for
  const closed = periods.find(({ kind, state }) => kind === 'quarter' && state === 'closed')
  const quarter = get('period') !== '' && /-Q\d$/.test(period) ? period : (closed?.period ?? period)
  const asked = useAnswer('GET /v1/qbr/{quarter}', { as_of }, { params: { quarter } })
  return (
    <>
      <PageHead
        title={`Review of ${periodText(quarter)}`}
        about="Seven parts in fixed order. Signed by one of each function it is frozen, with its definitions; what has changed since then stands beside it."
      >
        <Slides quarter={quarter} asOf={as_of} />
        <button
          type="button"
          className="button"
          onClick={() => window.print()}
          title="On paper, or as a PDF: the browser’s print dialog has both"
        >
          Print or PDF
        </button>
      </PageHead>
      <Answered asked={asked} lines={14}>
        {review => (
          <div className="review">
            <Signing review={review} quarter={quarter} />
            {review.state === 'signed' ? <Changes quarter={quarter} /> : null}
            {review.pack.sections.map((section, i) => (
              <Part key={section.part} section={section} number={i + 1} review={review} quarter={quarter} />
            ))}
            <Asks review={review} quarter={quarter} />
          </div>
        )}
      </Answered>
    </>
  )
}

const Slides = ({ quarter, asOf }: { readonly quarter: string; readonly asOf: string | undefined }) => {
  const [said, setSaid] = useState('')
  const fetchSlides = async (): Promise<void> => {
    setSaid('Making slides …')
    try {
      await save(addressOf('GET /v1/qbr/{quarter}/slides', { as_of: asOf }, { quarter }), `review-${quarter}.pptx`)
      setSaid('')
    } catch (error) {
      setSaid(error instanceof Error ? error.message : 'not saved')
    }
  }
  return (
    <>
      <span className="note" role="status">
        {said}
      </span>
      <button type="button" className="button" onClick={() => void fetchSlides()}>
        Slides
      </button>
    </>
  )
}

const Signing = ({ review, quarter }: { readonly review: Reviewed; readonly quarter: string }) => {
  const { member } = useSession()
  const sign = useWrite('POST /v1/qbr/{quarter}/sign-off')
  return (
    <SigningPanel
      state={review.state}
      signatures={review.signatures}
      sha256={review.sha256}
      asOf={review.pack.as_of}
      notNow={member === null ? 'Members sign: act as one, or sign in with a member’s key.' : null}
      signing={{
        isPending: sign.isPending,
        error: sign.error,
        start: () => sign.mutate({ params: { quarter }, body: { as_of: review.pack.as_of, sha256: review.sha256 } }),
      }}
    />
  )
}
