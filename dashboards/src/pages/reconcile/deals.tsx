import { Link } from '@tanstack/react-router'
import { useAnswer } from '../../api/use-answer.ts'
import { dim } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { periodText } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'
import { REASONS, reasonText } from './reasons.ts'

type DealsProps = { readonly measure: 'won' | 'open'; readonly snapshot: string }
type Reason = 'missing_here'

/** Each difference by its deal, the largest first. */
export const Deals = ({ measure, snapshot }: DealsProps) => {
  const { get, patch, search } = useView()
  const asking = useAsking()
  const [reason, month] = [get('reason'), get('month')]
  const asked = useAnswer('GET /v1/reconcile', {
    ...asking,
    measure,
    snapshot,
    what: 'deal',
    reason: reason === '' ? undefined : (reason as Reason),
    deal_type: get('types') === 'all' ? '*' : undefined,
    limit: 5_000,
  })
  return (
    <Panel
      title="Deal by deal"
      about={[reason === '' ? '' : reasonText(reason), month === '' ? '' : month === '(none)' ? 'without a date' : periodText(month)]
        .filter(Boolean)
        .join(', ')}
      flush
      right={
        reason === '' && month === '' ? undefined : (
          <button type="button" className="button small" onClick={() => patch({ reason: '', month: '' })}>
            Show all
          </button>
        )
      }
    >
      <Answered asked={asked} lines={6}>
        {({ rows, count }) => {
          const shown = rows.filter(row => row.unit !== 'count' && (month === '' || dim(row, 'month') === month))
          return shown.length === 0 ? (
            <Empty title="No deal differs" />
          ) : (
            <>
              <DataTable<FigureRow>
                label="Deals that differ"
                rows={shown}
                keyOf={row => `${dim(row, 'deal_id')} ${dim(row, 'reason')} ${dim(row, 'month')}`}
                columns={[
                  {
                    id: 'deal',
                    head: 'Deal',
                    by: row => dim(row, 'deal_id'),
                    cell: row =>
                      dim(row, 'reason') === 'missing_here' ? (
                        dim(row, 'deal_id')
                      ) : (
                        <Link to="/deals/$id" params={{ id: dim(row, 'deal_id') }} search={keptAcross(search) as never}>
                          {dim(row, 'deal_id')}
                        </Link>
                      ),
                  },
                  { id: 'month', head: 'Month', by: row => dim(row, 'month'), cell: row => monthOf(row) },
                  { id: 'reason', head: 'Because', by: row => dim(row, 'reason'), cell: row => reasonText(dim(row, 'reason')) },
                  {
                    id: 'about',
                    head: '',
                    cell: row => <span className="note">{REASONS[dim(row, 'reason')]?.[1]}</span>,
                  },
                  {
                    id: 'value',
                    head: 'Here − CRM',
                    num: true,
                    by: row => row.value,
                    cell: row => <Figure row={row} flags={false} />,
                  },
                ]}
              />
              {rows.length < count ? <p className="note">The {rows.length / 2} largest; the CSV of the API has all.</p> : null}
            </>
          )
        }}
      </Answered>
    </Panel>
  )
}

const monthOf = (row: FigureRow): string => (dim(row, 'month') === '(none)' ? 'No date' : periodText(dim(row, 'month')))
