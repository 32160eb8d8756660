import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { canonicalJson } from '../../domain/canonical.ts'
import { qualifyingDealStages } from '../../domain/definitions/stage-map.ts'
import { type ForecastDimension, FORECAST_DIMENSIONS } from '../../domain/forecast/scope.ts'
import { PERIOD_FORMS } from '../../domain/periods.ts'
import { requireScope } from '../../http/caller.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, dimensionsOf, type FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain, ExplainableFigure, Explanation } from '../explain/figure.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { stageMapName } from '../funnel/stages.ts'
import { currencyOf, filtersOf, listOf, queryOf, severalOf } from '../parameters.ts'
import { badParameter } from '../problems.ts'
import { backtestCells, type Cut, CUTS } from './backtest.ts'
import type { Cell } from './cells.ts'
import { forecastCells } from './figure.ts'
import { createForecaster, type ForecastAsked, type Forecaster } from './forecaster.ts'
import { createHistoryReader } from './histories.ts'
import { createTouchedReader } from './touched.ts'
import { byParameter, floorOf, PipelineAsked, periodDaysOf, scopeParameters } from './question.ts'

export const DEFAULT_PERIODS = 12
const DEFAULT_RUNS = 10_000
const STALE_DAYS = 30
const DEFAULT_SEED = 1
const MOST_RUNS = 100_000

const shared = {
  ...scopeParameters,
  periods: z.coerce.number().int().min(1).max(60).default(DEFAULT_PERIODS).describe('At most so many earlier periods are forecast again'),
  seed: z.coerce
    .number()
    .int()
    .min(0)
    .max(2_147_483_647)
    .default(DEFAULT_SEED)
    .describe('Of the simulation: the same seed, the same bytes'),
}

const Query = queryOf({
  ...byParameter,
  ...shared,
  runs: z.coerce.number().int().min(100).max(MOST_RUNS).default(DEFAULT_RUNS).describe('Of the simulation'),
  stale_days: z.coerce.number().int().min(1).max(365).default(STALE_DAYS),
})
const BacktestQuery = queryOf({ by: severalOf(CUTS), ...shared })
const Params = z.object({ period: z.string().describe(PERIOD_FORMS) })

/** As it stands in explain tokens. */
const Question = PipelineAsked.extend({
  period: z.strictObject({ from: z.number(), to: z.number() }),
  periods: z.number(),
  runs: z.number(),
  seed: z.number(),
  by: z.array(z.enum(FORECAST_DIMENSIONS)),
  staleDays: z.number(),
  /** Dimensions of the row that is opened. */
  row: z.record(z.string(), z.unknown()),
})

const BacktestQuestion = Question.omit({ by: true, staleDays: true }).extend({ by: z.array(z.enum(CUTS)) })

const forecasters = new WeakMap<Store, Forecaster>()

/** One per store, so that what a figure held is there when its number is opened. */
export const forecasterOf = (store: Store): Forecaster => {
  const found = forecasters.get(store) ?? createForecaster(createHistoryReader({ store }), createTouchedReader(store))
  forecasters.set(store, found)
  return found
}

/** A question about a whole company that no route has asked; null where there is no such period. */
export const askedFor = (name: string, { periods }: { readonly periods: number }, context: AnswerContext): ForecastAsked | null =>
  periodDaysOf(name, context.settings.fiscal) === null ? null : askedOf({ periods, seed: DEFAULT_SEED }, name, DEFAULT_RUNS, context)

type Scoped = z.output<z.ZodObject<typeof scopeParameters>>

/** What every question about the pipeline asks for. */
export const pipelineAsked = (query: Scoped, context: AnswerContext): PipelineAsked => ({
  filters: filtersOf(query, FORECAST_DIMENSIONS),
  stages: [...qualifyingDealStages(context.definitions.stageMap)],
  floor: floorOf(query.stage_floor, context),
  currency: currencyOf(query.currency, context),
  zone: context.settings.zone,
  fiscal: context.settings.fiscal,
})

const askedOf = (
  query: Scoped & { readonly periods: number; readonly seed: number },
  name: string,
  runs: number,
  context: AnswerContext,
): ForecastAsked => {
  const period = periodDaysOf(name, context.settings.fiscal)
  if (period === null) throw badParameter('period', `expected a period such as ${PERIOD_FORMS}`)
  return { ...pipelineAsked(query, context), period, periods: query.periods, seed: query.seed, runs }
}

const answerCells = async (
  store: Store,
  context: AnswerContext,
  asked: ForecastAsked,
  by: readonly ForecastDimension[],
  staleDays: number,
): Promise<{ readonly total: readonly Cell[]; readonly rows: readonly Cell[]; readonly excluded: Record<string, number> }> => {
  const [{ run, history }, touched] = await Promise.all([forecasterOf(store).run(context, asked), forecasterOf(store).touched(context)])
  const cells = forecastCells({ run, history, asked, by, touched, staleDays, flags: context.flags })
  const { known } = run.latest
  const missing: Record<string, number> = {}
  for (const { missing: why } of [...known.open, ...known.won]) if (why !== '') missing[why] = (missing[why] ?? 0) + 1
  const excluded = { ...known.excluded, ...missing }
  return { ...cells, excluded: Object.fromEntries(Object.entries(excluded).toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}

const rowsOf = (figure: string, cells: readonly Cell[], explain: Explain, question: Readonly<Record<string, unknown>>): FigureRow[] =>
  cells.map(cell =>
    cell.proof === null
      ? cell.row
      : { ...cell.row, explain: explain(figure, cell.row.metric, { ...question, row: dimensionsOf(cell.row) }) },
  )

/** The cell that a token was made for, opened. */
const openedOf = (cells: readonly Cell[], metric: string, row: object): Explanation | null => {
  const wanted = canonicalJson(row)
  const found = cells.find(cell => cell.row.metric === metric && canonicalJson(dimensionsOf(cell.row)) === wanted)
  return found === undefined || found.proof === null ? null : { row: found.row, proof: found.proof(), divisor: 1 }
}

/** Forecast of a period with its own error beside it (M78–M90, M92–M95), and the backtest behind it. */
export const forecastRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  const { store } = options
  app.get(
    '/v1/forecast/:period',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(store),
      schema: {
        tags: ['forecast'],
        summary:
          'Forecast of a period: P10, P50, P90, chance to reach the target, every method, the pipeline behind it, and its own past error (M78–M95)',
        description:
          'The method shown is the one with the least error on the periods that had ended, backtested on every past week; the error beside it is that of later periods than it was chosen on. Intervals are simulated with a factor that all deals of a period share.',
        params: Params,
        querystring: Query,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query, params } = request
        const asked = askedOf(query, params.period, query.runs, context)
        const by = listOf(query.by)
        const name = stageMapName(context.definitions.stageMap)
        const under = { definition: name, definitions: [name] }
        const { total, rows, excluded } = await answerCells(store, context, asked, by, query.stale_days)
        assertNotTooMany(rows.length)
        const question = { ...asked, by: [...by], staleDays: query.stale_days }
        const explain = explainUnder(under)
        return {
          rows: rowsOf('forecast', rows, explain, question),
          total: rowsOf('forecast', total, explain, { ...question, by: [] }),
          excluded,
          under,
        }
      }),
  )

  app.get(
    '/v1/forecast/:period/backtest',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(store),
      schema: {
        tags: ['forecast'],
        summary: 'How wrong every method was, on every past week of the periods before: M92, M93, M84, M94',
        description:
          'chosen: what would have been shown on each day, by the method that had the least error until then. judged=later_half are the periods after those that methods were chosen on. Segments are asked for by their filters.',
        params: Params,
        querystring: BacktestQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query, params } = request
        const asked = askedOf(query, params.period, DEFAULT_RUNS, context)
        const name = stageMapName(context.definitions.stageMap)
        const under = { definition: name, definitions: [name] }
        const by = listOf(query.by)
        const { total, rows, excluded } = await backtestAnswer(store, context, asked, by)
        assertNotTooMany(rows.length)
        const explain = explainUnder(under)
        return {
          rows: rowsOf('forecast-backtest', rows, explain, { ...asked, by: [...by] }),
          total: rowsOf('forecast-backtest', total, explain, { ...asked, by: [] }),
          excluded,
          under,
        }
      }),
  )
}

const backtestAnswer = async (store: Store, context: AnswerContext, asked: ForecastAsked, by: readonly Cut[]) => {
  const { run } = await forecasterOf(store).run(context, asked)
  return { ...backtestCells(run, by, context.flags, `${asked.currency} minor`), excluded: run.latest.known.excluded }
}

const definitionsOf: ExplainableFigure['definitionsOf'] = ({ definitions }) => [stageMapName(definitions.stageMap)]

export const forecastExplained: ExplainableFigure = {
  definitionsOf,
  explain: async (store, context, metric, question) => {
    const { by, staleDays, row, ...asked } = Question.parse(question)
    const { rows } = await answerCells(store, context, asked, by, staleDays)
    return openedOf(rows, metric, row)
  },
}

export const backtestExplained: ExplainableFigure = {
  definitionsOf,
  explain: async (store, context, metric, question) => {
    const { by, row, ...asked } = BacktestQuestion.parse(question)
    const { rows } = await backtestAnswer(store, context, asked, by)
    return openedOf(rows, metric, row)
  },
}
