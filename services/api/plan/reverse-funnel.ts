import { z } from 'zod'
import type { StageMap } from '../../domain/definitions/stage-map.ts'
import {
  crossingOf,
  FED,
  openDue,
  type PlanCohort,
  planCounts,
  planLags,
  planStepProof,
  wonFigure,
  wonProof,
  type WonQuestion,
} from '../../domain/figures/plan-funnel.ts'
import { spendFigure } from '../../domain/figures/spend.ts'
import { sql } from '../../domain/sql.ts'
import { addDays, dateAt } from '../../domain/periods.ts'
import { perChannel, type PlanStep, reverseFunnel, wholeUnits } from '../../domain/plan/reverse-funnel.ts'
import type { Store } from '../../store/port.ts'
import { exact, type FigureRow, flagsOf, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { ExplainableFigure, Explain, ProofItem } from '../explain/figure.ts'
import { itemOf, proofTo } from '../forecast/cells.ts'
import { askedFor, DEFAULT_PERIODS, forecasterOf } from '../forecast/routes.ts'
import { stageMapName } from '../funnel/stages.ts'
import { spendRow } from '../spend/figure.ts'
import { type Derived, partTerms, type Proof, type Term, wholeTerms } from './derived.ts'

const DAY_MS = 86_400_000
const MICROS_PER_DAY = 86_400_000_000

export type ReverseFunnelAsked = {
  readonly stageMap: StageMap
  /** Dates in the tenant's zone, `to` exclusive. */
  readonly period: string
  readonly from: string
  readonly to: string
  /** Minor units; null: what targets of the period add up to. */
  readonly target: number | null
  readonly renewals: number
  readonly open: number | null
  readonly meanValue: number | null
  /** `from>to` of the stage map → rate. */
  readonly rates: ReadonlyMap<string, number>
  readonly fedShare: number
  readonly historyDays: number
  readonly horizonDays: number
  readonly currency: string
}

const Counts = z.looseObject({ channel: z.string(), crossed: z.coerce.number() })
const Lag = z.object({ place: z.coerce.number(), deals: z.coerce.number(), median: z.coerce.number(), p90: z.coerce.number() })
const Won = z.object({ deals: z.coerce.number(), money: z.coerce.bigint(), missing: z.coerce.number() })
const Open = z.object({ place: z.coerce.number(), deals: z.coerce.number(), money: z.coerce.bigint() })

const readCounts = async (store: Store, { sources }: AnswerContext, cohort: PlanCohort, counted: 'journeys' | 'deals') =>
  (await store.read(planCounts(sources, cohort, counted))).map(row => {
    const { channel, crossed } = Counts.parse(row)
    return { channel, crossed, reached: cohort.stageMap.stages.map((_, i) => z.coerce.number().parse(row[`r${i + 1}`])) }
  })

/** The part that is the mean won value, by its name in tokens. */
export const WON_PART = 'mean_won_value'
/** How many deals were won. */
export const WON_DEALS_PART = 'won_deals'

type Part = z.infer<typeof PartQuestion>
/** As it stands in explain tokens: one input of the plan. */
const PartQuestion = z.union([
  z.strictObject({
    part: z.literal('step'),
    from: z.string(),
    to: z.string(),
    cohort: z.strictObject({ from: z.number(), to: z.number(), horizonDays: z.number(), currency: z.string(), zone: z.string() }),
  }),
  z.strictObject({
    part: z.enum(['won', WON_PART, WON_DEALS_PART]),
    won: z.strictObject({ from: z.string(), to: z.string(), types: z.enum(['new', 'all']), currency: z.string(), zone: z.string() }),
  }),
])

const wonOf = async (store: Store, { sources }: AnswerContext, question: WonQuestion) =>
  Won.parse((await store.read(wonFigure(sources, question)))[0])

const wonRow = (won: z.infer<typeof Won>, { currency }: WonQuestion, flags: readonly string[]): FigureRow => ({
  part: 'won',
  metric: 'M96',
  value: exact(won.money),
  unit: `${currency} minor`,
  flags: flagsOf(Number.POSITIVE_INFINITY, flags),
})

const meanRow = (won: z.infer<typeof Won>, override: number | null, currency: string, flags: readonly string[]): FigureRow => ({
  part: 'mean_won_value',
  metric: 'M96',
  value: override ?? (won.deals === 0 ? null : Math.round(exact(won.money) / won.deals)),
  unit: `${currency} minor`,
  ...(override === null ? { numerator: exact(won.money), denominator: won.deals } : {}),
  flags: override === null ? flagsOf(won.deals, flags) : [...flags, 'override'].toSorted(),
})

/** The open part of M81: what was won of deals that stood as these do at the same point of earlier periods; null where there is no such period. */
const samePointOpen = async (
  store: Store,
  context: AnswerContext,
  { period, currency }: ReverseFunnelAsked,
): Promise<{ readonly value: number; readonly items: () => readonly ProofItem[] } | null> => {
  const asked = askedFor(period, { periods: DEFAULT_PERIODS }, context)
  if (asked === null) return null
  const { run } = await forecasterOf(store).run(context, { ...asked, currency })
  const parts = run.latest.parts.get('same-point')?.filter(({ part }) => part === 'open')
  if (parts === undefined) return null
  const value = Math.round(parts.reduce((sum, part) => sum + part.value, 0))
  const places = new Map(run.latest.known.open.map(deal => [deal.place, deal]))
  return {
    value,
    items: () =>
      proofTo(
        parts.map(part => ({ deal: places.get(part.place) ?? null, value: part.value, note: 'at the yield of its stage at this point' })),
        value,
      ),
  }
}

/**
 * M96: inputs (`part`: target, won, open, renewals, remaining, mean_won_value), what each stage needs (`stage`) with the rate to the next one, and leads and spend
 * per channel. Rates are of journeys opened, and deals qualified, long enough ago to have had their horizon.
 */
export const reverseFunnelAnswer = async (
  store: Store,
  context: AnswerContext,
  asked: ReverseFunnelAsked,
  targets: readonly Term[],
  explain: Explain,
): Promise<Derived> => {
  const { stageMap, currency, horizonDays, historyDays } = asked
  const { sources, observedTo, settings, flags } = context
  const { zone } = settings
  const target = targets.reduce((sum, { value }) => sum + value, 0)
  const names = stageMap.stages.map(stage => stage.name)
  const crossing = crossingOf(stageMap)
  const today = dateAt(observedTo, zone)
  const base = { stageMap, currency, zone }
  const trailing: WonQuestion = { from: addDays(today, -historyDays), to: addDays(today, 1), types: 'new', currency, zone }
  const inPeriod: WonQuestion = { from: asked.from, to: asked.to, types: 'all', currency, zone }
  const lags = (await store.read(planLags(sources, { ...base, from: observedTo - historyDays * DAY_MS, to: observedTo, horizonDays }))).map(
    row => Lag.parse(row),
  )
  const cycle = lags.find(lag => lag.place === crossing)
  // M19s: the horizon of deals is the p90 of their cycle
  const dealDays = Math.max(1, Math.ceil((cycle?.p90 ?? horizonDays * MICROS_PER_DAY) / MICROS_PER_DAY))
  const cohortOf = (days: number): PlanCohort => ({
    ...base,
    from: observedTo - (days + historyDays) * DAY_MS,
    to: observedTo - days * DAY_MS,
    horizonDays: days,
  })
  const [ofJourneys, ofDeals] = [cohortOf(horizonDays), cohortOf(dealDays)]
  const [journeys, deals, won, recent, openRows, spend] = await Promise.all([
    readCounts(store, context, ofJourneys, 'journeys'),
    readCounts(store, context, ofDeals, 'deals'),
    wonOf(store, context, inPeriod),
    wonOf(store, context, trailing),
    store.read(openDue(sources, stageMap, { to: asked.to, currency, zone })),
    store.read(
      spendFigure(
        sources,
        { by: ['channel'], filters: {}, scope: 'program', from: dateAt(ofJourneys.from, zone), to: dateAt(ofJourneys.to, zone), currency },
        { budgets: false, definitions: context.definitions },
      ),
    ),
  ])
  const sum = (rows: typeof journeys, place: number): number => rows.reduce((all, row) => all + (row.reached[place - 1] ?? 0), 0)
  const crossed = journeys.reduce((all, row) => all + row.crossed, 0)
  const steps = names.slice(1).map((to, i): PlanStep => {
    const [from, place] = [names[i] ?? '', i + 1]
    const override = asked.rates.get(`${from}>${to}`) ?? null
    if (place + 1 === crossing)
      return { from, to, kind: 'yield', numerator: crossed, denominator: sum(journeys, place), override, share: asked.fedShare }
    const rows = place >= crossing ? deals : journeys
    return { from, to, kind: 'rate', numerator: sum(rows, place + 1), denominator: sum(rows, place), override }
  })
  const toWin = steps.findLast(step => step.from === names[crossing - 1])
  const winRate = toWin === undefined ? 0 : (toWin.override ?? (toWin.denominator === 0 ? 0 : toWin.numerator / toWin.denominator))
  const said = asked.open === null ? await samePointOpen(store, context, asked) : null
  const openMoney = openRows.map(row => Open.parse(row)).reduce((all, row) => all + exact(row.money), 0)
  // nothing can be won any more in a period that is over
  const open = asked.open ?? (asked.to <= today ? 0 : (said?.value ?? Math.round(openMoney * winRate)))
  const mean = meanRow(recent, asked.meanValue, currency, flags)
  const remaining = target - exact(won.money) - open - asked.renewals
  const needs = reverseFunnel({ remaining, meanWonValue: mean.value, steps })
  const proofs = new Map<FigureRow, Proof>()
  const proven = (row: FigureRow, proof: Proof): FigureRow => {
    proofs.set(row, proof)
    return row
  }
  const money = (part: string, value: number, more: readonly string[] = []): FigureRow => ({
    part,
    metric: 'M96',
    value,
    unit: `${currency} minor`,
    flags: [...flags, ...more].toSorted(),
  })
  const token = (question: Part): { explain: string } => ({ explain: explain('plan', 'M96', question) })
  const assumed = (id: string, value: number, note = 'as it was asked'): Proof => wholeTerms([{ id, value, note }])
  const openProof: Proof =
    asked.open !== null
      ? assumed('open', open)
      : asked.to <= today
        ? assumed('open', 0, 'the period is over')
        : said !== null
          ? { items: said.items, divisor: 1 }
          : assumed('open', open, `${openMoney} due in the period × ${winRate.toFixed(4)}`)
  const inputs: FigureRow[] = [
    proven(money('target', target, asked.target === null ? [] : ['override']), wholeTerms(targets)),
    { ...wonRow(won, inPeriod, flags), ...token({ part: 'won', won: inPeriod }) },
    proven(
      {
        ...money('open', open, asked.open !== null ? ['override'] : []),
        method: asked.open !== null ? 'given' : said === null ? 'stage-weighted' : 'same-point',
      },
      openProof,
    ),
    proven(money('renewals', asked.renewals), assumed('renewals', asked.renewals)),
    proven(
      money('remaining', remaining, remaining <= 0 ? ['target_met'] : []),
      wholeTerms([
        { id: 'target', value: target },
        { id: 'won', value: -exact(won.money) },
        { id: 'open', value: -open },
        { id: 'renewals', value: -asked.renewals },
      ]),
    ),
    asked.meanValue === null
      ? { ...mean, ...token({ part: 'mean_won_value', won: trailing }) }
      : proven(mean, assumed('mean_won_value', asked.meanValue)),
  ]
  const { stageMap: _journeyMap, ...journeyCohort } = ofJourneys
  const { stageMap: _dealMap, ...dealCohort } = ofDeals
  const rateRows = steps.map((step): FigureRow => {
    const cohort = names.indexOf(step.from) + 1 >= crossing ? dealCohort : journeyCohort
    const label = {
      part: 'rate',
      stage: step.from,
      stage_to: step.to,
      counted: step.kind === 'yield' ? 'deals_per_journey' : cohort === dealCohort ? 'deals' : 'journeys',
    }
    if (step.override !== null)
      return proven(
        { ...label, metric: 'M96', value: step.override, unit: 'ratio', flags: [...flags, 'override'].toSorted() },
        partTerms(step.override, [{ id: `${step.from}>${step.to}`, value: step.override, note: 'as it was asked' }]),
      )
    return {
      ...label,
      metric: 'M96',
      ...rateOf(step.numerator, step.denominator, flags),
      ...token({ part: 'step', from: step.from, to: step.to, cohort }),
    }
  })
  /** How many of a stage there have to be, from those of the stage after it. */
  const needProof = (need: (typeof needs)[number], value: number): Proof => {
    const after = needs[needs.indexOf(need) - 1]
    const note =
      after === undefined
        ? `${remaining} missing / ${mean.value ?? 0} a won deal, rounded up`
        : `${(after.needed ?? 0).toFixed(2)} ${after.stage} / ${(need.rate ?? 0).toFixed(4)}, rounded up`
    return assumed(after?.stage ?? 'remaining', value, note)
  }
  const stageRows = needs.map((need): FigureRow => {
    const lag = lags.find(each => each.place === names.indexOf(need.stage) + 1)
    const days = need.rate === null ? 0 : lag === undefined ? null : Math.round(lag.median / MICROS_PER_DAY)
    const until = days === null ? null : addDays(asked.to, -days)
    const value = need.needed === null ? null : wholeUnits(need.needed)
    const made: FigureRow = {
      part: 'needed',
      stage: need.stage,
      metric: 'M96',
      value,
      unit: 'count',
      ...(need.interval === null ? {} : { interval: [need.interval[0], need.interval[1]] }),
      lag_days: days,
      from: days === null ? null : addDays(asked.from, -days),
      to: until,
      flags: [
        ...flags,
        ...(until !== null && until <= today && need.needed !== 0 ? ['too_late'] : []),
        ...(lag !== undefined && lag.deals < 30 ? ['low_n'] : []),
      ].toSorted(),
    }
    return value === null ? made : proven(made, needProof(need, value))
  })
  const leads = needs.at(-1)?.needed ?? null
  const costs = new Map(
    spend
      .map(row => ({ ...spendRow(row), channel: String(row['channel']) }))
      .flatMap(row => (row.is_total === 1 ? [] : [[row.channel, exact(row.spent)] as const])),
  )
  const channelLeads = new Map(journeys.map(({ channel, reached }) => [channel, reached[0] ?? 0]))
  const allLeads = [...channelLeads.values()].reduce((all, each) => all + each, 0)
  const channels =
    leads === null
      ? []
      : perChannel(
          leads,
          journeys.map(({ channel, reached }) => ({ channel, leads: reached[0] ?? 0, spend: costs.get(channel) ?? 0 })),
        ).flatMap((need): FigureRow[] => {
          const spent = need.spend === null ? null : Math.round(need.spend)
          const leadsRow: FigureRow = {
            part: 'channel_leads',
            channel: need.channel,
            stage: names[0],
            metric: 'M96',
            value: wholeUnits(need.leads),
            unit: 'count',
            flags: [...flags],
          }
          const costRow: FigureRow = {
            part: 'channel_spend',
            channel: need.channel,
            metric: 'M96',
            value: spent,
            unit: `${currency} minor`,
            cost_per_lead: need.costPerLead === null ? null : Math.round(need.costPerLead),
            flags: [...flags, ...(costs.has(need.channel) ? [] : ['no_spend'])].toSorted(),
          }
          const had = channelLeads.get(need.channel) ?? 0
          return [
            proven(leadsRow, assumed('leads', wholeUnits(need.leads), `${leads.toFixed(2)} leads × ${had} of ${allLeads}, rounded up`)),
            spent === null
              ? costRow
              : proven(costRow, assumed('leads', spent, `${need.leads.toFixed(2)} leads × ${Math.round(need.costPerLead ?? 0)} each`)),
          ]
        })
  const fedDeals = deals.find(row => row.channel === FED)?.reached[crossing - 1] ?? 0
  const qualified = sum(deals, crossing)
  const total: FigureRow[] = [
    ...inputs,
    proven(
      { part: 'fed_share', metric: 'M96', ...rateOf(fedDeals, qualified, flags) },
      {
        divisor: 1,
        items: () => [
          itemOf('term', 'fed', fedDeals, { base: fedDeals, note: 'qualified deals that a journey feeds' }),
          itemOf('term', 'not fed', 0, { base: qualified - fedDeals, note: 'qualified deals that none feeds' }),
        ],
      },
    ),
  ]
  return {
    rows: [...stageRows, ...rateRows, ...channels],
    total,
    excluded: recent.missing + won.missing > 0 ? { amount_or_rate_missing: recent.missing + won.missing } : {},
    proofs,
  }
}

export const planExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }) => [stageMapName(definitions.stageMap)],
  explain: async (store, context, _metric, asked) => {
    const question = PartQuestion.parse(asked)
    const { sources, definitions } = context
    if (question.part === 'step') {
      const cohort = { ...question.cohort, stageMap: definitions.stageMap }
      const proof = planStepProof(sources, cohort, question.from, question.to)
      const names = definitions.stageMap.stages.map(stage => stage.name)
      const [start, end, crossing] = [names.indexOf(question.from) + 1, names.indexOf(question.to) + 1, crossingOf(definitions.stageMap)]
      const rows = await readCounts(store, context, cohort, start >= crossing ? 'deals' : 'journeys')
      const atCrossing = start < crossing && end >= crossing
      const numerator = rows.reduce((all, row) => all + (atCrossing ? row.crossed : (row.reached[end - 1] ?? 0)), 0)
      const denominator = rows.reduce((all, row) => all + (row.reached[start - 1] ?? 0), 0)
      return {
        row: { part: 'rate', stage: question.from, stage_to: question.to, metric: 'M96', ...rateOf(numerator, denominator, context.flags) },
        proof,
        divisor: 1,
      }
    }
    const won = await wonOf(store, context, question.won)
    const proof = wonProof(sources, question.won)
    if (question.part === WON_DEALS_PART)
      return {
        row: { part: WON_DEALS_PART, metric: 'M96', value: won.deals, unit: 'count', flags: flagsOf(won.deals, context.flags) },
        proof: sql`SELECT * REPLACE (toInt64(1) AS contribution, toInt64(0) AS base) FROM (${proof})`,
        divisor: 1,
      }
    const row =
      question.part === 'won' ? wonRow(won, question.won, context.flags) : meanRow(won, null, question.won.currency, context.flags)
    return { row, proof, divisor: 1 }
  },
}
