import type { ReactNode } from 'react'
import { title } from '../../format/words.ts'

const OWN = new Set(['id', 'version'])
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** Says nothing: an empty list, an empty text, not set. */
const isSilent = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isRecord(value) && Object.values(value).every(isSilent))

const plain = (value: unknown): string => {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'string' ? value.replaceAll('_', ' ') : JSON.stringify(value)
}

const Part = ({ value }: { readonly value: unknown }): ReactNode => {
  if (Array.isArray(value))
    return value.some(part => isRecord(part) || Array.isArray(part)) ? (
      <ol className="list">
        {value.map((part, i) => (
          <li key={i} style={{ gridTemplateColumns: 'minmax(0, 1fr)' }}>
            <Part value={part} />
          </li>
        ))}
      </ol>
    ) : (
      value.map(plain).join(', ')
    )
  return isRecord(value) ? <Read document={value} /> : plain(value)
}

/** A document as a person reads it: each point by its name, what is not set left away. */
export const Read = ({ document }: { readonly document: Readonly<Record<string, unknown>> }) => (
  <dl className="facts">
    {Object.entries(document)
      .filter(([name, value]) => !OWN.has(name) && !isSilent(value))
      .map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{title(name)}</dt>
          <dd>
            <Part value={value} />
          </dd>
        </div>
      ))}
  </dl>
)
