import { useState } from 'react'
import { addressOf } from '../../api/ask.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { useWrite } from '../../api/use-write.ts'
import type { Api, Review as Reviewed } from '../../api/types.ts'
import { dateText, instantText } from '../../format/number.ts'
import { periodText, title } from '../../format/words.ts'
import { PageHead } from '../../parts/controls.tsx'
import { save } from '../../parts/save.ts'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Changes } from './changes.tsx'
import { ReviewFigure } from './review-figure.tsx'

type Section = Reviewed['pack']['sections'][number]
type Note = Api['POST /v1/qbr/{quarter}/notes']['body']

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
        about="Seven parts in fixed order. Signed by one of each function, it is frozen with its definitions; what is otherwise since then stands beside it."
      >
        <Slides quarter={quarter} asOf={as_of} />
        <button type="button" className="button" onClick={() => window.print()}>
          Print
        </button>
      </PageHead>
      <Answered asked={asked} lines={14}>
        {review => (
          <div style={{ display: 'grid', gap: 16 }}>
            <Signing review={review} quarter={quarter} />
            {review.state === 'signed' ? <Changes quarter={quarter} /> : null}
            {review.pack.sections.map((section, i) => (
              <Part key={section.part} section={section} number={i + 1} review={review} quarter={quarter} />
            ))}
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
  const { zone } = useSession()
  const sign = useWrite('POST /v1/qbr/{quarter}/sign-off')
  return (
    <Panel
      title={review.state === 'signed' ? 'Signed by both' : review.state === 'proposed' ? 'Signed by one function' : 'Not signed yet'}
      about={`as of ${instantText(review.pack.as_of, zone)}`}
    >
      <div className="controls">
        {review.signatures.map(({ function: of, member, signed_at }) => (
          <span key={of} className="tag good">
            {title(of)}: {member}, {dateText(signed_at)}
          </span>
        ))}
        {review.state === 'signed' ? null : (
          <button
            type="button"
            className="button primary"
            disabled={sign.isPending}
            onClick={() => sign.mutate({ params: { quarter }, body: { as_of: review.pack.as_of, sha256: review.sha256 } })}
          >
            {sign.isPending ? 'Signing…' : 'Sign for my function'}
          </button>
        )}
        {sign.error === null ? null : <span className="bad">{sign.error.message}</span>}
        <span className="n">sha-256 {review.sha256.slice(0, 16)}…</span>
      </div>
    </Panel>
  )
}

const PLACES: readonly Note['place'][] = ['commitments', 'headline', 'channels', 'health', 'economics', 'learnings', 'outlook', 'asks']

type PartProps = { readonly section: Section; readonly number: number; readonly review: Reviewed; readonly quarter: string }

const Part = ({ section, number, review, quarter }: PartProps) => (
  <Panel title={`${number}. ${section.title}`} about={section.takeaway === null ? '' : `as ${section.takeaway.member} puts it`}>
    <p style={{ fontSize: 15, fontWeight: 560, marginBottom: 10, maxWidth: '90ch' }}>{section.takeaway?.text ?? section.computed}</p>
    {review.state === 'signed' ? null : <Takeaway section={section} quarter={quarter} />}
    {section.comments.map(({ text, member }) => (
      <p key={`${member} ${text}`} className="note">
        {member}: {text}
      </p>
    ))}
    {section.part === 'commitments' ? (
      review.pack.commitments.length === 0 ? (
        <Empty title="Nothing was promised for this quarter">Commitments are made in a review or a meeting, and come back here.</Empty>
      ) : (
        <ul className="list">
          {review.pack.commitments.map(each => (
            <li key={each.commitment_id}>
              <span>{each.title}</span>
              <span className={`tag ${each.status === 'kept' ? 'good' : each.status === 'missed' || each.overdue ? 'bad' : ''}`}>
                {each.overdue ? 'overdue' : each.status}
              </span>
              <span className="sub">
                {each.owner_id} {each.due_on === null ? '' : `by ${dateText(each.due_on)}`}
              </span>
            </li>
          ))}
        </ul>
      )
    ) : null}
    {section.part === 'asks'
      ? review.pack.asks.map(({ text, member }) => (
          <p key={`${member} ${text}`}>
            {member}: {text}
          </p>
        ))
      : null}
    {section.figures.map(figure => (
      <ReviewFigure key={`${figure.figure} ${figure.question}`} figure={figure} asOf={review.pack.as_of} />
    ))}
  </Panel>
)

const Takeaway = ({ section, quarter }: { readonly section: Section; readonly quarter: string }) => {
  const [text, setText] = useState<string | null>(null)
  const note = useWrite('POST /v1/qbr/{quarter}/notes')
  const place = PLACES.find(each => each === section.part)
  if (place === undefined) return null
  if (text === null)
    return (
      <button type="button" className="button small quiet" onClick={() => setText(section.takeaway?.text ?? section.computed)}>
        {section.part === 'asks' ? 'Add an ask' : 'Say it in other words'}
      </button>
    )
  return (
    <form
      className="form"
      onSubmit={event => {
        event.preventDefault()
        note.mutate(
          { params: { quarter }, body: { place, kind: section.part === 'asks' ? 'ask' : 'takeaway', text } },
          { onSuccess: () => setText(null) },
        )
      }}
    >
      <label>
        Takeaway
        <textarea value={text} onChange={event => setText(event.target.value)} />
      </label>
      {note.error === null ? null : <p className="callout bad">{note.error.message}</p>}
      <div className="controls">
        <button type="submit" className="button primary" disabled={note.isPending}>
          Save
        </button>
        <button type="button" className="button" onClick={() => setText(null)}>
          Leave it
        </button>
      </div>
    </form>
  )
}
