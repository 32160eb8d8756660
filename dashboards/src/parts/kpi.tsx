import type { ReactNode } from 'react'
import type { FigureRow } from '../api/types.ts'
import { type Side } from '../format/words.ts'
import { Figure, Rests } from './figure.tsx'

type KpiProps = {
  readonly label: string
  readonly side?: Side
  readonly row: FigureRow | undefined
  readonly beside?: ReactNode
  readonly trend?: readonly (number | null)[]
  readonly waiting?: boolean
  /** How far its records can be trusted. */
  readonly trust?: ReactNode
}

/** One headline: the number, what it is held against, and its course. */
export const Kpi = ({ label, side = '', row, beside, trend, waiting = false, trust }: KpiProps) => (
  <div className="kpi">
    <span className="label">
      {side === '' ? null : <i className={`side ${side}`} title={side} />}
      {label}
      {trust}
    </span>
    <span className="value">
      {waiting && row === undefined ? <span className="none">…</span> : <Figure row={row} precision="short" n={false} flags={false} />}
    </span>
    <span className="beside">
      {row === undefined ? null : <Rests row={row} />} {beside}
    </span>
    {trend === undefined ? null : <Spark values={trend} />}
  </div>
)

/** A course without axes: gaps stay gaps. */
const Spark = ({ values }: { readonly values: readonly (number | null)[] }) => {
  const known = values.filter(value => value !== null)
  if (known.length < 2) return <svg className="spark" aria-hidden="true" />
  const [low, high] = [Math.min(0, ...known), Math.max(...known)]
  const x = (i: number): number => (i / (values.length - 1)) * 100
  const y = (value: number): number => 24 - ((value - low) / (high - low || 1)) * 22
  const path = values
    .map((value, i) => (value === null ? '' : `${i === 0 || values[i - 1] === null ? 'M' : 'L'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`))
    .join('')
  return (
    <svg className="spark" viewBox="0 0 100 26" preserveAspectRatio="none" aria-hidden="true">
      <path d={path} fill="none" stroke="var(--accent)" strokeWidth="1.5" vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  )
}
