import { dim, rowOf, rowsOf } from '../../api/rows.ts'
import type { FigureRow, SlaAudit } from '../../api/types.ts'
import { sideOf, title } from '../../format/words.ts'
import { Meter, Segments } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel } from '../../parts/panel.tsx'
import { SideMark } from '../../parts/side.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useView } from '../../shell/view.ts'

const CUTS = ['step', 'owner', 'team', 'region', 'bucket'] as const
type Cut = (typeof CUTS)[number]

const rowsBy = (audit: SlaAudit, cut: Cut): readonly FigureRow[] =>
  cut === 'step'
    ? audit.attainment
    : cut === 'owner'
      ? audit.by_owner
      : cut === 'team'
        ? audit.by_team
        : cut === 'region'
          ? audit.by_region
          : audit.by_bucket

/** Of the clocks that were due in the month those that were met, the worst first. */
export const Kept = ({ audit }: { readonly audit: SlaAudit }) => {
  const { get, patch } = useView()
  const cut = CUTS.find(name => name === get('by')) ?? 'step'
  const rows = rowsBy(audit, cut)
  const names = cut === 'step' ? ['side', 'handoff', 'step'] : ['side', cut]
  const same = (row: FigureRow) => Object.fromEntries(names.map(name => [name, dim(row, name)]))
  const hasOverdue = cut === 'step' || cut === 'owner' || cut === 'team'
  return (
    <Panel
      title="Kept, and by whom not"
      about="Met ÷ (met + breached); void and excused clocks are in neither"
      flush
      right={<Segments label="By" value={cut} options={CUTS.map(each => [each, title(each)])} onChange={value => patch({ by: value })} />}
    >
      <DataTable<FigureRow>
        label="Attainment of the month"
        rows={rowsOf(rows, 'M42')}
        keyOf={row => names.map(name => dim(row, name)).join(' ')}
        sort="kept"
        columns={[
          {
            id: 'what',
            head: title(cut),
            by: row => dim(row, cut),
            cell: row => (
              <>
                <SideMark of={sideOf(dim(row, 'side'))} />
                {cut === 'owner' ? (dim(row, 'owner') === '(none)' ? 'Nobody named' : dim(row, 'owner')) : title(dim(row, cut))}
              </>
            ),
          },
          ...(cut === 'step'
            ? [
                {
                  id: 'handoff',
                  head: 'Hand-off',
                  by: (row: FigureRow) => dim(row, 'handoff'),
                  cell: (row: FigureRow) => handOff(dim(row, 'handoff')),
                },
              ]
            : []),
          { id: 'bar', head: '', width: '20%', cell: row => <Meter part={row.value ?? 0} tone={sideOf(dim(row, 'side')) || 'bar'} /> },
          { id: 'kept', head: 'Kept', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
          {
            id: 'open',
            head: 'Still open',
            num: true,
            by: row => rowOf(rows, 'M43', same(row))?.value,
            cell: row => <Figure row={rowOf(rows, 'M43', same(row))} flags={false} />,
          },
          ...(hasOverdue
            ? [
                {
                  id: 'overdue',
                  head: 'Overdue, median',
                  num: true,
                  by: (row: FigureRow) => rowOf(rows, 'M44', { ...same(row), statistic: 'median' })?.value,
                  cell: (row: FigureRow) => <Figure row={rowOf(rows, 'M44', { ...same(row), statistic: 'median' })} flags={false} />,
                },
              ]
            : []),
        ]}
      />
    </Panel>
  )
}

const SIDES: Readonly<Record<string, string>> = { sdr: 'SDR', ae: 'AE' }
/** `marketing-sdr` → `Marketing → SDR`. */
export const handOff = (name: string): string =>
  name
    .split('-')
    .map(side => SIDES[side] ?? title(side))
    .join(' → ')
