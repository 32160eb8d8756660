import type { ReactNode } from 'react'

type Option = readonly [value: string, text: string]

type ChoiceProps = {
  readonly label: string
  readonly value: string
  readonly options: readonly Option[]
  readonly onChange: (value: string) => void
}

/** One of a few: all of them in view. */
export const Segments = ({ label, value, options, onChange }: ChoiceProps) => (
  <div className="segments" role="group" aria-label={label}>
    {options.map(([option, text]) => (
      <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>
        {text}
      </button>
    ))}
  </div>
)

/** One of many. */
export const Choice = ({ label, value, options, onChange, active = false }: ChoiceProps & { readonly active?: boolean }) => (
  <label className={active ? 'field active' : 'field'}>
    <span>{label}</span>
    <select value={value} onChange={event => onChange(event.target.value)}>
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  </label>
)

type PageHeadProps = { readonly title: string; readonly about: ReactNode; readonly children?: ReactNode }

export const PageHead = ({ title, about, children }: PageHeadProps) => (
  <div className="page-head">
    <div className="words">
      <h1>{title}</h1>
      <p>{about}</p>
    </div>
    {children === undefined ? null : <div className="does">{children}</div>}
  </div>
)

/** A length from 0 to 1, and where its uncertainty lies. */
export const Meter = ({
  part,
  tone,
  range,
}: {
  readonly part: number
  readonly tone?: string
  readonly range?: readonly [number, number] | null
}) => (
  <span className="meter" aria-hidden="true">
    <i style={{ width: `${Math.max(0, Math.min(1, part)) * 100}%`, ...(tone === undefined ? {} : { background: `var(--${tone})` }) }} />
    {range === undefined || range === null ? null : (
      <b style={{ left: `${range[0] * 100}%`, width: `${Math.max(0.004, range[1] - range[0]) * 100}%` }} />
    )}
  </span>
)
