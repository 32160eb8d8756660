import { z } from 'zod'
import { addDays, dateAt } from '../../domain/periods.ts'
import { daysBetween, shiftMonths } from '../../domain/plan/days.ts'
import { attainment, type EarlierPeriod } from '../../domain/plan/pace.ts'
import type { Store } from '../../store/port.ts'
import { exact, type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { ExplainableFigure, Explain } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { stageMapName } from '../funnel/stages.ts'
import { modelName } from '../../domain/definitions/attribution-model.ts'
import { ActualQuestion, actualOf } from './actuals.ts'
import type { Target } from './target-list.ts'

/** How far back earlier periods are looked at for the seasonal pace. */
const EARLIER_PERIODS = 8

const DayRow = z.object({ day: z.string(), amount: z.coerce.bigint() })
type Days = ReadonlyMap<string, number>

/** The same kind of period before: whole months go back by months, others by days. */
const before = ({ from, to }: Pick<Target, 'from' | 'to'>, n: number): { readonly from: string; readonly to: string } => {
  const months = (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7))
  if (from.slice(8) === '01' && to.slice(8) === '01') return { from: shiftMonths(from, -n * months), to: shiftMonths(to, -n * months) }
  const days = daysBetween(from, to)
  return { from: addDays(from, -n * days), to: addDays(to, -n * days) }
}

const within = (days: Days, { from, to }: { readonly from: string; readonly to: string }): EarlierPeriod => ({
  days: daysBetween(from, to),
  byDay: new Map([...days].filter(([day]) => day >= from && day < to).map(([day, amount]) => [daysBetween(from, day), amount])),
})

const sumOf = (days: Days, from: string, to: string): number =>
  [...days].reduce((sum, [day, amount]) => (day >= from && day < to ? sum + amount : sum), 0)

/** Definitions that targets are counted under. */
export const targetDefinitions = ({ definitions }: AnswerContext): readonly string[] => {
  const [model] = definitions.models
  return [stageMapName(definitions.stageMap), ...(model === undefined ? [] : [modelName(model)])]
}

/** M98: each target with what has come, its attainment, and that against the even and the seasonal pace; the total by period and goal. */
export const targetsAnswer = async (
  store: Store,
  context: AnswerContext,
  targets: readonly Target[],
  currency: string,
  explain: Explain,
): Promise<Figures> => {
  const { settings, observedTo, flags } = context
  const today = dateAt(observedTo, settings.zone)
  const asked = new Map<string, Promise<Days | null>>()
  const daysOf = (question: ActualQuestion): Promise<Days | null> => {
    const key = JSON.stringify(question)
    const known = asked.get(key)
    if (known !== undefined) return known
    const actual = actualOf(context, question)
    const found = actual.ok
      ? store.read(actual.byDay).then(rows => new Map(rows.map(row => DayRow.parse(row)).map(({ day, amount }) => [day, exact(amount)])))
      : Promise.resolve(null)
    asked.set(key, found)
    return found
  }
  const questionOf = (target: Target): ActualQuestion => ({
    goal: target.metric,
    dims: target.dims,
    from: null,
    to: null,
    currency: target.unit === 'money' ? target.currency : currency,
  })
  // all of them at once: the store has more than one lane
  await Promise.all(targets.map(target => daysOf(questionOf(target))))
  const rows: FigureRow[] = []
  const sums = new Map<string, { readonly label: Record<string, string>; readonly unit: string; target: number; actual: number }>()
  for (const target of targets) {
    const unit = target.unit === 'money' ? `${target.currency} minor` : target.unit
    const label = { target: target.id, period: target.period, goal: target.metric, ...target.dims, from: target.from, to: target.to }
    const row = (measure: string, value: Pick<FigureRow, 'value' | 'unit'> & Partial<FigureRow>): FigureRow => ({
      ...label,
      measure,
      metric: 'M98',
      ...value,
      flags: [...flags, ...(value.flags ?? [])].toSorted(),
    })
    const question = questionOf(target)
    const days = await daysOf(question)
    const actual = actualOf(context, question)
    rows.push(row('target', { value: target.value, unit, event_id: target.eventId }))
    if (days === null || !actual.ok || target.unit === 'ratio' || (actual.unit === 'money') !== (target.unit === 'money')) {
      rows.push(row('attained', { value: null, unit: 'ratio', flags: [actual.ok ? 'not_measured' : actual.flag] }))
      continue
    }
    const came = sumOf(days, target.from, target.to)
    const elapsed = Math.max(0, daysBetween(target.from, today) + 1)
    const earlier = Array.from({ length: EARLIER_PERIODS }, (_, n) => within(days, before(target, n + 1)))
    const found = attainment({ actual: came, target: target.value, elapsed, days: daysBetween(target.from, target.to), earlier })
    const paced = (expected: number | null): number | null => (expected === null || expected === 0 ? null : came / expected)
    const seasonalFlags = flagsOf(Number.POSITIVE_INFINITY, found.periods < 4 ? [`earlier_periods_${found.periods}`] : [])
    rows.push(
      row('actual', { value: came, unit, explain: explain('targets', 'M98', { ...question, from: target.from, to: target.to }) }),
      row('attained', { value: found.attained, unit: 'ratio', numerator: came, denominator: target.value }),
      row('gap', { value: target.value - came, unit }),
      row('expected_linear', { value: Math.round(found.expectedLinear), unit, pace: found.linear }),
      row('against_linear', { value: paced(found.expectedLinear), unit: 'ratio' }),
      row('expected_seasonal', {
        value: found.expectedSeasonal === null ? null : Math.round(found.expectedSeasonal),
        unit,
        pace: found.seasonal,
        flags: seasonalFlags,
      }),
      row('against_seasonal', { value: paced(found.expectedSeasonal), unit: 'ratio', flags: seasonalFlags }),
    )
    const key = `${target.from} ${target.to} ${target.metric} ${unit}`
    const sum = sums.get(key) ?? {
      label: { period: target.period, goal: target.metric, from: target.from, to: target.to },
      unit,
      target: 0,
      actual: 0,
    }
    sums.set(key, { ...sum, target: sum.target + target.value, actual: sum.actual + came })
  }
  const total = [...sums.values()].flatMap(({ label, unit, target, actual }): FigureRow[] => [
    { ...label, measure: 'target', metric: 'M98', value: target, unit, flags: [...flags] },
    { ...label, measure: 'actual', metric: 'M98', value: actual, unit, flags: [...flags] },
    {
      ...label,
      measure: 'attained',
      metric: 'M98',
      value: target === 0 ? null : actual / target,
      unit: 'ratio',
      numerator: actual,
      denominator: target,
      flags: [...flags],
    },
  ])
  return { rows, total, excluded: {} }
}

export const targetsExplained: ExplainableFigure = {
  definitionsOf: targetDefinitions,
  explain: async (store, context, _metric, asked) => {
    const question = ActualQuestion.parse(asked)
    const actual = actualOf(context, question)
    if (!actual.ok) return null
    const days = (await store.read(actual.byDay)).map(row => DayRow.parse(row))
    const value = days.reduce((sum, { amount }) => sum + exact(amount), 0)
    const row: FigureRow = {
      goal: question.goal,
      ...Object.fromEntries(Object.entries(question.dims).filter(([, name]) => name !== undefined)),
      measure: 'actual',
      metric: 'M98',
      value,
      unit: actual.unit === 'money' ? `${question.currency} minor` : 'count',
      flags: [...context.flags],
    }
    return { row, proof: actual.proof, divisor: 1 }
  },
}
