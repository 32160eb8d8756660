import type { Reconciled } from '../../api/types.ts'
import { periodText } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useView } from '../../shell/view.ts'
import { cellOf, monthsIn } from './cells.ts'

const SIDES = [
  ['crm', 'CRM'],
  ['here', 'Here'],
  ['difference', 'Difference'],
] as const

/** Both sides month by month; a month opens its deals below. */
export const ByMonth = ({ answer, className }: { readonly answer: Reconciled; readonly className: string }) => {
  const { get, patch } = useView()
  const months = monthsIn(answer.rows)
  return (
    <Panel className={className} title="By month of the close date" flush foot={<RestsOn answer={answer} />}>
      {months.length === 0 ? (
        <Empty title="No deal closes in this period, there or here" />
      ) : (
        <DataTable
          label="By month"
          short
          rows={months}
          keyOf={month => month}
          onOpen={month => patch({ month: get('month') === month ? '' : month })}
          columns={[
            {
              id: 'month',
              head: 'Month',
              by: month => month,
              cell: month => (
                <>
                  {month === '(none)' ? 'No date' : periodText(month)}{' '}
                  {get('month') === month ? <span className="tag">shown below</span> : null}
                </>
              ),
            },
            ...SIDES.map(([what, head]) => ({
              id: what,
              head,
              num: true,
              by: (month: string) => cellOf(answer.rows, what, { month }).value?.value,
              cell: (month: string) => {
                const { value, n } = cellOf(answer.rows, what, { month })
                return (
                  <>
                    <Figure row={value} flags={false} />{' '}
                    <span className="n">
                      <Figure row={n} flags={false} />
                    </span>
                  </>
                )
              },
            })),
          ]}
        />
      )}
    </Panel>
  )
}
