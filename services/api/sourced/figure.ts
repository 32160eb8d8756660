import { z } from 'zod'
import { attributionExcluded } from '../../domain/figures/attribution.ts'
import { ratio } from '../../domain/figures/rates.ts'
import type { DealsQuestion } from '../../domain/figures/deal-dimensions.ts'
import { SOURCED_RULES } from '../../domain/definitions/sourced.ts'
import { type DatedPeriod, jointFigure, sourcedFigure, type SourcedPart, sourcedProof } from '../../domain/figures/sourced.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, exact, type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { type Explain, type ExplainableFigure, excludedOf } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { conversionsOf, inTheWindow, dealsQuestionFrom, locksOf, sourcedRestsOn } from './question.ts'

const Row = z.looseObject({
  is_total: z.coerce.number(),
  kind: z.enum([...SOURCED_RULES, 'locked', 'influenced', 'claimed', 'touched']),
  name: z.string(),
  deals: z.coerce.number(),
  money: z.coerce.bigint(),
  locked_deals: z.coerce.number(),
})
type Row = z.output<typeof Row>

/** Who may claim a deal; both or neither make the gap (metrics M36). */
const CLAIMS = ['both', 'marketing', 'sales', 'neither'] as const
const GAP: readonly string[] = ['both', 'neither']

/** Whether both functions report by this definition for the deals of the row. */
const lockedOf = ({ deals, locked_deals }: Row): readonly string[] =>
  locked_deals === 0 ? [] : locked_deals === deals ? ['locked'] : ['partly_locked']

/** Deals of one combination of dimensions: M57 by definition and team, M58, and M36 with the share of each claim. */
const rowsOf = (
  found: readonly Row[],
  question: DealsQuestion,
  flags: readonly string[],
  token: (metric: string, part: SourcedPart) => string,
): FigureRow[] => {
  const unit = question.basis === 'conversions' ? 'count' : `${question.currency} minor`
  const worth = ({ deals, money }: Row): number => (question.basis === 'conversions' ? deals : exact(money))
  const sourced = ([...SOURCED_RULES, 'locked'] as const).flatMap(rule =>
    found
      .filter(({ kind }) => kind === rule)
      .map((row): FigureRow => {
        const explain = token('M57', { kind: rule, name: row.name })
        return {
          rule,
          sourced_by: row.name,
          metric: 'M57',
          value: worth(row),
          unit,
          flags: flagsOf(row.deals, [...flags, ...lockedOf(row)]),
          explain,
        }
      }),
  )
  const influenced = found.find(({ kind, name }) => kind === 'influenced' && name === 'yes')
  const claims = found.filter(({ kind }) => kind === 'claimed')
  const all = claims.reduce((sum, row) => sum + worth(row), 0)
  const deals = claims.reduce((sum, row) => sum + row.deals, 0)
  const claimed = (names: readonly string[]): FigureRow => {
    const part = claims.filter(({ name }) => names.includes(name)).reduce((sum, row) => sum + worth(row), 0)
    return {
      metric: 'M36',
      value: ratio(part, all),
      unit: 'ratio',
      numerator: part,
      denominator: all,
      flags: flagsOf(deals, flags),
      explain: token('M36', { kind: 'claimed', names }),
    }
  }
  return [
    ...sourced,
    {
      metric: 'M58',
      value: influenced === undefined ? 0 : worth(influenced),
      unit,
      flags: flagsOf(influenced?.deals ?? 0, flags),
      explain: token('M58', { kind: 'influenced', campaigns: [] }),
    },
    claimed(GAP),
    ...CLAIMS.map(name => ({ claimed_by: name, ...claimed([name]) })),
  ]
}

/** M57 by all three definitions, M58 and M36, by the question's dimensions and in total. */
export const sourcedAnswer = async (store: Store, given: AnswerContext, question: DealsQuestion, explain: Explain): Promise<Figures> => {
  const context = inTheWindow(given, conversionsOf(question))
  const [found, excluded] = await Promise.all([
    store.read(sourcedFigure(context.sources, question, context.definitions, locksOf(given))),
    store.read(attributionExcluded(context.sources, { ...question, by: [], filters: {} })),
  ])
  assertNotTooMany(found.length)
  const all = found.map(row => Row.parse(row))
  const dimsOf = (row: Row): Record<string, string> => Object.fromEntries(question.by.map(name => [name, String(row[name])]))
  const parts = Map.groupBy(
    all.filter(row => row.is_total === 0),
    row => JSON.stringify(dimsOf(row)),
  )
  const token =
    (narrowed: DealsQuestion) =>
    (metric: string, part: SourcedPart): string =>
      explain('sourced', metric, { question: narrowed, part })
  const rows = [...parts.values()].flatMap(of => {
    const dims = of[0] === undefined ? {} : dimsOf(of[0])
    const filters = { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) }
    return rowsOf(of, question, context.flags, token({ ...question, by: [], filters })).map(row => ({ ...dims, ...row }))
  })
  const total = rowsOf(
    all.filter(row => row.is_total === 1),
    question,
    context.flags,
    token({ ...question, by: [] }),
  )
  return { rows: question.by.length === 0 ? total : rows, total, excluded: excludedOf(excluded, 'deals') }
}

/** Of one period: M36 by the dimensions and in total, and what the deals are worth by whether both teams touched them (metrics M101). */
export type JointFigures = {
  readonly gap: Pick<Figures, 'rows' | 'total'>
  readonly touched: readonly {
    readonly dims: Readonly<Record<string, string>>
    readonly isTotal: boolean
    readonly both: number
    readonly all: number
    readonly deals: number
  }[]
}

/** M36 and M101 of several periods, none of them in another, from one reading of the deals. The tokens of M36 are those of `/v1/sourced`. */
export const jointAnswers = async (
  store: Store,
  given: AnswerContext,
  questions: readonly (DealsQuestion & { readonly name: string })[],
  explain: Explain,
): Promise<readonly JointFigures[]> => {
  const [first] = questions
  if (first === undefined) return []
  const context = inTheWindow(given, conversionsOf(first))
  const { name: _name, ...shared } = first
  const periods = questions.map(({ name, from, to }): DatedPeriod => ({ name, from: from ?? '', to: to ?? '9999-12-31' }))
  const found = await store.read(jointFigure(context.sources, shared, context.definitions, periods))
  const byPeriod = Map.groupBy(
    found.map(row => Row.parse(row)),
    row => String(row['period']),
  )
  return questions.map(({ name, ...question }): JointFigures => {
    const mine = byPeriod.get(name) ?? []
    const dimsOf = (row: Row): Record<string, string> => Object.fromEntries(question.by.map(dim => [dim, String(row[dim])]))
    const token = (metric: string, part: SourcedPart): string => explain('sourced', metric, { question: { ...question, by: [] }, part })
    const gapOf = (rows: readonly Row[], dims: Record<string, string>, tell: typeof token): readonly FigureRow[] =>
      rowsOf(
        rows.filter(({ kind }) => kind === 'claimed'),
        question,
        given.flags,
        tell,
      )
        .filter(row => row.metric === 'M36' && row['claimed_by'] === undefined)
        .map(row => ({ ...dims, ...row }))
    const groups = [...Map.groupBy(mine, row => JSON.stringify([row.is_total, row.is_total === 1 ? {} : dimsOf(row)])).values()]
    const parts = groups.map(rows => ({
      rows,
      isTotal: rows[0]?.is_total === 1,
      dims: rows[0] === undefined || rows[0].is_total === 1 ? {} : dimsOf(rows[0]),
    }))
    return {
      gap: {
        rows: parts.filter(({ isTotal }) => !isTotal).flatMap(({ rows, dims }) => gapOf(rows, dims, () => '')),
        total: [...gapOf(parts.find(({ isTotal }) => isTotal)?.rows ?? [], {}, token)],
      },
      touched: parts.map(({ rows, isTotal, dims }) => {
        const touched = rows.filter(({ kind }) => kind === 'touched')
        const worth = (some: readonly Row[]): number => some.reduce((sum, row) => sum + exact(row.money), 0)
        return {
          dims,
          isTotal,
          both: worth(touched.filter(({ name: who }) => who === 'both')),
          all: worth(touched),
          deals: touched.reduce((sum, { deals }) => sum + deals, 0),
        }
      }),
    }
  })
}

const Part = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum([...SOURCED_RULES, 'locked']), name: z.string() }),
  z.strictObject({ kind: z.literal('influenced'), campaigns: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('claimed'), names: z.array(z.string()) }),
])
const Asked = z.strictObject({ question: z.unknown(), part: Part })

const isThe = (row: FigureRow, part: SourcedPart): boolean => {
  if (part.kind === 'influenced') return row.metric === 'M58'
  if (part.kind === 'claimed') return row.metric === 'M36' && (row['claimed_by'] ?? '') === (part.names.length === 1 ? part.names[0] : '')
  return row['rule'] === part.kind && row['sourced_by'] === part.name
}

export const sourcedExplained: ExplainableFigure = {
  definitionsOf: sourcedRestsOn,
  explain: async (store, given, metric, asked) => {
    const { question: of, part } = Asked.parse(asked)
    const question = dealsQuestionFrom(of)
    const { total } = await sourcedAnswer(store, given, question, () => '')
    const row = total.find(one => one.metric === metric && isThe(one, part))
    if (row === undefined) return null
    const context = inTheWindow(given, conversionsOf(question))
    return { row, proof: sourcedProof(context.sources, question, context.definitions, locksOf(given), part), divisor: 1 }
  },
}
