import type { EChartsCoreOption } from 'echarts/core'
import type { Palette } from './colours.ts'

type AxesOptions = {
  readonly categories: readonly string[]
  readonly format?: (value: number) => string
  readonly left?: number
}

/** The one look of all axes: quiet lines, no boxes. */
export const axes = (colours: Palette, { categories, format, left = 8 }: AxesOptions): EChartsCoreOption => ({
  textStyle: { fontFamily: colours.font, color: colours.soft, fontSize: 11 },
  grid: { left, right: 8, top: 22, bottom: 6, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
  xAxis: {
    type: 'category',
    data: [...categories],
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.soft, interval: 0, width: 64, overflow: 'break', fontSize: 10, lineHeight: 13 },
  },
  yAxis: {
    type: 'value',
    splitNumber: 4,
    splitLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.faint, ...(format === undefined ? {} : { formatter: format }) },
  },
})

export const tooltip = (colours: Palette, format?: (value: number) => string): EChartsCoreOption => ({
  trigger: 'axis',
  confine: true,
  // text, never markup: names come from outside
  renderMode: 'richText',
  axisPointer: { type: 'shadow', shadowStyle: { opacity: 0.08 } },
  backgroundColor: colours.raised,
  borderColor: colours.line,
  textStyle: { color: colours.ink, fontFamily: colours.font, fontSize: 12 },
  ...(format === undefined ? {} : { valueFormatter: (value: unknown) => (typeof value === 'number' ? format(value) : '–') }),
})
