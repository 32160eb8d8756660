import { Refusal } from '../../api/ask.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { Reconciled } from '../../api/types.ts'
import { instantText } from '../../format/number.ts'
import { Choice, PageHead, Segments } from '../../parts/controls.tsx'
import { Kpi } from '../../parts/kpi.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { cellOf } from './cells.ts'
import { ByMonth } from './by-month.tsx'
import { ByReason } from './by-reason.tsx'
import { Deals } from './deals.tsx'
import { Post } from './post.tsx'

const MEASURES = [
  ['won', 'Won'],
  ['open', 'Open pipeline'],
] as const

/** Why this is not what the CRM shows: both sides, the difference, and its pieces by name. */
export const Reconcile = () => {
  const { get, patch } = useView()
  const { zone } = useSession()
  const asking = useAsking()
  const measure = MEASURES.find(([each]) => each === get('measure'))?.[0] ?? 'won'
  const snapshot = get('snapshot') || undefined
  const every = get('types') === 'all'
  const snapshots = useAnswer('GET /v1/reconcile/snapshots', { as_of: asking.as_of, limit: 100 })
  const asked = useAnswer('GET /v1/reconcile', {
    ...asking,
    measure,
    snapshot,
    deal_type: every ? '*' : undefined,
    what: ['crm', 'here', 'difference', 'because'],
    limit: 5_000,
  })
  const none = asked.error instanceof Refusal && asked.error.status === 404
  return (
    <>
      <PageHead
        title="Reconciliation"
        about="Why is this not what the CRM shows? The CRM’s deals beside ours, month by month, and every difference by its name."
      >
        <Segments label="Measure" value={measure} options={MEASURES} onChange={value => patch({ measure: value === 'won' ? '' : value })} />
        <Choice
          label="Types"
          value={every ? 'all' : ''}
          options={[
            ['', 'new and expansion'],
            ['all', 'every type'],
          ]}
          onChange={value => patch({ types: value })}
        />
        {snapshots.data === undefined || snapshots.data.rows.length === 0 ? null : (
          <Choice
            label="CRM asked"
            value={snapshot ?? snapshots.data.rows[0]?.id ?? ''}
            options={snapshots.data.rows.map(
              ({ id, system, taken_at: at }) => [id, `${system || 'CRM'}, ${instantText(at, zone)}`] as const,
            )}
            onChange={value => patch({ snapshot: value })}
          />
        )}
      </PageHead>
      {none ? (
        <div className="panel">
          <Empty title="No CRM has said yet what its deals are">
            Post its deals below, import them (accord import hubspot, salesforce), or send them to POST /v1/reconcile every night.
          </Empty>
        </div>
      ) : (
        <Answered asked={asked} lines={12}>
          {answer => (
            <div className="stack">
              <Sides answer={answer} />
              <div className="grid">
                <ByReason className="w5" answer={answer} />
                <ByMonth className="w7" answer={answer} />
              </div>
              <Deals measure={measure} snapshot={answer.snapshot.id} />
            </div>
          )}
        </Answered>
      )}
      {asking.as_of === undefined ? <Post /> : null}
    </>
  )
}

const Sides = ({ answer }: { readonly answer: Reconciled }) => {
  const { zone } = useSession()
  const [there, here, difference] = (['crm', 'here', 'difference'] as const).map(what => cellOf(answer.total, what))
  const deals = (cell: ReturnType<typeof cellOf> | undefined) => (cell?.n === undefined ? null : `${cell.n.value ?? 0} deals`)
  return (
    <div className="kpis">
      <Kpi
        label={`${answer.snapshot.system || 'CRM'}, ${instantText(answer.snapshot.taken_at, zone)}`}
        row={there?.value}
        beside={deals(there)}
      />
      <Kpi label="Here" side="both" row={here?.value} beside={deals(here)} />
      <Kpi label="Difference" row={difference?.value} beside={deals(difference)} />
    </div>
  )
}
