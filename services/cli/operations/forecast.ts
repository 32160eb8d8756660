import { z } from 'zod'
import { createAnswerReader } from '../../api/as-of.ts'
import { backtestCells } from '../../api/forecast/backtest.ts'
import { askedFor, forecasterOf } from '../../api/forecast/routes.ts'
import { dateAt, quarterOf } from '../../domain/periods.ts'
import { Refused } from '../control.ts'
import { DEFAULT_TENANT, operation } from './operation.ts'

/** Forecasts every past week of the periods before this one again, and says how wrong each method was. */
export const backtestForecast = operation({
  name: 'forecast-backtest',
  needs: 'figures',
  input: z.object({
    tenant: z.string().default(DEFAULT_TENANT),
    period: z.string().nullable().default(null),
    periods: z.int().min(1).max(60).default(12),
    asOf: z.string().nullable().default(null),
  }),
  run: async ({ tenant, period, periods, asOf }, { installation, progress }) => {
    const store = await installation.store()
    return createAnswerReader({ store }).read(tenant, asOf === null ? {} : { as_of: asOf }, async context => {
      const { zone, fiscal } = context.settings
      const name = period ?? quarterOf(dateAt(context.observedTo, zone), fiscal)
      const asked = askedFor(name, { periods }, context)
      if (asked === null) throw new Refused(`--period: expected a period such as 2026-Q3, got ${name}`)
      progress('reading what was known of deals')
      const { run } = await forecasterOf(store).run(context, asked, (done, of) => progress(`forecasting again, ${done} of ${of}`))
      const { rows, total } = backtestCells(run, ['period'], context.flags, `${asked.currency} minor`)
      const asOfText = new Date(context.asOf).toISOString()
      return { tenant, period: name, as_of: asOfText, rows: rows.map(({ row }) => row), total: total.map(({ row }) => row) }
    })
  },
})
