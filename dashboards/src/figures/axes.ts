import type { EChartsCoreOption } from 'echarts/core'
import type { Palette } from './colours.ts'

type Format = (value: number) => string
type AxesOptions = { readonly categories: readonly string[]; readonly format?: Format }
type Room = { readonly right?: number; readonly top?: number }

export const writing = (colours: Palette) => ({ fontFamily: colours.font, color: colours.soft, fontSize: 11 })

/** The font of a drawing, and the room around it. */
export const ground = (colours: Palette, { right = 8, top = 22 }: Room = {}): EChartsCoreOption => ({
  textStyle: writing(colours),
  grid: { left: 8, right, top, bottom: 6, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
})

export const valueAxis = (colours: Palette, format?: Format) => ({
  type: 'value',
  splitNumber: 4,
  splitLine: { lineStyle: { color: colours.line } },
  axisLabel: { color: colours.faint, ...(format === undefined ? {} : { formatter: format }) },
})

/** The one look of all axes: quiet lines, no boxes. */
export const axes = (colours: Palette, { categories, format }: AxesOptions): EChartsCoreOption => ({
  ...ground(colours),
  xAxis: {
    type: 'category',
    data: [...categories],
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.soft, interval: 0, width: 64, overflow: 'break', fontSize: 10, lineHeight: 13 },
  },
  yAxis: valueAxis(colours, format),
})

/** A target across the drawing, on one of its series; nothing where none is set. */
export const targetLine = (colours: Palette, target: number | null, format: Format): EChartsCoreOption =>
  target === null
    ? {}
    : {
        markLine: {
          silent: true,
          symbol: 'none',
          lineStyle: { color: colours.sales, type: 'dashed', width: 1.5 },
          label: { formatter: `Target ${format(target)}`, position: 'insideStartTop', color: colours.sales, fontFamily: colours.font },
          data: [{ yAxis: target }],
        },
      }

export const tooltip = (colours: Palette, format?: Format): EChartsCoreOption => ({
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
