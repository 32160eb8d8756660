import type { FigureRow } from '../api/types.ts'
import { metricName } from '../format/metrics.ts'
import { count, isMoneyRatio, NOTHING, percent, type Precision, valueText } from '../format/number.ts'
import { flagWords } from '../format/words.ts'
import { useView } from '../shell/view.ts'

type FigureProps = {
  readonly row: FigureRow | undefined
  readonly precision?: Precision
  /** How many it rests on, after a rate. */
  readonly n?: boolean
  readonly flags?: boolean
}

/** One number of the API. It opens its proof; a rate says how many it rests on, and what is uncertain about it. */
export const Figure = ({ row, precision = 'whole', n = true, flags = true }: FigureProps) => {
  const { patch } = useView()
  if (row === undefined) return <span className="figure none">{NOTHING}</span>
  const text = valueText(row, precision)
  const token = row.explain
  const hint = `${metricName(row.metric)} (${row.metric}): ${valueText(row, 'exact')}${intervalText(row)}`
  return (
    <>
      {token === undefined || token === '' || row.value === null ? (
        <span className={row.value === null ? 'figure none' : 'figure'} title={hint}>
          {text}
        </span>
      ) : (
        <button
          type="button"
          className="figure"
          title={`${hint}. Open its proof`}
          data-metric={row.metric}
          onClick={event => {
            event.stopPropagation()
            patch({ proof: token })
          }}
        >
          {text}
        </button>
      )}
      {n ? <Rests row={row} /> : null}
      {flags ? <Flags flags={row.flags} /> : null}
    </>
  )
}

const intervalText = ({ interval }: FigureRow): string =>
  interval === undefined || interval === null ? '' : `, 95 %: ${percent(interval[0])} to ${percent(interval[1])}`

/** `107 of 687` under a rate of counts; M63 is one of times. */
export const Rests = ({ row }: { readonly row: FigureRow }) => {
  const { numerator, denominator, metric, unit } = row
  if (unit !== 'ratio' || numerator === undefined || denominator === undefined || isMoneyRatio(metric) || metric === 'M63') return null
  return (
    <span className="n">
      {' '}
      {count(numerator)} of {count(denominator)}
    </span>
  )
}

/** Uncertainty in a word; `low_n` only beside what can be misread. */
export const Flags = ({ flags }: { readonly flags: readonly string[] }) =>
  flags.map(flag => {
    const [short, long] = flagWords(flag)
    return (
      <span key={flag} className={`tag ${flag === 'low_n' || flag === 'immature' || flag === 'provisional' ? 'warn' : ''}`} title={long}>
        {short}
      </span>
    )
  })
