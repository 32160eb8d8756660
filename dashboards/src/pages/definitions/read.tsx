import { title } from '../../format/words.ts'

const OWN = new Set(['id', 'version'])
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const inWords = (value: unknown): string => {
  if (value === null || value === undefined) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map(inWords).join(', ')
  if (isRecord(value))
    return Object.entries(value)
      .map(([name, part]) => `${title(name).toLowerCase()}: ${inWords(part)}`)
      .join('; ')
  return typeof value === 'string' ? value.replaceAll('_', ' ') : JSON.stringify(value)
}

/** A document as a person reads it: each point by name, lists as sentences. */
export const Read = ({ document }: { readonly document: Readonly<Record<string, unknown>> }) => (
  <dl className="facts">
    {Object.entries(document)
      .filter(([name]) => !OWN.has(name))
      .map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{title(name)}</dt>
          <dd>
            {Array.isArray(value) && value.some(isRecord) ? (
              <ul>
                {value.map((part, i) => (
                  <li key={i}>{inWords(part)}</li>
                ))}
              </ul>
            ) : (
              inWords(value)
            )}
          </dd>
        </div>
      ))}
  </dl>
)
