import { useMemo, type ReactNode } from 'react'
import { dim, greatest } from '../api/rows.ts'
import type { FigureRow } from '../api/types.ts'
import { metricName } from '../format/metrics.ts'
import type { Precision } from '../format/number.ts'
import { sideOf, title } from '../format/words.ts'
import { Meter } from './controls.tsx'
import { Figure } from './figure.tsx'
import { type Column, DataTable } from './table.tsx'

/** One column of figures: a metric, and what else its rows say. */
export type Measure = {
  readonly metric: string
  readonly head?: string
  readonly where?: Readonly<Record<string, string>>
  readonly flags?: boolean
  readonly precision?: Precision
}

type FigureTableProps = {
  readonly label: string
  readonly rows: readonly FigureRow[]
  readonly total?: readonly FigureRow[]
  readonly by: readonly string[]
  readonly measures: readonly Measure[]
  readonly nameOf?: (value: string, dimension: string) => ReactNode
  readonly headOf?: (dimension: string) => string
  /** Which measure the bars show, and the table is sorted by; the first. */
  readonly bars?: boolean
  readonly onOpen?: (values: Readonly<Record<string, string>>) => void
  readonly short?: boolean
  readonly sort?: string
}

type Line = { readonly key: string; readonly values: Readonly<Record<string, string>>; readonly rows: readonly FigureRow[] }

const measureId = ({ metric, where }: Measure): string => `${metric}${Object.values(where ?? {}).join()}`
const find = (rows: readonly FigureRow[] | undefined, { metric, where = {} }: Measure): FigureRow | undefined =>
  rows?.find(row => row.metric === metric && Object.entries(where).every(([name, value]) => dim(row, name) === value))

/** Long rows of an answer as a table: dimensions down, metrics across, the API's own total below. */
export const FigureTable = ({
  label,
  rows,
  total,
  by,
  measures,
  nameOf = value => title(value),
  headOf = title,
  bars = true,
  onOpen,
  short = true,
  sort,
}: FigureTableProps) => {
  const lines = useMemo((): readonly Line[] => {
    const grouped = Map.groupBy(rows, row => JSON.stringify(by.map(name => dim(row, name))))
    return [...grouped].map(([key, some]) => ({ key, rows: some, values: Object.fromEntries(by.map(name => [name, dim(some[0], name)])) }))
  }, [rows, by])
  const [first] = measures
  const most = first === undefined ? 0 : greatest(lines.map(line => find(line.rows, first)))
  const columns: Column<Line>[] = [
    ...by.map(
      (name): Column<Line> => ({
        id: name,
        head: headOf(name),
        by: line => line.values[name] ?? '',
        cell: line => nameOf(line.values[name] ?? '', name),
      }),
    ),
    ...(bars && first !== undefined
      ? [
          {
            id: 'bar',
            head: '',
            width: '22%',
            cell: (line: Line) => {
              const name = line.values[by[0] ?? ''] ?? ''
              const part = Math.abs(find(line.rows, first)?.value ?? 0) / (most || 1)
              return <Meter part={part} tone={name.startsWith('(') ? 'bar-none' : by[0] === 'team' ? sideOf(name) || 'bar' : 'bar'} />
            },
          },
        ]
      : []),
    ...measures.map(
      (measure): Column<Line> => ({
        id: measureId(measure),
        head: measure.head ?? metricName(measure.metric),
        hint: `${metricName(measure.metric)} (${measure.metric})`,
        num: true,
        by: line => find(line.rows, measure)?.value,
        cell: line => <Figure row={find(line.rows, measure)} flags={measure.flags === true} precision={measure.precision ?? 'whole'} />,
      }),
    ),
  ]
  return (
    <DataTable
      label={label}
      short={short && lines.length < 30}
      rows={lines}
      columns={columns}
      keyOf={line => line.key}
      sort={sort ?? (first === undefined ? undefined : `-${measureId(first)}`) ?? ''}
      {...(onOpen === undefined ? {} : { onOpen: (line: Line) => onOpen(line.values) })}
      foot={
        total === undefined ? undefined : (
          <tr>
            <th scope="row" colSpan={by.length + (bars ? 1 : 0)}>
              All
            </th>
            {measures.map(measure => (
              <td key={measureId(measure)} className="num">
                <Figure row={find(total, measure)} flags={false} precision={measure.precision ?? 'whole'} />
              </td>
            ))}
          </tr>
        )
      }
    />
  )
}
