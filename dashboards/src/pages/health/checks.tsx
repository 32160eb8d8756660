import { useAnswer } from '../../api/use-answer.ts'
import { dim } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { duration } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { CHECKS } from '../../parts/checks.ts'
import { Meter } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

const toneOf = (value: number): string => (value < 0.8 ? 'bad' : value < 0.95 ? 'warn' : 'both')
const SHOWN = 12

/** How complete, linked and timely the records of the period are (M99); each opens to where it is not. */
export const Checks = () => {
  const { get, patch } = useView()
  const { period, as_of, currency } = useAsking()
  const asked = useAnswer('GET /v1/data-health', { period, as_of, currency })
  return (
    <Panel
      className="w7"
      title="How complete the records are"
      about="Of the period; each number opens what is missing first"
      flush
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={9}>
        {({ rows, total }) => {
          const shares = total.filter(({ unit }) => unit === 'ratio')
          const worst = shares.toSorted((a, b) => (a.value ?? 1) - (b.value ?? 1))[0]
          const open = get('check', dim(worst, 'check'))
          return (
            <>
              <DataTable<FigureRow>
                label="Checks"
                short
                rows={shares}
                keyOf={row => dim(row, 'check')}
                onOpen={row => patch({ check: dim(row, 'check') })}
                columns={[
                  {
                    id: 'check',
                    head: 'Check',
                    cell: row => (
                      <span title={CHECKS[dim(row, 'check')]?.[1]} style={dim(row, 'check') === open ? { fontWeight: 600 } : undefined}>
                        {CHECKS[dim(row, 'check')]?.[0] ?? title(dim(row, 'check'))}
                      </span>
                    ),
                  },
                  { id: 'bar', head: '', width: '26%', cell: row => <Meter part={row.value ?? 0} tone={toneOf(row.value ?? 0)} /> },
                  { id: 'value', head: 'As it should be', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
                ]}
              />
              <Parts rows={rows.filter(row => dim(row, 'check') === open)} check={open} />
            </>
          )
        }}
      </Answered>
    </Panel>
  )
}

const HEAD = { padding: '12px 16px 4px', borderTop: '1px solid var(--line)', marginTop: 6 } as const

/** Where a check is not met, the worst first. */
const Parts = ({ rows, check }: { readonly rows: readonly FigureRow[]; readonly check: string }) => {
  const [name, , todo] = CHECKS[check] ?? ['', '', '']
  const worst = rows.filter(row => (row.value ?? 1) < 1).toSorted((a, b) => (a.value ?? 1) - (b.value ?? 1))
  return (
    <>
      <div style={HEAD}>
        <h3>{name}: where not</h3>
        <p className="note">{todo}</p>
      </div>
      {worst.length === 0 ? (
        <Empty title="Everywhere as it should be" />
      ) : (
        <DataTable<FigureRow>
          label="Where a check is not met"
          short
          rows={worst.slice(0, SHOWN)}
          keyOf={row => dim(row, 'of')}
          columns={[
            { id: 'of', head: 'Of', by: row => dim(row, 'of'), cell: row => title(dim(row, 'of')) },
            { id: 'value', head: 'As it should be', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
            { id: 'example', head: 'The latest', cell: row => <code>{dim(row, 'example')}</code> },
          ]}
        />
      )}
    </>
  )
}

/** Sources by how long they have been silent. */
export const Silence = () => {
  const { period, as_of, currency } = useAsking()
  const asked = useAnswer('GET /v1/data-health', { period, as_of, currency })
  return (
    <Panel title="Silence of sources" about="Since each last said anything" flush>
      <Answered asked={asked} lines={6}>
        {({ rows }) => (
          <DataTable<FigureRow>
            label="Sources"
            short
            rows={rows.filter(row => dim(row, 'check') === 'source_silence').toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))}
            keyOf={row => dim(row, 'of')}
            columns={[
              { id: 'of', head: 'Source', by: row => dim(row, 'of'), cell: row => title(dim(row, 'of')) },
              { id: 'value', head: 'Silent for', num: true, by: row => row.value, cell: row => duration(row.value ?? 0) },
            ]}
          />
        )}
      </Answered>
    </Panel>
  )
}
