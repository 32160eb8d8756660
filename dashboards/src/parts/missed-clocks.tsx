import type { SlaClock } from '../api/types.ts'
import { dayText, duration } from '../format/number.ts'
import { sideOf, title } from '../format/words.ts'
import { SideMark } from './side.tsx'
import type { Column } from './table.tsx'

/** Whose clock it is: a person, else a deal. */
export const whomOf = ({ person, deal_id: deal }: SlaClock): string => person.replace('person:', '') || deal

export const owed: Column<SlaClock> = {
  id: 'step',
  head: 'Owed',
  by: ({ step }) => step,
  cell: ({ side, step }) => (
    <>
      <SideMark of={sideOf(side)} />
      {title(step)}
    </>
  ),
}

/** Who missed the limit, when, by how much, and what became of it. */
export const howMissed = (zone: string): readonly Column<SlaClock>[] => [
  { id: 'owner', head: 'Owner', by: ({ owner }) => owner, cell: ({ owner }) => owner || '–' },
  { id: 'due', head: 'Was due', by: ({ due_at: due }) => due, cell: ({ due_at: due }) => dayText(due, zone) },
  {
    id: 'over',
    head: 'Over by',
    num: true,
    by: ({ overdue_seconds: over }) => over,
    cell: ({ overdue_seconds: over }) => (over === null ? '' : duration(over)),
  },
  {
    id: 'state',
    head: 'Now',
    by: ({ state, open }) => `${state} ${open}`,
    cell: ({ state, open, because }) =>
      state === 'excused' ? (
        <span className="tag">Excused</span>
      ) : open ? (
        <span className="tag bad">Still open</span>
      ) : (
        <span className="note">{because === '' ? 'Made good' : title(because)}</span>
      ),
  },
]
