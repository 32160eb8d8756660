import type { EChartsCoreOption } from 'echarts/core'
import { dim, rowsOf, valuesOf } from '../api/rows.ts'
import type { FigureRow } from '../api/types.ts'
import { monthText } from '../format/number.ts'
import type { Palette } from './colours.ts'
import { axes, tooltip } from './axes.ts'

/** Bars of first entries to one stage; a month without a row is a gap. */
export const entriesByMonth =
  (rows: readonly FigureRow[], stage: string) =>
  (colours: Palette): EChartsCoreOption => {
    const counted = rowsOf(rows, 'M1', { stage, counted: 'deals' }).length > 0 ? 'deals' : 'journeys'
    const entries = rowsOf(rows, 'M1', { stage, counted })
    const months = valuesOf(entries, 'month').toSorted()
    return {
      ...axes(colours, { categories: months.map(month => monthText(month, true)) }),
      tooltip: tooltip(colours),
      series: [
        {
          type: 'bar',
          barMaxWidth: 46,
          itemStyle: { color: counted === 'deals' ? colours.sales : colours.marketing, borderRadius: [3, 3, 0, 0] },
          label: { show: true, position: 'top', color: colours.soft, fontFamily: colours.font, fontSize: 11 },
          data: months.map(month => entries.find(row => dim(row, 'month') === month)?.value ?? null),
        },
      ],
    }
  }
