import type { EChartsCoreOption } from 'echarts/core'
import { dim, rowOf, rowsOf } from '../api/rows.ts'
import type { FigureRow } from '../api/types.ts'
import { money } from '../format/number.ts'
import { title } from '../format/words.ts'
import type { Palette } from './colours.ts'
import { axes, targetLine, tooltip } from './axes.ts'

const METHODS = ['M79', 'M80', 'M81', 'M83']

/** Every method’s number over the band from P10 to P90, with the target across. */
export const forecastRange =
  (rows: readonly FigureRow[]) =>
  (colours: Palette): EChartsCoreOption => {
    const methods = METHODS.flatMap(metric => rowsOf(rows, metric, { measure: 'method' })).toSorted(
      (a, b) => (a.value ?? 0) - (b.value ?? 0),
    )
    const of = (measure: string): number | null => rows.find(row => dim(row, 'measure') === measure)?.value ?? null
    const [low, high, target] = [of('p10'), of('p90'), rowOf(rows, 'M98', { measure: 'target' })?.value ?? null]
    const currency = (methods[0]?.unit ?? 'EUR minor').slice(0, 3)
    const short = (value: number): string => money(value, currency, 'short')
    const chosen = dim(rowOf(rows, 'M83', { measure: 'forecast' }), 'method')
    return {
      ...axes(colours, { categories: methods.map(row => title(dim(row, 'method'))), format: short }),
      tooltip: tooltip(colours, short),
      series: [
        { type: 'line', stack: 'band', silent: true, symbol: 'none', lineStyle: { opacity: 0 }, data: methods.map(() => low) },
        {
          type: 'line',
          stack: 'band',
          silent: true,
          symbol: 'none',
          lineStyle: { opacity: 0 },
          areaStyle: { color: colours.accent, opacity: 0.12 },
          // only how tall the band is drawn; its edges are the API’s P10 and P90
          data: methods.map(() => (low === null || high === null ? null : high - low)),
        },
        {
          type: 'bar',
          barMaxWidth: 34,
          data: methods.map(row => ({
            value: row.value,
            itemStyle: { color: dim(row, 'method') === chosen ? colours.accent : colours.bar, borderRadius: [3, 3, 0, 0] },
          })),
          ...targetLine(colours, target, short),
        },
      ],
    }
  }
