import { z } from 'zod'
import { attributionExcluded, METRIC_OF } from '../../domain/figures/attribution.ts'
import { pathModel } from '../../domain/figures/attribution-paths.ts'
import { stepsFigure, WAY_PERCENTILES, waysFigure, type WaysPart, waysProof, type WaysQuestion } from '../../domain/figures/ways.ts'
import type { Store } from '../../store/port.ts'
import { exact, type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { type Explain, type ExplainableFigure, excludedOf } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { attributionQuestionFrom, CreditQuestion, onTerms, restsOn } from './figure.ts'

const MICROS = 1_000_000

const Counted = z.looseObject({ conversions: z.coerce.number(), money: z.coerce.bigint() })
const Way = Counted.extend({ is_total: z.coerce.number(), way: z.string(), timed: z.coerce.number(), found: z.array(z.coerce.number()) })
type Way = z.output<typeof Way>
const Step = Counted.extend({ step: z.coerce.number(), here: z.string(), next: z.string() })

const NOTHING: Way = { is_total: 1, way: '', conversions: 0, money: 0n, timed: 0, found: [] }

/** What is counted of a part: conversions, and their money where that is asked for. */
const countRows = (
  { conversions, money }: z.output<typeof Counted>,
  { attribution: { basis, currency } }: WaysQuestion,
  of: { readonly dims: Readonly<Record<string, string>>; readonly flags: readonly string[]; readonly token: (metric: string) => string },
): FigureRow[] => {
  const flags = flagsOf(conversions, of.flags)
  const counted: FigureRow = { ...of.dims, metric: 'M56', value: conversions, unit: 'count', flags, explain: of.token('M56') }
  if (basis === 'conversions') return [counted]
  const metric = METRIC_OF[basis]
  return [counted, { ...of.dims, metric, value: exact(money), unit: `${currency} minor`, flags, explain: of.token(metric) }]
}

/** M56, and M54 or M55, by the channels on the way, by each step of it, and M13 from the first touch to the conversion. */
export const waysAnswer = async (
  store: Store,
  given: AnswerContext,
  question: WaysQuestion,
  { explain, most }: { readonly explain: Explain; readonly most: number },
): Promise<Figures> => {
  const { sources, flags } = onTerms(given, question.attribution)
  const [found, steps, excluded] = await Promise.all([
    store.read(waysFigure(sources, question)),
    store.read(stepsFigure(sources, question)),
    store.read(attributionExcluded(sources, question.attribution)),
  ])
  const ways = found.map(row => Way.parse(row))
  const token =
    (part: WaysPart, percentile?: number) =>
    (metric: string): string =>
      explain('ways', metric, { question, part, ...(percentile === undefined ? {} : { percentile }) })
  const times = (way: Way, part: WaysPart, dims: Readonly<Record<string, string>>): FigureRow[] =>
    WAY_PERCENTILES.map((percentile, i): FigureRow => {
      const micros = way.found[i]
      return {
        ...dims,
        percentile: `p${percentile}`,
        stage_from: 'first_touch',
        stage_to: question.attribution.conversion,
        metric: 'M13',
        value: way.timed === 0 || micros === undefined ? null : micros / MICROS,
        unit: 'seconds',
        flags: flagsOf(way.timed, flags),
        explain: token(part, percentile)('M13'),
      }
    })
  const whole = ways.find(way => way.is_total === 1) ?? NOTHING
  return {
    rows: [
      ...ways
        .filter(way => way.is_total === 0)
        .slice(0, most)
        .flatMap(way => {
          const [part, dims] = [{ way: way.way }, { way: way.way }]
          return [...countRows(way, question, { dims, flags, token: token(part) }), ...times(way, part, dims)]
        }),
      ...steps
        .map(row => Step.parse(row))
        .flatMap(row => {
          const dims = { step: String(row.step), here: row.here, next: row.next === '' ? '(converted)' : row.next }
          const part = { step: row.step, here: row.here, next: row.next }
          return countRows(row, question, { dims, flags, token: token(part) })
        }),
    ],
    total: [...countRows(whole, question, { dims: {}, flags, token: token(null) }), ...times(whole, null, {})],
    excluded: excludedOf(excluded, 'deals'),
  }
}

const Part = z.union([
  z.strictObject({ way: z.string() }),
  z.strictObject({ step: z.int().positive(), here: z.string(), next: z.string() }),
  z.null(),
])
const Asked = z.strictObject({
  question: z.strictObject({ attribution: CreditQuestion, steps: z.int().positive() }),
  part: Part,
  percentile: z.int().optional(),
})

const fits = (row: FigureRow, part: WaysPart): boolean => {
  if (part === null) return row['way'] === undefined && row['step'] === undefined
  if ('way' in part) return row['way'] === part.way
  return row['step'] === String(part.step) && row['here'] === part.here && row['next'] === (part.next === '' ? '(converted)' : part.next)
}

export const waysExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }) => restsOn(definitions, pathModel(definitions)),
  explain: async (store, context, metric, asked) => {
    const { question: of, part, percentile } = Asked.parse(asked)
    const question: WaysQuestion = { attribution: attributionQuestionFrom(of.attribution), steps: of.steps }
    const { rows, total } = await waysAnswer(store, context, question, { explain: () => '', most: Infinity })
    const row = [...total, ...rows].find(
      one => one.metric === metric && fits(one, part) && (percentile === undefined || one['percentile'] === `p${percentile}`),
    )
    if (row === undefined) return null
    const { sources } = onTerms(context, question.attribution)
    const measure = metric === 'M13' ? (percentile ?? 50) : metric === 'M56' ? 'conversions' : 'money'
    return { row, proof: waysProof(sources, question, part, measure), divisor: metric === 'M13' ? MICROS : 1 }
  },
}
