import type { EChartsCoreOption } from 'echarts/core'
import { dim, greatest, rowsOf, valuesOf } from '../api/rows.ts'
import type { FigureRow } from '../api/types.ts'
import { count, money } from '../format/number.ts'
import { modelText } from '../format/words.ts'
import type { Palette } from './colours.ts'
import { ground, tooltip, valueAxis, writing } from './axes.ts'

const MOST = 14
const SHAPES = ['circle', 'diamond', 'triangle', 'rect', 'roundRect', 'pin', 'arrow']

/** Lines of the drawing, the largest last, because the axis runs upwards. */
const shown = (rows: readonly FigureRow[], by: string): readonly string[] =>
  valuesOf(rows, by)
    .map(name => ({ name, most: greatest(rows.filter(row => dim(row, by) === name)) }))
    .toSorted((a, b) => b.most - a.most || (a.name < b.name ? -1 : 1))
    .slice(0, MOST)
    .map(({ name }) => name)
    .toReversed()

/** How tall the drawing has to be. */
export const modelDotsHeight = (rows: readonly FigureRow[], by: string): number => 60 + shown(rows, by).length * 26

/** One line per value of a dimension, one mark per model: where marks lie together, models agree. */
export const modelDots =
  (all: readonly FigureRow[], metric: string, by: string, nameOf: (value: string) => string) =>
  (colours: Palette): EChartsCoreOption => {
    const rows = rowsOf(all, metric)
    const lines = shown(rows, by)
    const unit = rows[0]?.unit ?? 'count'
    const text = (value: number): string => (unit.endsWith(' minor') ? money(value, unit.slice(0, 3), 'short') : count(value))
    const tones = [colours.c1, colours.c2, colours.c3, colours.c4, colours.c5, colours.accent, colours.c6]
    return {
      ...ground(colours, { right: 24, top: 30 }),
      legend: {
        top: 0,
        left: 0,
        itemWidth: 9,
        itemHeight: 9,
        itemGap: 16,
        textStyle: writing(colours),
      },
      tooltip: { ...tooltip(colours, text), axisPointer: { type: 'line', axis: 'y', lineStyle: { color: colours.line } } },
      xAxis: { ...valueAxis(colours, text), splitNumber: 5 },
      yAxis: {
        type: 'category',
        data: lines.map(nameOf),
        axisTick: { show: false },
        axisLine: { show: false },
        splitLine: { show: true, lineStyle: { color: colours.line, type: 'dotted' } },
        axisLabel: { color: colours.soft, width: 150, overflow: 'truncate' },
      },
      series: valuesOf(rows, 'model').map((model, i) => ({
        type: 'line',
        name: modelText(model),
        showSymbol: true,
        symbol: SHAPES[i % SHAPES.length],
        symbolSize: 9,
        lineStyle: { width: 0 },
        itemStyle: { color: tones[i % tones.length] },
        encode: { x: 0, y: 1 },
        data: lines.flatMap(name => {
          const value = rows.find(row => dim(row, by) === name && dim(row, 'model') === model)?.value
          return value === undefined || value === null ? [] : [[value, nameOf(name)]]
        }),
      })),
    }
  }
