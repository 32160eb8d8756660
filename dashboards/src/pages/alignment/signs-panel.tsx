import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowOf, valuesOf } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { NOTHING, percent } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Segments } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Moved } from './moved.tsx'
import { points } from './points.ts'
import { SIGNS, signText } from './signs.ts'

const MOVED_BY = ['region', 'team', 'owner'] as const
const PAST = 3

/** The signs against their targets and their past, with what moved the one that is open. */
export const Signs = () => {
  const { get, patch } = useView()
  const asking = useAsking()
  const movedBy = MOVED_BY.find(each => each === get('moved_by')) ?? 'region'
  const asked = useAnswer('GET /v1/alignment', { ...asking, moved_by: movedBy, past: PAST })
  return (
    <Panel
      title="Signs"
      about="Against the target, and against the periods before"
      flush
      right={
        <Segments
          label="Taken apart by"
          value={movedBy}
          options={MOVED_BY.map(each => [each, title(each)])}
          onChange={value => patch({ moved_by: value === 'region' ? '' : value })}
        />
      }
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={10}>
        {({ rows, total }) => {
          const periods = valuesOf(ofMeasure(rows, 'value'), 'period')
          const open = get('sign', widest(rows))
          return (
            <>
              <DataTable<FigureRow>
                label="Signs of alignment"
                short
                rows={total}
                keyOf={row => dim(row, 'sign')}
                onOpen={row => patch({ sign: dim(row, 'sign') })}
                columns={[
                  {
                    id: 'sign',
                    head: 'Measure',
                    cell: row => (
                      <>
                        {signText(dim(row, 'sign'))} <span className="n">{row.metric}</span>
                      </>
                    ),
                  },
                  { id: 'now', head: 'Now', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
                  {
                    id: 'target',
                    head: 'Target',
                    num: true,
                    cell: row => <Target rows={rows} sign={dim(row, 'sign')} />,
                  },
                  {
                    id: 'change',
                    head: 'Since before',
                    num: true,
                    by: row => of(rows, dim(row, 'sign'), 'change')?.value,
                    cell: row => <Change row={of(rows, dim(row, 'sign'), 'change')} />,
                  },
                  ...periods.slice(1).map(period => ({
                    id: period,
                    head: spanText(period),
                    num: true,
                    cell: (row: FigureRow) => (
                      <Figure row={rowOf(rows, row.metric, { sign: dim(row, 'sign'), measure: 'value', period })} n={false} flags={false} />
                    ),
                  })),
                ]}
              />
              <Moved rows={rows} sign={open} by={open === 'shared_definitions' ? 'document' : movedBy} />
            </>
          )
        }}
      </Answered>
    </Panel>
  )
}

const ofMeasure = (rows: readonly FigureRow[], measure: string): readonly FigureRow[] => rows.filter(row => dim(row, 'measure') === measure)
const of = (rows: readonly FigureRow[], sign: string, measure: string): FigureRow | undefined =>
  rows.find(row => dim(row, 'sign') === sign && dim(row, 'measure') === measure)

/** The sign that moved most against the teams; what a reader asks about first. */
const widest = (rows: readonly FigureRow[]): string => {
  const changes = ofMeasure(rows, 'change').map(row => ({ sign: dim(row, 'sign'), hurt: hurts(row) }))
  return changes.toSorted((a, b) => b.hurt - a.hurt)[0]?.sign ?? Object.keys(SIGNS)[0] ?? ''
}
const hurts = (row: FigureRow): number => (dim(row, 'better') === 'lower' ? (row.value ?? 0) : -(row.value ?? 0))

/** `2026-08-01/2026-11-01` → `Aug – Oct 2026`. */
const spanText = (period: string): string => {
  const [from = '', to = ''] = period.split('/')
  const last = new Date(Date.parse(`${to}T00:00:00Z`) - 86_400_000)
  const month = (date: Date, year: boolean): string =>
    date.toLocaleDateString(navigator.language, { month: 'short', ...(year ? { year: '2-digit' } : {}), timeZone: 'UTC' })
  const first = new Date(`${from}T00:00:00Z`)
  return month(first, true) === month(last, true) ? month(last, true) : `${month(first, false)} – ${month(last, true)}`
}

const Change = ({ row }: { readonly row: FigureRow | undefined }) => {
  if (row === undefined || row.value === null) return <span className="none">{NOTHING}</span>
  const hurt = hurts(row)
  return <span className={hurt > 0.0005 ? 'bad' : hurt < -0.0005 ? 'good' : ''}>{points(row.value)}</span>
}

const Target = ({ rows, sign }: { readonly rows: readonly FigureRow[]; readonly sign: string }) => {
  const target = of(rows, sign, 'target')
  if (target === undefined || target.value === null) return <span className="none">none set</span>
  const met = dim(of(rows, sign, 'against_target'), 'met')
  return (
    <>
      {dim(target, 'better') === 'lower' ? 'at most ' : ''}
      {percent(target.value)} <span className={met === 'yes' ? 'tag good' : 'tag bad'}>{met === 'yes' ? 'met' : 'missed'}</span>
    </>
  )
}
