import type { EChartsCoreOption } from 'echarts/core'
import { dim, rowOf } from '../api/rows.ts'
import type { FigureRow } from '../api/types.ts'
import { dateText, money } from '../format/number.ts'
import type { Palette } from './colours.ts'
import { ground, targetLine, valueAxis } from './axes.ts'

type Fan = { readonly from: string; readonly today: string; readonly to: string }

/** From the first day over what is won today to where the period will end, eight times of ten; the target across. */
export const fan =
  (rows: readonly FigureRow[], { from, today, to }: Fan) =>
  (colours: Palette): EChartsCoreOption => {
    const of = (measure: string): number | null => rows.find(row => dim(row, 'measure') === measure)?.value ?? null
    const [won, low, middle, high] = [of('closed'), of('p10'), of('p50'), of('p90')]
    const target = rowOf(rows, 'M98', { measure: 'target' })?.value ?? null
    const currency = (rowOf(rows, 'M83', { measure: 'p50' })?.unit ?? 'EUR minor').slice(0, 3)
    const short = (value: number): string => money(value, currency, 'short')
    const line = (data: readonly (readonly [string, number | null])[], more: object): object => ({
      type: 'line',
      symbol: 'none',
      data: data.map(point => [...point]),
      ...more,
    })
    const end = (value: number | null, name: string, weight: number): object => ({
      endLabel: {
        show: value !== null,
        formatter: () => `${name} ${value === null ? '' : short(value)}`,
        color: weight > 500 ? colours.ink : colours.soft,
        fontFamily: colours.font,
        fontSize: 11,
        fontWeight: weight,
      },
    })
    return {
      useUTC: true,
      ...ground(colours, { right: 92 }),
      xAxis: {
        type: 'time',
        min: from,
        max: to,
        axisLine: { lineStyle: { color: colours.line } },
        axisTick: { show: false },
        axisLabel: { color: colours.soft, hideOverlap: true, formatter: (value: number) => dateText(new Date(value).toISOString()) },
      },
      yAxis: valueAxis(colours, short),
      series: [
        line(
          [
            [today, won],
            [to, low],
          ],
          { stack: 'band', lineStyle: { opacity: 0 }, silent: true, ...end(low, 'P10', 400) },
        ),
        line(
          [
            [today, 0],
            // only how tall the band is drawn; its edges are the API’s P10 and P90
            [to, low === null || high === null ? null : high - low],
          ],
          {
            stack: 'band',
            lineStyle: { opacity: 0 },
            areaStyle: { color: colours.accent, opacity: 0.16 },
            silent: true,
            ...end(high, 'P90', 400),
          },
        ),
        line(
          [
            [today, won],
            [to, middle],
          ],
          { lineStyle: { color: colours.accent, width: 2, type: 'dashed' }, ...end(middle, 'P50', 640) },
        ),
        line(
          [
            [from, 0],
            [today, won],
          ],
          {
            lineStyle: { color: colours.both, width: 3 },
            ...targetLine(colours, target, short),
          },
        ),
      ],
    }
  }
