import { z } from 'zod'
import { addDays, dateAt } from '../../domain/periods.ts'
import { daysBetween, shiftMonths } from '../../domain/plan/days.ts'
import { attainment, type EarlierPeriod } from '../../domain/plan/pace.ts'
import type { Row, Store } from '../../store/port.ts'
import { exact, type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { ExplainableFigure, Explain } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { stageMapName } from '../funnel/stages.ts'
import { modelName } from '../../domain/definitions/attribution-model.ts'
import { ActualQuestion, actualOf } from './actuals.ts'
import { type Target, TARGET_DIMENSIONS } from './target-list.ts'

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

/**
 * What came on each day towards each question, read once for every goal and currency by all the dimensions that any of its targets names; null where it cannot be read.
 */
const daysByQuestion = async (
  store: Store,
  context: AnswerContext,
  questions: readonly ActualQuestion[],
  ofCompany: boolean,
): Promise<(question: ActualQuestion) => Days | null> => {
  const keyOf = ({ goal, currency }: ActualQuestion): string => JSON.stringify([goal, currency])
  const groups = [...Map.groupBy(ofCompany ? [...questions, ...questions.map(question => ({ ...question, dims: {} }))] : questions, keyOf)]
  const read = await Promise.all(
    groups.map(async ([key, mine]): Promise<readonly [string, readonly Row[]]> => {
      const actuals = mine.map(question => actualOf(context, question)).filter(actual => actual.ok)
      const dims = TARGET_DIMENSIONS.filter(name => actuals.some(({ by }) => by.includes(name)))
      return [key, actuals[0] === undefined ? [] : await store.read(actuals[0].byDay(dims))]
    }),
  )
  const found = new Map(read)
  return question => {
    const actual = actualOf(context, question)
    if (!actual.ok) return null
    const days = new Map<string, number>()
    for (const row of found.get(keyOf(question)) ?? []) {
      if (actual.by.some(name => row[name] !== question.dims[name])) continue
      const { day, amount } = DayRow.parse(row)
      days.set(day, (days.get(day) ?? 0) + exact(amount))
    }
    return days
  }
}

/** M98: each target with what has come, its attainment, and that against the even and the seasonal pace; the total by period and goal. */
export const targetsAnswer = async (
  store: Store,
  context: AnswerContext,
  targets: readonly Target[],
  currency: string,
  explain: Explain,
  /** Nothing but periods and goals was chosen: totals are of the whole company, as everywhere else. */
  ofCompany: boolean,
): Promise<Figures> => {
  const { settings, observedTo, flags } = context
  const today = dateAt(observedTo, settings.zone)
  const questionOf = (target: Target): ActualQuestion => ({
    goal: target.metric,
    dims: target.dims,
    from: null,
    to: null,
    currency: target.unit === 'money' ? target.currency : currency,
  })
  const daysOf = await daysByQuestion(store, context, targets.map(questionOf), ofCompany)
  const rows: FigureRow[] = []
  const sums = new Map<string, Sum>()
  for (const target of targets) {
    const unit = target.unit === 'money' ? `${target.currency} minor` : target.unit
    const named = { target: target.id, period: target.period, goal: target.metric, ...target.dims, from: target.from, to: target.to }
    const row = (measure: string, value: Pick<FigureRow, 'value' | 'unit'> & Partial<FigureRow>): FigureRow => ({
      ...named,
      measure,
      metric: 'M98',
      ...value,
      flags: [...flags, ...(value.flags ?? [])].toSorted(),
    })
    const question = questionOf(target)
    const days = daysOf(question)
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
    const label = { period: target.period, goal: target.metric, from: target.from, to: target.to }
    const sum = sums.get(key) ?? { label, unit, question: { ...question, dims: {} }, parts: [] }
    sums.set(key, { ...sum, parts: [...sum.parts, { target: target.value, came, whole: Object.keys(target.dims).length === 0 }] })
  }
  const total = [...sums.values()].flatMap(({ label, unit, question, parts }): readonly FigureRow[] => {
    // a target of the company goes before those of its parts, which it is made of
    const own = parts.filter(({ whole }) => whole)
    const counted = own.length > 0 ? own : parts
    const target = sumBy(counted, each => each.target)
    const covered = sumBy(counted, each => each.came)
    const days = ofCompany ? daysOf(question) : null
    const came = days === null ? covered : sumOf(days, label.from, label.to)
    // what came where no target is, such as in no region, is the company's all the same
    const said = came === covered ? [...flags] : [...flags, 'beyond_targets'].toSorted()
    const proof = days === null ? {} : { explain: explain('targets', 'M98', { ...question, from: label.from, to: label.to }) }
    return [
      { ...label, measure: 'target', metric: 'M98', value: target, unit, flags: [...flags] },
      { ...label, measure: 'actual', metric: 'M98', value: came, unit, flags: said, ...proof },
      {
        ...label,
        measure: 'attained',
        metric: 'M98',
        value: target === 0 ? null : came / target,
        unit: 'ratio',
        numerator: came,
        denominator: target,
        flags: said,
      },
    ]
  })
  return { rows, total, excluded: {} }
}

type Sum = {
  readonly label: { readonly period: string; readonly goal: string; readonly from: string; readonly to: string }
  readonly unit: string
  readonly question: ActualQuestion
  readonly parts: readonly { readonly target: number; readonly came: number; readonly whole: boolean }[]
}

const sumBy = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((sum, item) => sum + of(item), 0)

export const targetsExplained: ExplainableFigure = {
  definitionsOf: targetDefinitions,
  explain: async (store, context, _metric, asked) => {
    const question = ActualQuestion.parse(asked)
    const actual = actualOf(context, question)
    if (!actual.ok) return null
    const days = (await store.read(actual.byDay(actual.by)))
      .filter(row => actual.by.every(name => row[name] === question.dims[name]))
      .map(row => DayRow.parse(row))
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
