import { dim, greatest } from '../../api/rows.ts'
import type { Reconciled } from '../../api/types.ts'
import { Meter } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useView } from '../../shell/view.ts'
import { cellOf } from './cells.ts'
import { REASONS, reasonText } from './reasons.ts'

/** The pieces of the difference by their reason; they add up to it exactly. */
export const ByReason = ({ answer, className }: { readonly answer: Reconciled; readonly className: string }) => {
  const { get, patch } = useView()
  const reasons = [...new Set(answer.total.filter(row => dim(row, 'what') === 'because').map(row => dim(row, 'reason')))]
  const of = (reason: string) => cellOf(answer.total, 'because', { reason })
  const most = greatest(reasons.map(reason => of(reason).value))
  return (
    <Panel className={className} title="Why" about="Pieces of the difference, adding up to it" flush>
      {reasons.length === 0 ? (
        <Empty title="Nothing differs">Every deal is here as the CRM has it.</Empty>
      ) : (
        <DataTable
          label="Reasons"
          short
          rows={reasons}
          keyOf={reason => reason}
          sort="-value"
          onOpen={reason => patch({ reason: get('reason') === reason ? '' : reason })}
          columns={[
            {
              id: 'reason',
              head: 'Reason',
              cell: reason => (
                <span title={REASONS[reason]?.[1]}>
                  {reasonText(reason)} {get('reason') === reason ? <span className="tag">shown below</span> : null}
                </span>
              ),
            },
            { id: 'bar', head: '', width: '20%', cell: reason => <Meter part={Math.abs(of(reason).value?.value ?? 0) / (most || 1)} /> },
            {
              id: 'value',
              head: 'Here − CRM',
              num: true,
              by: reason => Math.abs(of(reason).value?.value ?? 0),
              cell: reason => <Figure row={of(reason).value} flags={false} />,
            },
            {
              id: 'n',
              head: 'Deals',
              num: true,
              by: reason => of(reason).n?.value,
              cell: reason => <Figure row={of(reason).n} flags={false} />,
            },
          ]}
        />
      )}
    </Panel>
  )
}
