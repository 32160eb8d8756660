import { useEffect, useState, type ReactNode } from 'react'
import { Refusal } from '../api/ask.ts'
import type { Asked } from '../api/use-answer.ts'

const SLOW_MS = 1_500

export const Skeleton = ({ lines = 5 }: { readonly lines?: number }) => (
  <div className="skeleton" role="status" aria-label="Loading">
    {Array.from({ length: lines }, (_, i) => (
      <span key={i} style={{ width: `${96 - ((i * 23) % 41)}%` }} />
    ))}
  </div>
)

export const Empty = ({ title, children }: { readonly title: string; readonly children?: ReactNode }) => (
  <div className="state">
    <strong>{title}</strong>
    {children === undefined ? null : <p>{children}</p>}
  </div>
)

/** What went wrong in words that say what to do. */
const wordsOf = (error: Error): readonly [string, string] => {
  if (!(error instanceof Refusal)) return ['Accord does not answer', 'It may be restarting. This part asks again by itself.']
  if (error.status === 404) return ['Not found', error.message]
  if (error.status === 403) return ['Not allowed', error.message]
  if (error.status === 422) return ['Too little, or too much, to answer', error.message]
  if (error.status === 503) return ['Not ready yet', error.message]
  return ['This question was refused', error.message]
}

export const Failed = ({ error, retry }: { readonly error: Error; readonly retry?: () => void }) => {
  const [head, text] = wordsOf(error)
  return (
    <div className="state" role="alert">
      <strong>{head}</strong>
      <p>{text}</p>
      {retry === undefined ? null : (
        <button type="button" className="button small" onClick={retry}>
          Ask again
        </button>
      )}
    </div>
  )
}

type AnsweredProps<T> = {
  readonly asked: Pick<Asked<T>, 'data' | 'error' | 'isPlaceholderData' | 'isFetching'> & { readonly refetch: () => Promise<unknown> }
  readonly lines?: number
  readonly children: (answer: T) => ReactNode
}

/** The four states of a part: not there yet, refused, there, and there while a newer one is on its way. */
export const Answered = <T,>({ asked, lines, children }: AnsweredProps<T>) => {
  const { data, error, isPlaceholderData, isFetching, refetch } = asked
  if (error !== null && (data === undefined || isPlaceholderData)) return <Failed error={error} retry={() => void refetch()} />
  if (data === undefined)
    return (
      <>
        <Skeleton lines={lines ?? 5} />
        <Slow waiting={isFetching} />
      </>
    )
  return (
    <div className={isPlaceholderData ? 'refreshing' : ''} aria-busy={isPlaceholderData}>
      {children(data)}
    </div>
  )
}

/** After a while, says that work is going on: as of the past everything is computed from the events. */
const Slow = ({ waiting }: { readonly waiting: boolean }) => {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!waiting) return setSlow(false)
    const timer = setTimeout(() => setSlow(true), SLOW_MS)
    return () => clearTimeout(timer)
  }, [waiting])
  return slow ? <p className="note">Still computing from the events. Leaving the page calls it off.</p> : null
}
