import type { ReactNode } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowsOf, valuesOf } from '../../api/rows.ts'
import { modelText } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { FigureTable } from '../../parts/figure-table.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useView } from '../../shell/view.ts'
import type { CreditQuery } from './attribution.tsx'

type CompareProps = {
  readonly query: CreditQuery
  readonly metric: string
  readonly by: readonly string[]
  readonly nameOf: (value: string, dimension: string) => ReactNode
}

const EVERYDAY = ['first', 'last', 'linear', 'w-shaped']

/** The same credit under several models, and how far each pair is apart. */
export const Compare = ({ query, metric, by, nameOf }: CompareProps) => {
  const { get, patch } = useView()
  const more = get('more') !== ''
  const models = [...EVERYDAY, ...(more ? ['time-decay', 'full-path', 'markov'] : [])]
  const asked = useAnswer('GET /v1/attribution/compare', { ...query, model: models })
  return (
    <Answered asked={asked} lines={10}>
      {({ rows, total }) => {
        if (rows.length === 0) return <Empty title="Nothing converted in this period">As known then, under these filters.</Empty>
        const names = valuesOf(rows, 'model')
        return (
          <>
            <FigureTable
              label="Credit by model"
              rows={rows}
              total={total}
              by={by}
              measures={names.map(model => ({ metric, where: { model }, head: modelText(model) }))}
              nameOf={nameOf}
            />
            <div className="controls" style={{ padding: '10px 16px 0' }}>
              <span className="note">How far they are apart:</span>
              {rowsOf(total, 'M60').map(row => (
                <span key={`${dim(row, 'model')} ${dim(row, 'other_model')}`} className="tag">
                  {modelText(dim(row, 'model'))} / {modelText(dim(row, 'other_model'))} <Figure row={row} />
                </span>
              ))}
              <button type="button" className="button small" onClick={() => patch({ more: more ? '' : 'yes' })}>
                {more ? 'Fewer models' : 'More models'}
              </button>
            </div>
          </>
        )
      }}
    </Answered>
  )
}
