import { z } from 'zod'
import { columns } from './output.ts'

const Row = z.looseObject({
  measure: z.string().optional(),
  method: z.string().optional(),
  judged: z.string().optional(),
  period: z.string().optional(),
  forecasts: z.string().optional(),
  value: z.number().nullable(),
  unit: z.string(),
})
const Backtested = z.object({ period: z.string(), as_of: z.string(), rows: z.array(Row), total: z.array(Row) })

const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : `${(value * 100).toFixed(1)} %`

/** One line a method, one a period; chosen is what would have been shown. */
export const backtestInWords = (result: unknown): string => {
  const { period, as_of, rows, total } = Backtested.parse(result)
  const all = total.filter(({ judged }) => judged === 'all')
  const of = (list: readonly z.output<typeof Row>[], method: string, measure: string): number | null | undefined =>
    list.find(row => row.method === method && row.measure === measure)?.value
  const methods = all.filter(({ measure }) => measure === 'wape')
  const periods = [...new Set(rows.flatMap(row => row.period ?? []))]
  if (methods.length === 0)
    return `no period before ${period} has ended that the history covers: there is nothing to judge a forecast by yet`
  return [
    `forecasts of the periods before ${period}, as known at ${as_of}`,
    columns([
      ['method', 'forecasts', 'WAPE', 'bias', 'skill'],
      ...methods.map(({ method = '', forecasts = '', value }) => [
        method,
        forecasts,
        percent(value),
        percent(of(all, method, 'bias')),
        percent(of(all, method, 'skill')),
      ]),
    ]),
    `bands of 50, 80 and 95 % held ${[50, 80, 95].map(level => percent(of(all, 'chosen', `coverage_${level}`))).join(', ')} of the time`,
    columns([
      ['period from', 'brought', 'WAPE', 'bias', 'naive', '80 % held'],
      ...periods.map(from => {
        const own = rows.filter(row => row.period === from)
        const actual = own.find(({ measure }) => measure === 'actual')
        return [
          from,
          `${actual?.value ?? 0} ${actual?.unit ?? ''}`,
          percent(of(own, 'chosen', 'wape')),
          percent(of(own, 'chosen', 'bias')),
          percent(of(own, 'naive-last', 'wape')),
          percent(of(own, 'chosen', 'coverage_80')),
        ]
      }),
    ]),
  ].join('\n\n')
}
