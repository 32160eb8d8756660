import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowsOf } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { percent } from '../../format/number.ts'
import { periodText, stageText } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'

const numberOf = (row: FigureRow, name: string): number | null => {
  const value = row[name]
  return typeof value === 'number' ? value : null
}
const rate = (row: FigureRow, name: string): string => {
  const value = numberOf(row, name)
  return value === null ? '–' : percent(value)
}

/** What each step costs against how it usually goes: more than zero is lost, less is gained. */
type LeaksProps = { readonly className?: string; readonly most?: number; readonly of?: string | undefined }

export const Leaks = ({ className = '', most, of }: LeaksProps) => {
  const { period: own, as_of, currency } = useAsking()
  const period = of ?? own
  const asked = useAnswer('GET /v1/funnel/leaks', { period, as_of, currency })
  return (
    <Panel
      className={className}
      title={of === undefined ? 'Leaks in money' : `Leaks in money, ${periodText(of)}`}
      about="Against the four periods before; below zero is gained"
      flush
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={4}>
        {({ rows }) => {
          const leaks = rowsOf(rows, 'M22')
            .toSorted((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity))
            .slice(0, most)
          if (leaks.length === 0)
            return (
              <Empty title="No step can be judged yet">A leak is told against the periods before, once the cohort is old enough.</Empty>
            )
          return (
            <DataTable
              label="Leaks in money"
              short
              rows={leaks}
              keyOf={row => `${dim(row, 'stage_from')} ${dim(row, 'stage_to')} ${dim(row, 'counted')}`}
              columns={[
                { id: 'step', head: 'Step', cell: row => `${stageText(dim(row, 'stage_from'))} → ${stageText(dim(row, 'stage_to'))}` },
                {
                  id: 'was',
                  head: 'Usually',
                  num: true,
                  by: row => numberOf(row, 'baseline_rate'),
                  cell: row => rate(row, 'baseline_rate'),
                },
                {
                  id: 'is',
                  head: 'Now',
                  num: true,
                  by: row => numberOf(row, 'actual_rate'),
                  cell: row => (
                    <>
                      {rate(row, 'actual_rate')} <span className="n">of {row.denominator}</span>
                    </>
                  ),
                },
                { id: 'leak', head: 'Leak', num: true, by: row => row.value, cell: row => <Figure row={row} n={false} /> },
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}
