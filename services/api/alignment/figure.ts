import { z } from 'zod'
import { rateProof } from '../../domain/figures/funnel-measures.ts'
import { movers } from '../../domain/figures/movers.ts'
import { wilson } from '../../domain/figures/rates.ts'
import type { FigureRow } from '../answer.ts'
import { type ExplainableFigure } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import type { Target } from '../plan/target-list.ts'
import type { SlaBooks } from '../sla/book.ts'
import {
  alignmentRestsOn,
  jointTouchFacts,
  type Reading,
  roleCoverageFacts,
  type Sign,
  type SignPeriod,
  SIGNS,
  type SignsUnder,
} from './signs.ts'

/** Effects that are shown of what moved a sign. */
const MOST_MOVERS = 5

/** The target of the company as a whole whose period has the asked one in it: the narrowest. */
const targetOf = (sign: Sign, { from, to }: SignPeriod, targets: readonly Target[]): Target | null =>
  targets
    .filter(target => target.unit === 'ratio' && sign.targets.includes(target.metric) && Object.keys(target.dims).length === 0)
    .filter(target => target.from <= from && to <= target.to)
    .toSorted((a, b) => Date.parse(a.to) - Date.parse(a.from) - (Date.parse(b.to) - Date.parse(b.from)))[0] ?? null

const rowOf = (sign: Sign, period: SignPeriod, reading: Reading, currency: string, flags: readonly string[]): FigureRow => {
  const interval = reading.unit === 'count' && sign.metric !== 'M100' ? wilson(reading.numerator, reading.denominator) : null
  return {
    sign: sign.name,
    period: period.name,
    measure: 'value',
    ...(reading.unit === 'money' ? { currency } : {}),
    metric: sign.metric,
    value: reading.value,
    unit: 'ratio',
    numerator: reading.numerator,
    denominator: reading.denominator,
    interval: interval === null ? null : [interval[0], interval[1]],
    flags: [...new Set([...flags, ...reading.flags])].toSorted(),
    ...(reading.explain === undefined ? {} : { explain: reading.explain }),
  }
}

/** Each sign in the asked period and those before it, against its target, with what moved it since the one before. `periods` begin with the asked one. */
export const alignmentAnswer = async (under: SignsUnder, periods: readonly SignPeriod[], targets: readonly Target[]): Promise<Figures> => {
  const { context, movedBy, currency } = under
  const rows: FigureRow[] = []
  // all of them at once: the store has more than one lane
  const found = await Promise.all(SIGNS.map(sign => sign.read(under, periods)))
  for (const [place, sign] of SIGNS.entries()) {
    const readings = found[place] ?? []
    const [now, before] = readings
    const [period] = periods
    if (now === undefined || period === undefined) continue
    const shared = { sign: sign.name, period: period.name }
    const plain = { unit: 'ratio', flags: [...context.flags] }
    rows.push(...readings.map((reading, i) => rowOf(sign, periods[i] ?? period, reading, currency, context.flags)))
    const target = targetOf(sign, period, targets)
    rows.push({
      ...shared,
      measure: 'target',
      metric: sign.metric,
      ...plain,
      value: target?.value ?? null,
      better: sign.better,
      flags: target === null ? [...context.flags, 'no_target'].toSorted() : [...context.flags],
    })
    if (target !== null && now.value !== null) {
      const missed = sign.better === 'higher' ? now.value < target.value : now.value > target.value
      rows.push({
        ...shared,
        measure: 'against_target',
        metric: sign.metric,
        ...plain,
        value: now.value - target.value,
        better: sign.better,
        met: missed ? 'no' : 'yes',
      })
    }
    if (before === undefined || now.value === null || before.value === null) continue
    rows.push({ ...shared, measure: 'change', metric: sign.metric, ...plain, value: now.value - before.value, better: sign.better })
    const by = sign.metric === 'M100' ? 'document' : movedBy
    for (const { name, rate, mix, total } of movers(before.parts, now.parts).slice(0, MOST_MOVERS)) {
      if (total !== 0)
        rows.push({ ...shared, measure: 'moved_by', [by]: name, by_rate: rate, by_mix: mix, metric: sign.metric, ...plain, value: total })
    }
  }
  return { rows, total: rows.filter(row => row['measure'] === 'value' && row['period'] === periods[0]?.name), excluded: {} }
}

const Asked = z.strictObject({
  metric: z.enum(['M101', 'M102']),
  currency: z.string(),
  period: z.strictObject({
    name: z.string(),
    from: z.string(),
    to: z.string(),
    fromMs: z.number(),
    toMs: z.number(),
    fiscalYear: z.number(),
    quarter: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  }),
})

export const alignmentExplained = (books: SlaBooks): ExplainableFigure => ({
  definitionsOf: alignmentRestsOn,
  explain: async (store, context, named, asked) => {
    const { metric, currency, period } = Asked.parse(asked)
    const sign = SIGNS.find(one => one.metric === metric)
    if (sign === undefined || named !== metric) return null
    const under: SignsUnder = { store, context, book: await books.of(context), currency, movedBy: 'region', explainUnder: () => () => '' }
    const facts = metric === 'M101' ? jointTouchFacts(under, period) : roleCoverageFacts(under, period)
    const [reading] = await sign.read(under, [period])
    if (reading === undefined) return null
    const row = rowOf(sign, period, reading, currency, context.flags)
    return { row, proof: rateProof(facts, { by: [], filters: {}, only: {} }), divisor: 1 }
  },
})
