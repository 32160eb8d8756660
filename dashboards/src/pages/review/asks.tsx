import { useState } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import type { Review as Reviewed } from '../../api/types.ts'
import { now, useSay } from '../../api/say.ts'
import { useWrite } from '../../api/use-write.ts'
import { Empty } from '../../parts/state.tsx'
import { useSession } from '../../shell/session.ts'

type AsksProps = { readonly review: Reviewed; readonly quarter: string }

/** What the functions ask of each other and of the company, and what is promised for the next quarter. */
export const Asks = ({ review, quarter }: AsksProps) => (
  <section className="panel part" aria-labelledby="part-asks">
    <p className="eyebrow">Asks</p>
    <h2 id="part-asks">{review.pack.asks.length === 0 ? 'Nothing is asked yet.' : 'What we ask for'}</h2>
    {review.pack.asks.length === 0 ? null : (
      <ul className="list">
        {review.pack.asks.map(({ text, member }) => (
          <li key={`${member} ${text}`}>
            <span>{text}</span>
            <span className="n">{member}</span>
          </li>
        ))}
      </ul>
    )}
    {review.state === 'signed' ? null : <Ask quarter={quarter} />}
    <Promised quarter={quarter} reviewId={review.pack.review_id} />
  </section>
)

const Ask = ({ quarter }: { readonly quarter: string }) => {
  const [text, setText] = useState('')
  const note = useWrite('POST /v1/qbr/{quarter}/notes')
  return (
    <form
      className="form inline does"
      onSubmit={event => {
        event.preventDefault()
        note.mutate({ params: { quarter }, body: { place: 'asks', kind: 'ask', text } }, { onSuccess: () => setText('') })
      }}
    >
      <label>
        Ask for something
        <input value={text} onChange={event => setText(event.target.value)} placeholder="Whom, what, by when" />
      </label>
      <button type="submit" className="button" disabled={note.isPending || text.trim() === ''}>
        Ask
      </button>
      {note.error === null ? null : <p className="callout bad">{note.error.message}</p>}
    </form>
  )
}

const LIMIT = 200

/** Commitments made in this review: they come back in the next one. */
const Promised = ({ quarter, reviewId }: { readonly quarter: string; readonly reviewId: string }) => {
  const made = useAnswer('GET /v1/commitments', { review_id: reviewId, limit: LIMIT })
  const [title, setTitle] = useState('')
  const [due, setDue] = useState('')
  const write = useSay()
  const { member } = useSession()
  const rows = made.data?.rows ?? []
  return (
    <>
      <h3>Promised in this review</h3>
      {rows.length === 0 ? (
        <Empty title="No commitment is made yet">What is promised here opens the next review.</Empty>
      ) : (
        <ul className="list two">
          {rows.map(each => (
            <li key={each.commitment_id}>
              <span>{each.title}</span>
              <span className="tag">{each.status}</span>
              <span className="sub">
                {each.owner_id} {each.due_on === null ? '' : `by ${each.due_on}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {member === null ? null : (
        <form
          className="form inline does"
          onSubmit={event => {
            event.preventDefault()
            const said = {
              commitment_id: `${reviewId}-${member}-${Date.now().toString(36)}`,
              title,
              owner_id: member,
              due_on: due,
              review_id: reviewId,
            }
            write.mutate([now('commitment-made', said)], { onSuccess: () => setTitle('') })
          }}
        >
          <label>
            I promise
            <input value={title} onChange={event => setTitle(event.target.value)} aria-label={`Commitment for ${quarter}`} />
          </label>
          <label>
            by
            <input type="date" value={due} onChange={event => setDue(event.target.value)} required />
          </label>
          <button type="submit" className="button" disabled={write.isPending || title.trim() === '' || due === ''}>
            Promise
          </button>
          {write.error === null ? null : <p className="callout bad">{write.error.message}</p>}
        </form>
      )}
    </>
  )
}
