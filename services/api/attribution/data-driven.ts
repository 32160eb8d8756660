import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import { creditByShare } from '../../domain/attribution/credit.ts'
import { fitMarkov } from '../../domain/attribution/markov.ts'
import type { FitLimits, FitRefusal, Fitted, PathCount } from '../../domain/attribution/paths.ts'
import { fitShapley } from '../../domain/attribution/shapley.ts'
import type { AttributionQuestion } from '../../domain/figures/attribution.ts'
import { attributionPaths, pathModel } from '../../domain/figures/attribution-paths.ts'
import { withChannelWeights } from '../../domain/figures/data-driven-credit.ts'
import type { FigureSources } from '../../domain/figures/sources.ts'
import { bind, joinSql, sql } from '../../domain/sql.ts'
import { HttpProblem, problem } from '../../http/problem.ts'
import type { Row, Store } from '../../store/port.ts'
import type { Fit } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'

/** Models that learn from all journeys what a channel is worth; the weights of the others are published. */
export const DATA_DRIVEN = ['markov@1', 'shapley@1', 'shapley-simple@1'] as const
type DataDriven = (typeof DATA_DRIVEN)[number]

export const dataDrivenModel = (name: string): DataDriven | null =>
  DATA_DRIVEN.find(model => model === name || model === `${name}@1`) ?? null

/** More distinct paths than this are refused: the period is to be shortened. */
const MAX_PATHS = 300_000
const SEED = 1

/** What a data-driven model says of a question. */
export type DataDrivenCredit = {
  /** Under which credit per conversion reads. */
  readonly sources: FigureSources
  /** Null of shapley-simple, which learns nothing. */
  readonly fitted: {
    readonly fit: Fit
    /** Under which every channel of a path earns: to find them all. */
    readonly alike: FigureSources
    /** Per channel its part of all conversions with a touch (millionths) and of their money (minor units). */
    readonly credit: ReadonlyMap<string, { readonly credit: bigint; readonly money: bigint }>
  } | null
}

/** Throws a 422 that names the limit when there is too little, or too much, to learn from (metrics M64). */
export const dataDrivenCredit = async (
  store: Store,
  context: AnswerContext,
  question: AttributionQuestion,
): Promise<DataDrivenCredit | null> => {
  const model = dataDrivenModel(question.model)
  if (model === null) return null
  const over = pathModel(context.definitions)
  const weighted = (channels: readonly string[], weights: readonly number[]): FigureSources =>
    withChannelWeights(context.sources, { model, over, channels, weights })
  if (model === 'shapley-simple@1') return { sources: weighted([], []), fitted: null }

  const order = question.order ?? 1
  const { tenant, definitions, sources, fitLimits: limits } = context
  const statements = attributionPaths(sources, { attribution: learnedFrom(question), order, tenant, definitions })
  // one more than are taken says that there are too many, without reading all of them
  const upTo = sql`LIMIT ${bind.uint(MAX_PATHS + 1)}`
  const read = (await Promise.all(statements.map(statement => store.read(joinSql([statement, upTo], '\n'))))).flat()
  if (read.length > MAX_PATHS) throw refusal(model, { code: 'too_many_paths', found: read.length, limit: MAX_PATHS })
  const { paths, money, openNulls } = pathsOf(read)
  const learned = model === 'markov@1' ? await learnMarkov(paths, order, limits) : await learnShapley(paths, limits)
  if (!learned.ok) throw refusal(model, learned.error)
  const { totals, channels, ...rest } = learned.value
  const credits = creditByShare(
    BigInt(totals.conversions) * 1_000_000n,
    channels.map(({ weight }) => weight),
  )
  const monies = creditByShare(
    money,
    channels.map(({ moneyWeight }) => moneyWeight),
  )
  const fit: Fit = {
    ...rest,
    paths: { distinct: totals.paths, conversions: totals.conversions, nulls: totals.nulls },
    open_null_share: totals.nulls === 0 ? null : openNulls / totals.nulls,
    channels: channels.map(({ shown }) => shown),
  }
  return {
    sources: weighted(
      channels.map(({ shown }) => shown.channel),
      channels.map(({ weight }) => weight),
    ),
    fitted: {
      fit,
      alike: weighted([], []),
      credit: new Map(channels.map(({ shown }, index) => [shown.channel, { credit: credits[index] ?? 0n, money: monies[index] ?? 0n }])),
    },
  }
}

const PathRow = z.object({
  channels: z.array(z.string()),
  conversions: z.coerce.number(),
  value: z.string(),
  nulls: z.coerce.number(),
  open_nulls: z.coerce.number(),
})

/** Rows of `attributionPaths`, one a distinct path, with the money and the open journeys of all of them. */
export const pathsOf = (
  rows: readonly Row[],
): { readonly paths: readonly PathCount[]; readonly money: bigint; readonly openNulls: number } => {
  let [money, openNulls] = [0n, 0]
  const paths = new Map<string, PathCount>()
  for (const row of rows) {
    const { channels, conversions, value, nulls, open_nulls } = PathRow.parse(row)
    money += BigInt(value)
    openNulls += open_nulls
    const path = channels.join('\u0000')
    const known = paths.get(path)
    paths.set(path, {
      channels,
      conversions: conversions + (known?.conversions ?? 0),
      value: Number(value) + (known?.value ?? 0),
      nulls: nulls + (known?.nulls ?? 0),
    })
  }
  return { paths: [...paths.values()], money, openNulls }
}

type Learned = Omit<Fit, 'paths' | 'open_null_share' | 'channels'> & {
  readonly totals: { readonly paths: number; readonly conversions: number; readonly nulls: number }
  /** `weight` shares conversions and each of them, `moneyWeight` money. */
  readonly channels: readonly { readonly shown: Fit['channels'][number]; readonly weight: number; readonly moneyWeight: number }[]
}

const learnMarkov = async (paths: readonly PathCount[], order: number, limits: FitLimits): Promise<Fitted<Learned>> => {
  const found = await turnByTurn(fitMarkov(paths, { order, limits }))
  if (!found.ok) return found
  const { states, totals, pConvert, valuePerPath, channels } = found.value
  const valued = totals.value !== 0
  return {
    ok: true,
    value: {
      order,
      states,
      totals,
      p_convert: pConvert,
      value_per_path: valued ? valuePerPath : null,
      sampled: null,
      channels: channels.map(one => ({
        shown: {
          channel: one.channel,
          removal_effect: one.removalEffect,
          removal_effect_value: valued ? one.removalEffectValue : null,
          share: one.conversions / totals.conversions,
          standard_error: null,
        },
        weight: one.removalEffect,
        moneyWeight: one.removalEffectValue,
      })),
    },
  }
}

const learnShapley = async (paths: readonly PathCount[], limits: FitLimits): Promise<Fitted<Learned>> => {
  const found = await turnByTurn(fitShapley(paths, { limits, seed: SEED }))
  if (!found.ok) return found
  const { states, totals, pConvert, sampled, channels } = found.value
  return {
    ok: true,
    value: {
      order: 1,
      states,
      totals,
      p_convert: pConvert,
      value_per_path: null,
      sampled,
      channels: channels.map(({ channel, share, standardError }) => ({
        shown: { channel, removal_effect: null, removal_effect_value: null, share, standard_error: standardError },
        weight: share,
        moneyWeight: share,
      })),
    },
  }
}

/** Lets others be answered between the steps of a long computation. */
const turnByTurn = async <T>(steps: Generator<void, T>): Promise<T> => {
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value
    await nextTurn()
  }
}

type Refusal = Omit<FitRefusal, 'code'> & { readonly code: FitRefusal['code'] | 'too_many_paths' }

const REASONS: Readonly<Record<Refusal['code'], (refusal: Refusal) => string>> = {
  too_few_conversions: ({ found, limit }) =>
    `needs at least ${limit} conversions with a touch, there are ${found}: ask for a longer period, or for another model`,
  too_many_channels: ({ found, limit }) => `takes at most ${limit} channels, there are ${found}: map raw names to fewer channels`,
  too_many_states: ({ limit }) => `takes at most ${limit} states: ask for a lower order, or a shorter period`,
  too_many_sweeps: ({ limit }) => `was not solved in ${limit} sweeps, journeys are too long: ask for a lower order`,
  too_many_paths: ({ limit }) => `takes at most ${limit} distinct paths, there are more: ask for a shorter period`,
}

const refusal = (model: DataDriven, why: Refusal): HttpProblem =>
  new HttpProblem(
    problem(422, 'Model refused', `${model} ${REASONS[why.code](why)}`, { code: why.code, found: why.found, limit: why.limit }),
  )

const isProvisional = ({ basis, conversion }: AttributionQuestion): boolean => basis === 'pipeline' && conversion === 'won'

/** Open deals have converted nowhere yet: what is said of them was learned from all that were won until now, or not. */
const learnedFrom = (question: AttributionQuestion): AttributionQuestion =>
  isProvisional(question) ? { ...question, basis: 'conversions', from: null, to: null } : question

/** Whether credit is of the channel as a whole (RE / ΣRE × total): by channel alone. By anything else, or before they convert, it is shared out deal by deal. */
export const isGlobal = (question: AttributionQuestion): boolean =>
  !isProvisional(question) && [...question.by, ...Object.keys(question.filters)].every(dimension => dimension === 'channel')
