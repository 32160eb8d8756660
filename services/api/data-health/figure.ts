import { z } from 'zod'
import { inForceAt } from '../../domain/definitions/history.ts'
import { icpKind } from '../../domain/definitions/icp.ts'
import { HEALTH_CHECKS, type HealthCheck, healthFigure, healthProof } from '../../domain/figures/data-health.ts'
import type { Store } from '../../store/port.ts'
import { type FigureRow, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain, ExplainableFigure } from '../explain/figure.ts'
import type { Figures, Under } from '../figure-route.ts'

const Asked = z.strictObject({ from: z.number().nullable(), to: z.number().nullable(), currency: z.string() })
type Asked = z.output<typeof Asked>
const Narrowed = Asked.extend({ check: z.enum(HEALTH_CHECKS), of: z.string().nullable() })

const Counted = z.object({ of: z.string(), good: z.coerce.number(), base: z.coerce.number(), example: z.string() })
type Counted = z.output<typeof Counted>

const METRIC = 'M99'
const SILENCE: HealthCheck = 'source_silence'

const questionOf = (check: HealthCheck, asked: Asked, { settings, definitions, observedTo }: AnswerContext) => ({
  ...asked,
  check,
  zone: settings.zone,
  definitions,
  observedTo,
})

const read = async (store: Store, context: AnswerContext, check: HealthCheck, asked: Asked): Promise<readonly Counted[]> =>
  (await store.read(healthFigure(context.sources, questionOf(check, asked, context)))).map(row => Counted.parse(row))

/** A share of what is as it should be, or how long a source has said nothing: of all sources that of the one that spoke last. */
const rowOf = (check: HealthCheck, of: string | null, counted: readonly Counted[], flags: readonly string[]): FigureRow => {
  const label = { check, ...(of === null ? {} : { of }), metric: METRIC }
  if (check === SILENCE)
    return {
      ...label,
      value: counted.length === 0 ? null : Math.min(...counted.map(({ good }) => good)),
      unit: 'seconds',
      flags: [...flags],
    }
  const [good, base] = [counted.reduce((sum, row) => sum + row.good, 0), counted.reduce((sum, row) => sum + row.base, 0)]
  const example = counted.map(row => row.example).find(text => text !== '')
  return { ...label, ...(example === undefined ? {} : { example }), ...rateOf(good, base, flags) }
}

export const dataHealthAnswer = async (
  store: Store,
  context: AnswerContext,
  checks: readonly HealthCheck[],
  asked: Asked,
  explain: Explain,
): Promise<Figures> => {
  const found = await Promise.all(checks.map(async check => ({ check, counted: await read(store, context, check, asked) })))
  const numberOf = (check: HealthCheck, of: string | null, counted: readonly Counted[]): FigureRow => ({
    ...rowOf(check, of, counted, context.flags),
    explain: explain('data-health', METRIC, { ...asked, check, of }),
  })
  return {
    rows: found.flatMap(({ check, counted }) => counted.map(row => numberOf(check, row.of, [row]))),
    total: found.map(({ check, counted }) => numberOf(check, null, counted)),
    excluded: {},
  }
}

/** Complete is what the profile asks for: the answer rests on it. */
export const healthUnder = ({ definitions, observedTo }: AnswerContext): Under => {
  const { name } = inForceAt(definitions.history, icpKind, observedTo)
  return { definition: name, definitions: [name] }
}

export const dataHealthExplained: ExplainableFigure = {
  definitionsOf: context => healthUnder(context).definitions,
  explain: async (store, context, metric, said) => {
    const { check, of, ...asked } = Narrowed.parse(said)
    if (metric !== METRIC) return null
    const counted = await read(store, context, check, asked)
    // the silence of all is that of the source that spoke last
    const last = check === SILENCE && of === null ? counted.toSorted((a, b) => a.good - b.good)[0] : undefined
    const mine = of === null ? counted : counted.filter(row => row.of === of)
    const proof = healthProof(context.sources, questionOf(check, asked, context), last === undefined ? of : last.of)
    return { row: rowOf(check, of, mine, context.flags), proof, divisor: 1 }
  },
}
