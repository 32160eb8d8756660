import { useState } from 'react'
import type { Api, Review as Reviewed } from '../../api/types.ts'
import { useWrite } from '../../api/use-write.ts'
import { dateText } from '../../format/number.ts'
import { Empty } from '../../parts/state.tsx'
import { ReviewFigure } from './review-figure.tsx'

type Section = Reviewed['pack']['sections'][number]
type Note = Api['POST /v1/qbr/{quarter}/notes']['body']

const PLACES: readonly Note['place'][] = ['commitments', 'headline', 'channels', 'health', 'economics', 'learnings', 'outlook', 'asks']

type PartProps = { readonly section: Section; readonly number: number; readonly review: Reviewed; readonly quarter: string }

/** One part: what it says in a sentence, and under it every figure that says so. */
export const Part = ({ section, number, review, quarter }: PartProps) => (
  <section className="panel part" aria-labelledby={`part-${section.part}`}>
    <p className="eyebrow">
      {number} · {section.title}
    </p>
    <h2 id={`part-${section.part}`}>{section.takeaway?.text ?? section.computed}</h2>
    {section.takeaway === null ? null : (
      <p className="note">
        in the words of {section.takeaway.member}; the figures alone say: {section.computed}
      </p>
    )}
    {section.comments.map(({ text, member }) => (
      <p key={`${member} ${text}`} className="comment">
        {text} <span className="n">{member}</span>
      </p>
    ))}
    {review.state === 'signed' ? null : <Words section={section} quarter={quarter} />}
    {section.part === 'commitments' ? <Commitments review={review} /> : null}
    {section.figures.map(figure => (
      <ReviewFigure key={`${figure.figure} ${figure.question}`} figure={figure} asOf={review.pack.as_of} />
    ))}
  </section>
)

const Commitments = ({ review }: { readonly review: Reviewed }) =>
  review.pack.commitments.length === 0 ? (
    <Empty title="Nothing was promised for this quarter">Commitments are made in a review or a meeting, and come back here.</Empty>
  ) : (
    <ul className="list two">
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

const KINDS = { takeaway: 'Takeaway', comment: 'Comment' } as const

/** What a member says in place of the sentence, or beside it. */
const Words = ({ section, quarter }: { readonly section: Section; readonly quarter: string }) => {
  const [writes, setWrites] = useState<keyof typeof KINDS | null>(null)
  const [text, setText] = useState('')
  const note = useWrite('POST /v1/qbr/{quarter}/notes')
  const place = PLACES.find(each => each === section.part)
  if (place === undefined) return null
  if (writes === null)
    return (
      <div className="controls does">
        <button
          type="button"
          className="button small quiet"
          onClick={() => {
            setText(section.takeaway?.text ?? section.computed)
            setWrites('takeaway')
          }}
        >
          Say it in other words
        </button>
        <button
          type="button"
          className="button small quiet"
          onClick={() => {
            setText('')
            setWrites('comment')
          }}
        >
          Comment
        </button>
      </div>
    )
  return (
    <form
      className="form"
      onSubmit={event => {
        event.preventDefault()
        note.mutate({ params: { quarter }, body: { place, kind: writes, text } }, { onSuccess: () => setWrites(null) })
      }}
    >
      <label>
        {KINDS[writes]}
        <textarea value={text} onChange={event => setText(event.target.value)} />
      </label>
      {note.error === null ? null : <p className="callout bad">{note.error.message}</p>}
      <div className="controls">
        <button type="submit" className="button primary" disabled={note.isPending}>
          Save
        </button>
        <button type="button" className="button" onClick={() => setWrites(null)}>
          Leave it
        </button>
      </div>
    </form>
  )
}
