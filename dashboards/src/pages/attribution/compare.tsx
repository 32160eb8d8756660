import { useMemo } from 'react'
import { Refusal } from '../../api/ask.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { valuesOf } from '../../api/rows.ts'
import { modelDots, modelDotsHeight } from '../../figures/model-dots.ts'
import { modelText } from '../../format/words.ts'
import { Chart } from '../../parts/chart.tsx'
import { Divergence } from '../../parts/divergence.tsx'
import { FigureTable } from '../../parts/figure-table.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useView } from '../../shell/view.ts'
import type { CreditQuery } from './attribution.tsx'

type CompareProps = {
  readonly query: CreditQuery
  readonly metric: string
  readonly by: readonly string[]
  readonly nameOf: (value: string, dimension: string) => string
  /** Published beside the everyday ones. */
  readonly others: readonly string[]
}

/** Offered first, and always compared. */
export const EVERYDAY = ['first', 'last', 'linear', 'w-shaped']
const LEARNED = 'markov'

/** The same credit under several models, and how far each pair is apart. */
export const Compare = ({ query, metric, by, nameOf, others }: CompareProps) => {
  const { get, patch } = useView()
  const more = get('more') !== ''
  const named = [...EVERYDAY, ...(more ? others : [])]
  const learned = useAnswer('GET /v1/attribution/compare', { ...query, model: [...named, LEARNED] })
  // a data-driven model needs a hundred conversions to learn from; the others do not
  const tooFew = learned.error instanceof Refusal && learned.error.status === 422 ? learned.error.message : null
  const without = useAnswer('GET /v1/attribution/compare', { ...query, model: named }, { enabled: tooFew !== null })
  const asked = tooFew === null ? learned : without
  const rows = asked.data?.rows
  const first = by[0] ?? 'channel'
  const option = useMemo(
    () => (rows === undefined || by.length > 1 ? null : modelDots(rows, metric, first, value => nameOf(value, first))),
    // nameOf is made anew at each drawing; what it says depends on the same rows
    // oxlint-disable-next-line react/exhaustive-deps
    [rows, metric, first, by.length],
  )
  return (
    <Answered asked={asked} lines={10}>
      {({ rows: credit, total }) => {
        if (credit.length === 0) return <Empty title="Nothing converted in this period">As known then, under these filters.</Empty>
        return (
          <>
            <div className="controls" style={{ padding: '4px 16px 8px' }}>
              {tooFew === null ? null : <p className="note">Without the data-driven model: {tooFew}</p>}
              <button type="button" className="button small" onClick={() => patch({ more: more ? '' : 'yes' })}>
                {more ? 'Fewer models' : 'More models'}
              </button>
            </div>
            {option === null ? null : (
              <div style={{ padding: '0 16px 12px' }}>
                <Chart label="Credit by model" height={modelDotsHeight(credit, first)} option={option} />
              </div>
            )}
            <FigureTable
              label="Credit by model"
              rows={credit}
              total={total}
              by={by}
              bars={false}
              measures={valuesOf(credit, 'model').map(model => ({ metric, where: { model }, head: modelText(model) }))}
              nameOf={nameOf}
            />
            <div style={{ padding: '14px 0 0' }}>
              <Divergence total={total} />
            </div>
          </>
        )
      }}
    </Answered>
  )
}
