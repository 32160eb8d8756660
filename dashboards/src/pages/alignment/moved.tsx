import { dim } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { title } from '../../format/words.ts'
import { Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { points } from './points.ts'
import { SIGNS, signText } from './signs.ts'

const number = (row: FigureRow, name: string): number => (typeof row[name] === 'number' ? row[name] : 0)

/** What moved one sign since the period before: by its own rate, or by its part of the whole. */
export const Moved = ({ rows, sign, by }: { readonly rows: readonly FigureRow[]; readonly sign: string; readonly by: string }) => {
  const parts = rows.filter(row => dim(row, 'sign') === sign && dim(row, 'measure') === 'moved_by')
  const name = (row: FigureRow): string => (by === 'owner' ? dim(row, by) : title(dim(row, by)))
  return (
    <div style={{ borderTop: '1px solid var(--line)', paddingTop: 12, marginTop: 6 }}>
      <div style={{ padding: '0 16px 6px' }}>
        <h3>What moved “{signText(sign)}” since the period before</h3>
        <p className="note">
          {SIGNS[sign]?.[1]}. The largest effects; a part moves it by its own rate, and by being more or less of the whole.
        </p>
      </div>
      {parts.length === 0 ? (
        <Empty title="Nothing moved it">Or there is no period before to compare with.</Empty>
      ) : (
        <DataTable<FigureRow>
          label="What moved it"
          short
          rows={parts}
          keyOf={name}
          columns={[
            { id: 'part', head: title(by), cell: name },
            { id: 'total', head: 'Moved it by', num: true, by: row => row.value, cell: row => points(row.value ?? 0) },
            { id: 'rate', head: 'By its rate', num: true, by: row => number(row, 'by_rate'), cell: row => points(number(row, 'by_rate')) },
            { id: 'mix', head: 'By its weight', num: true, by: row => number(row, 'by_mix'), cell: row => points(number(row, 'by_mix')) },
          ]}
        />
      )}
    </div>
  )
}
