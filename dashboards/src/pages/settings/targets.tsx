import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowsOf } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { periodText, title } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { TargetForm } from './target-form.tsx'

const OF = ['team', 'region', 'segment', 'product', 'pipeline', 'channel', 'owner'] as const

/** What is aimed at in the period, and by whom. */
export const Targets = () => {
  const { get, patch } = useView()
  const { period, as_of, currency } = useAsking()
  const asked = useAnswer('GET /v1/targets', { period, as_of, currency })
  const id = get('target')
  const targets = rowsOf(asked.data?.rows, 'M98', { measure: 'target' })
  const open = targets.find(row => dim(row, 'target') === id)
  const editing = as_of === undefined && (open !== undefined || id === '+')
  return (
    <div className="grid">
      <Panel
        className={editing ? 'w7' : ''}
        title={`Targets of ${periodText(period)}`}
        about="The last one said of an id is in force"
        flush
        right={
          as_of === undefined ? (
            <button type="button" className="button small" onClick={() => patch({ target: '+' })}>
              Set a target
            </button>
          ) : undefined
        }
        foot={<RestsOn answer={asked.data} />}
      >
        <Answered asked={asked} lines={8}>
          {() =>
            targets.length === 0 ? (
              <Empty title="No target is set for this period">The pages then show what was reached, without pace.</Empty>
            ) : (
              <DataTable<FigureRow>
                label="Targets"
                rows={targets}
                keyOf={row => dim(row, 'target')}
                onOpen={row => patch({ target: id === dim(row, 'target') ? '' : dim(row, 'target') })}
                columns={[
                  { id: 'goal', head: 'Goal', by: row => dim(row, 'goal'), cell: row => title(dim(row, 'goal')) },
                  { id: 'of', head: 'Of', by: whom, cell: whom },
                  { id: 'period', head: 'Period', by: row => dim(row, 'period'), cell: row => periodText(dim(row, 'period')) },
                  { id: 'value', head: 'Target', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
                  { id: 'id', head: 'Id', by: row => dim(row, 'target'), cell: row => <code>{dim(row, 'target')}</code> },
                ]}
              />
            )
          }
        </Answered>
      </Panel>
      {editing ? <TargetForm key={id} row={open} close={() => patch({ target: '' })} /> : null}
    </div>
  )
}

const whom = (row: FigureRow): string =>
  OF.map(name => dim(row, name))
    .filter(value => value !== '')
    .map(title)
    .join(', ') || 'The company'
