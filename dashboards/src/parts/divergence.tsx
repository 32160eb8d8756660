import { dim, rowsOf, valuesOf } from '../api/rows.ts'
import type { FigureRow } from '../api/types.ts'
import { modelText } from '../format/words.ts'
import { Figure } from './figure.tsx'

/** How far each pair of models is apart: the part of the whole that would have to move (M60); the darker, the further. */
export const Divergence = ({ total }: { readonly total: readonly FigureRow[] }) => {
  const pairs = rowsOf(total, 'M60')
  const models = [...new Set([...valuesOf(pairs, 'model'), ...valuesOf(pairs, 'other_model')])]
  const pair = (a: string, b: string): FigureRow | undefined =>
    pairs.find(
      row => (dim(row, 'model') === a && dim(row, 'other_model') === b) || (dim(row, 'model') === b && dim(row, 'other_model') === a),
    )
  if (models.length < 2) return null
  return (
    <div className="table-wrap short">
      <table className="table matrix" aria-label="How far models are apart">
        <thead>
          <tr>
            <th scope="col">How far apart</th>
            {models.slice(1).map(model => (
              <th key={model} scope="col" className="num">
                {modelText(model)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {models.slice(0, -1).map((model, i) => (
            <tr key={model} className="row">
              <th scope="row">{modelText(model)}</th>
              {models.slice(1).map((other, j) => {
                const row = j >= i ? pair(model, other) : undefined
                return (
                  <td
                    key={other}
                    className="num"
                    style={
                      row === undefined
                        ? {}
                        : { background: `color-mix(in srgb, var(--sales) ${Math.round((row.value ?? 0) * 40)}%, transparent)` }
                    }
                  >
                    {row === undefined ? '' : <Figure row={row} n={false} flags={false} />}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
