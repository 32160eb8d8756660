import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { EChartsCoreOption } from 'echarts/core'
import type { FigureRow } from '../../dashboards/src/api/types.ts'
import { COLOUR_NAMES, type Palette } from '../../dashboards/src/figures/colours.ts'

/** Every chart as it is drawn from a few rows, beside this file, its numbers rounded; a drawing that changed fails and can be looked at. `vitest -u` writes it anew. */

const [WIDTH, HEIGHT] = [860, 300]

const row = (metric: string, value: number | null, dims: Record<string, string> = {}, unit = 'EUR minor'): FigureRow => ({
  ...dims,
  metric,
  value,
  unit,
  flags: [],
  explain: '',
})
const colours = (): Palette => ({
  ...(Object.fromEntries(
    COLOUR_NAMES.map((name, i) => [name, `#${(0x10_20_30 + i * 0x0b_13_05).toString(16).padStart(6, '0')}`]),
  ) as Palette),
  font: 'sans-serif',
})

/** With one digit: what a browser of another machine rounds otherwise is the same drawing. */
const rounded = (svg: string): string =>
  svg
    .replaceAll(/-?\d+\.\d+/g, text => String(Math.round(Number(text) * 10) / 10))
    // names of classes and clips are counted over the whole process
    .replaceAll(/zr\d+-/g, 'zr-')
    .replaceAll('><', '>\n<')

let draw: (option: EChartsCoreOption) => string
beforeAll(async () => {
  vi.stubGlobal('navigator', { language: 'en-GB', languages: ['en-GB'] })
  const { init } = await import('../../dashboards/src/parts/echarts.ts')
  draw = option => {
    const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
    chart.setOption({ animation: false, ...option })
    const svg = chart.renderToSVGString()
    chart.dispose()
    return rounded(svg)
  }
})

const step = (at: string, here: string, next: string, n: number): FigureRow => row('M56', n, { step: at, here, next }, 'count')
const move = (bar: string, value: number): FigureRow => row('M91', value, { bar, deals: '3' })
const credit = (channel: string, model: string, value: number): FigureRow => row('M54', value, { channel, model })

const FIGURES: Readonly<Record<string, () => Promise<EChartsCoreOption>>> = {
  bridge: async () =>
    (await import('../../dashboards/src/figures/bridge.ts')).bridge([
      move('start', 1_000_000),
      move('created', 400_000),
      move('pulled_in', 0),
      move('lost', -300_000),
      move('won', -200_000),
      move('end', 900_000),
    ])(colours()),
  'entries-by-month': async () =>
    (await import('../../dashboards/src/figures/entries-by-month.ts')).entriesByMonth(
      [
        row('M1', 120, { stage: 'mql', month: '2026-01', counted: 'journeys' }, 'count'),
        row('M1', 80, { stage: 'mql', month: '2026-02', counted: 'journeys' }, 'count'),
        row('M1', null, { stage: 'mql', month: '2026-03', counted: 'journeys' }, 'count'),
      ],
      'mql',
    )(colours()),
  'forecast-range': async () =>
    (await import('../../dashboards/src/figures/forecast-range.ts')).forecastRange([
      row('M83', 900_000, { measure: 'forecast', method: 'survival' }),
      row('M83', 700_000, { measure: 'p10' }),
      row('M83', 1_200_000, { measure: 'p90' }),
      row('M98', 1_000_000, { measure: 'target' }),
      row('M83', 900_000, { measure: 'method', method: 'survival' }),
      row('M79', 650_000, { measure: 'method', method: 'stage-weighted' }),
    ])(colours()),
  fan: async () =>
    (await import('../../dashboards/src/figures/fan.ts')).fan(
      [
        row('M80', 300_000, { measure: 'closed' }),
        row('M83', 700_000, { measure: 'p10' }),
        row('M83', 900_000, { measure: 'p50' }),
        row('M83', 1_200_000, { measure: 'p90' }),
        row('M98', 1_000_000, { measure: 'target' }),
      ],
      { from: '2026-11-01', today: '2026-11-22', to: '2027-02-01' },
    )(colours()),
  ways: async () =>
    (await import('../../dashboards/src/figures/ways.ts')).ways(
      [
        step('1', 'paid_search', 'webinars', 6),
        step('1', 'organic_search', 'webinars', 3),
        step('1', 'organic_search', '(converted)', 1),
        step('2', 'webinars', '…', 5),
        step('2', 'webinars', '(converted)', 4),
        step('3', '…', '(converted)', 5),
      ],
      'M56',
      'Won deals',
    )(colours()),
  'model-dots': async () =>
    (await import('../../dashboards/src/figures/model-dots.ts')).modelDots(
      [
        credit('paid_search', 'first@1', 500_000),
        credit('paid_search', 'last@1', 200_000),
        credit('webinars', 'first@1', 100_000),
        credit('webinars', 'last@1', 400_000),
      ],
      'M54',
      'channel',
      value => value,
    )(colours()),
}

describe('charts', () => {
  it.each(Object.keys(FIGURES))('%s is drawn as it was', async name => {
    const option = await FIGURES[name]?.()
    const svg = draw(option ?? {})
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    await expect(`${svg}\n`).toMatchFileSnapshot(`drawn-figures/${name}.svg`)
  })

  it('a month without a row is a gap, and no zero', async () => {
    const option = await FIGURES['entries-by-month']?.()
    expect(option).toMatchObject({ series: [{ data: [120, 80, null] }] })
  })
})
