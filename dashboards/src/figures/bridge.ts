import type { EChartsCoreOption } from 'echarts/core'
import { dim } from '../api/rows.ts'
import type { FigureRow } from '../api/types.ts'
import { money } from '../format/number.ts'
import { title } from '../format/words.ts'
import type { Palette } from './colours.ts'
import { axes, tooltip } from './axes.ts'

/** Bars that are drawn, in their order: a click says the place of one. */
export const bridgeShown = (rows: readonly FigureRow[]): readonly FigureRow[] =>
  rows.filter(row => row.value !== 0 || ['start', 'end'].includes(dim(row, 'bar')))

/** A waterfall: start and end stand on the ground, every move between hangs where the one before ended. */
export const bridge =
  (rows: readonly FigureRow[]) =>
  (colours: Palette): EChartsCoreOption => {
    const shown = bridgeShown(rows)
    const currency = (rows[0]?.unit ?? 'EUR minor').slice(0, 3)
    let level = 0
    const bars = shown.map(row => {
      const [bar, value] = [dim(row, 'bar'), row.value ?? 0]
      const standing = bar === 'start' || bar === 'end'
      const [from, to] = standing ? [0, value] : [level, level + value]
      level = to
      return {
        base: Math.min(from, to),
        size: Math.abs(to - from),
        value,
        colour: standing ? colours.c6 : value < 0 ? colours.sales : colours.both,
      }
    })
    const short = (value: number): string => money(value, currency, 'short')
    return {
      ...axes(colours, { categories: shown.map(row => title(dim(row, 'bar'))), format: short }),
      tooltip: { ...tooltip(colours), trigger: 'none' },
      series: [
        { type: 'bar', stack: 'bridge', silent: true, itemStyle: { color: 'transparent' }, data: bars.map(({ base }) => base) },
        {
          type: 'bar',
          stack: 'bridge',
          barMaxWidth: 54,
          label: {
            show: true,
            position: 'top',
            color: colours.soft,
            fontSize: 11,
            fontFamily: colours.font,
            formatter: ({ dataIndex }: { readonly dataIndex: number }) => short(bars[dataIndex]?.value ?? 0),
          },
          data: bars.map(({ size, colour }) => ({ value: size, itemStyle: { color: colour, borderRadius: 2 } })),
        },
      ],
    }
  }
