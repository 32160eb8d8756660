import { useId, type ReactNode } from 'react'
import type { Figures } from '../api/rows.ts'
import { count, instantText } from '../format/number.ts'
import { words } from '../format/words.ts'
import { Flags } from './figure.tsx'

type PanelProps = {
  readonly title: string
  readonly about?: ReactNode
  readonly right?: ReactNode
  readonly foot?: ReactNode
  readonly flush?: boolean
  readonly className?: string
  readonly children: ReactNode
}

export const Panel = ({ title, about, right, foot, flush = false, className = '', children }: PanelProps) => {
  const id = useId()
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {about === undefined ? null : <p>{about}</p>}
        {right === undefined ? null : <div className="right">{right}</div>}
      </header>
      <div className={flush ? 'body flush' : 'body'}>{children}</div>
      {foot === undefined ? null : <footer>{foot}</footer>}
    </section>
  )
}

/** Under what an answer was computed, and what it leaves out. */
export const RestsOn = ({ answer }: { readonly answer: Figures | undefined }) => {
  if (answer === undefined) return null
  const left = Object.entries(answer.excluded)
  return (
    <>
      <span>{[answer.model, answer.definition].filter(Boolean).join(' · ')}</span>
      <span>as of {instantText(answer.as_of)} UTC</span>
      {left.length === 0 ? null : <span>left out: {left.map(([reason, n]) => `${count(n)} ${words(reason)}`).join(', ')}</span>}
      <Flags flags={answer.flags} />
    </>
  )
}
