import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { shippedStageMap } from '../../services/domain/definitions/stage-map.ts'
import { conversionCounts } from '../../services/domain/figures/funnel-conversion.ts'
import { cohortWins, type DealsQuestion, salesCycle, winRate } from '../../services/domain/figures/funnel-deals.ts'
import { leakCounts, type LeaksQuestion } from '../../services/domain/figures/funnel-leaks.ts'
import {
  type Facts,
  factsExcluded,
  rateFigure,
  rateProof,
  spanFigure,
  spanProof,
  spanTimes,
} from '../../services/domain/figures/funnel-measures.ts'
import { outcomeMix, regressions, reopenings, skips } from '../../services/domain/figures/funnel-outcomes.ts'
import { stays, velocities } from '../../services/domain/figures/funnel-times.ts'
import { survivalMedian } from '../../services/domain/figures/rates.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { outcomesOf, percentileOf, regressionsOf, skipsOf, staysOf, survivalMedianOf, type Unit } from '../oracles/funnel-ways.ts'
import { dealRow, type FigureStore, openFigureStore, TENANT, VERSION } from '../support/figure-rows.ts'

let figures: FigureStore
beforeAll(async () => {
  figures = await openFigureStore()
})
afterAll(() => figures.close())
beforeEach(() => figures.empty())

const FOREVER = '2290-01-01 00:00:00.000000'
const STAGES = shippedStageMap.stages.map(stage => stage.name)
const WON = STAGES.length
/** The day of January 2026 (and on), as the tables write it. */
const day = (days: number): string => `${new Date(Date.UTC(2026, 0, 1 + days)).toISOString().slice(0, 10)} 00:00:00.000000`
const ms = (days: number): number => Date.UTC(2026, 0, 1 + days)
const DAY_MICROS = 86_400_000_000
const NOW = 100

const sources = figureSources({ tenant: TENANT, asOf: VERSION, projections: keptProjections })
const question: DealsQuestion = {
  stageMap: shippedStageMap,
  counted: 'journeys',
  by: [],
  filters: {},
  from: null,
  to: null,
  zone: 'UTC',
  observedTo: ms(NOW),
  dealTypes: [],
  currency: 'EUR',
}
const all = { by: [], filters: {}, only: {} }
const read = (statement: Parameters<FigureStore['rows']>[0]) => figures.rows(statement)
const rates = async (facts: Facts, asked = all) =>
  (await read(rateFigure(facts, asked))).map(row =>
    [...facts.labels.map(label => row[label]), `${String(row['num'])}/${String(row['den'])}`].join(' '),
  )

const personRow = ({ id, channel, moves, endedAt, outcome }: Unit, deal = '') => ({
  tenant: TENANT,
  person: id,
  account: 'a_1',
  opened_at: [day(moves[0]?.[1] ?? 0)],
  opened_by: [`${id}-opened`],
  ended_at: [endedAt === null ? FOREVER : day(endedAt)],
  outcome: [outcome],
  stages: [moves.map(([place]) => STAGES[place - 1] ?? '')],
  entered_at: [moves.map(([, at]) => day(at))],
  stage_event_ids: [moves.map(([place, at]) => `${id}-${place}-${at}`)],
  channel: [channel],
  campaign: [''],
  owner: [''],
  deal_id: [deal],
  version: VERSION,
})
const unit = (id: string, moves: Unit['moves'], endedAt: number | null = null, outcome = 'open', channel = ''): Unit => ({
  id,
  channel,
  moves,
  endedAt,
  outcome,
})

describe('what became of a cohort', () => {
  it('M10: MQL, SQO, lost is advanced by the first count and lost by the second', async () => {
    await figures.insert('person_journey', [
      personRow(
        unit(
          'p1',
          [
            [2, 0],
            [5, 10],
          ],
          30,
          'lost',
        ),
      ),
      personRow(unit('p2', [[2, 0]], 5, 'rejected')),
      personRow(unit('p3', [[2, 90]])),
      personRow(
        unit('p4', [
          [2, 0],
          [1, 8],
        ]),
      ),
    ])
    expect(await rates(outcomeMix(sources, question), { ...all, only: { stage: ['mql'] } })).toEqual([
      'mql advanced advanced 1/1',
      'mql advanced open 1/1',
      'mql advanced regressed 1/1',
      'mql advanced rejected 1/1',
      'mql final lost 1/1',
      'mql final open 2/2',
      'mql final rejected 1/1',
    ])
  })

  it('M14 counts who went past a stage, M15 who came back to an earlier one', async () => {
    await figures.insert('person_journey', [
      personRow(
        unit('p1', [
          [1, 0],
          [3, 5],
          [2, 9],
        ]),
      ),
      personRow(
        unit('p2', [
          [1, 0],
          [2, 4],
        ]),
      ),
    ])
    expect(await rates(skips(sources, question))).toEqual(['lead 0/2', 'mql 1/2', 'sal 0/1'])
    expect(await rates(regressions(sources, question))).toEqual(['lead 0/2', 'mql 0/2', 'sal 1/1'])
  })

  it('M16: a deal that was closed and opened again is reopened, whatever it is now', async () => {
    const said = (deal: string, type: string, at: number) => ({
      tenant: TENANT,
      subject: deal,
      event_id: `${deal}-${type}-${at}`,
      type,
      occurred_at: day(at),
      recorded_at: day(at).slice(0, 23),
      appended_at: day(at).slice(0, 23),
      partition: 0,
      offset: 0,
    })
    await figures.insert('deal_journey', [
      dealRow({ deal_id: 'd1' }),
      dealRow({ deal_id: 'd2' }),
      dealRow({ deal_id: 'd3', outcome: 'open', closed_at: null }),
    ])
    await figures.insert('deal_facts', [
      said('d1', 'deal-closed', 1),
      said('d1', 'deal-reopened', 2),
      said('d1', 'deal-closed', 3),
      said('d2', 'deal-closed', 1),
    ])
    expect(await rates(reopenings(sources, { ...question, counted: 'deals' }))).toEqual(['1/2'])
    const proof = await read(rateProof(reopenings(sources, { ...question, counted: 'deals' }), all))
    expect(proof.map(row => [row['id'], row['note'], row['contribution'], row['base']])).toEqual([
      ['d1', 'reopened', '1', '1'],
      ['d2', '', '0', '1'],
    ])
  })

  it('M8 wants every stage in order, M9 takes a later one for all before it', async () => {
    await figures.insert('person_journey', [
      personRow(
        unit(
          'p1',
          [1, 2, 3, 4].map((place, i) => [place, i] as const),
        ),
      ),
      personRow(
        unit('p2', [
          [1, 0],
          [4, 3],
        ]),
      ),
      personRow(
        unit('p3', [
          [1, 0],
          [3, 1],
          [2, 2],
          [4, 3],
        ]),
      ),
    ])
    const asked = { ...question, counted: 'journeys' as const, transitions: [{ from: 'lead', to: 'sql', horizonDays: 90 }] }
    const converted = async (policy: 'every' | 'implied') =>
      (await read(conversionCounts(sources, { ...asked, policy }))).map(row => Number(row['converted']))
    expect(await converted('every')).toEqual([1])
    expect(await converted('implied')).toEqual([3])
  })
})

describe('how long it takes', () => {
  it('M11 is the latest stay, M12 all of them; {10, 20, 30, 40}: median 20, p90 40', async () => {
    await figures.insert('person_journey', [
      ...[10, 20, 30].map((days, i) => personRow(unit(`p${i}`, [[2, 0]], days, 'recycled'))),
      personRow(
        unit(
          'p9',
          [
            [2, 0],
            [1, 30],
            [2, 35],
            [3, 45],
          ],
          46,
          'disqualified',
        ),
      ),
      personRow(unit('p8', [[2, 70]])),
    ])
    const span = async (which: 'latest' | 'cumulative') =>
      (await read(spanFigure(stays(sources, question, which), { ...all, only: { stage: ['mql'] } }))).map(row => [
        Number(row['done']),
        Number(row['running']),
        Number(row['p50']) / DAY_MICROS,
        Number(row['p90']) / DAY_MICROS,
      ])
    expect(await span('latest')).toEqual([[4, 1, 10, 30]])
    expect(await span('cumulative')).toEqual([[4, 1, 20, 40]])
    const proof = await read(spanProof(stays(sources, question, 'cumulative'), { ...all, only: { stage: ['mql'] } }, { percentile: 90 }))
    expect(proof.map(row => [row['id'], Number(row['contribution']) / DAY_MICROS])).toEqual([
      ['p0#1', 0],
      ['p1#1', 0],
      ['p2#1', 0],
      ['p9#1', 40],
      ['p8#1', 0],
    ])
  })

  it('the Kaplan–Meier median waits for those who still run: four of ten after 1, 2, 3, 4 and six open is not reached', () => {
    const done = (micros: number) => ({ micros, done: true, units: 1 })
    expect(survivalMedian([1, 2, 3, 4].map(done))).toBe(2)
    expect(survivalMedian([...[1, 2, 3, 4].map(done), { micros: 120, done: false, units: 6 }])).toBeNull()
    expect(survivalMedian([done(1), { micros: 1, done: false, units: 1 }, done(2), done(3)])).toBe(2)
    expect(survivalMedian([])).toBeNull()
  })

  it('M13 is dated by the arrival; who was there before is out of order', async () => {
    await figures.insert('person_journey', [
      personRow(
        unit('p1', [
          [2, 0],
          [4, 12],
        ]),
      ),
      personRow(
        unit('p2', [
          [4, 0],
          [2, 5],
        ]),
      ),
    ])
    const facts = velocities(sources, { ...question, from: ms(10) }, [{ from: 'mql', to: 'sql' }])
    expect((await read(spanFigure(facts, all))).map(row => [row['stage_to'], Number(row['p50']) / DAY_MICROS])).toEqual([['sql', 12]])
    expect(await read(factsExcluded(velocities(sources, question, [{ from: 'mql', to: 'sql' }]), all))).toMatchObject([
      { reason: 'out_of_order' },
    ])
  })

  it('agrees with the oracle on any lives, whatever was skipped, gone back to or is still open; mixes add up to the cohort and channels to the total', async () => {
    const life = fc.record({
      channel: fc.constantFrom('email', 'search', ''),
      places: fc.array(fc.integer({ min: 1, max: WON }), { minLength: 1, maxLength: 7 }),
      gaps: fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 8, maxLength: 8 }),
      ends: fc.boolean(),
      outcome: fc.constantFrom('won', 'lost', 'recycled', 'disqualified'),
    })
    const seed = 7
    const lives = fc.sample(life, { numRuns: 120, seed })
    const units = lives.map(({ channel, places, gaps, ends, outcome }, i): Unit => {
      let at = 0
      const moves = places
        .map((place, k): readonly [number, number] => [place, (at += gaps[k] ?? 0)])
        .filter(([place], k) => k === 0 || place !== places[k - 1])
        .filter(([, when]) => when <= NOW)
      const first = moves[0] ?? [1, 0]
      const last = (moves.at(-1) ?? first)[1]
      return unit(
        `p${i}`,
        moves.length === 0 ? [[first[0], 0]] : moves,
        ends ? last + (gaps[7] ?? 0) : null,
        ends ? outcome : 'open',
        channel,
      )
    })
    await figures.insert(
      'person_journey',
      units.map(one => personRow(one)),
    )
    const mixes = await read(rateFigure(outcomeMix(sources, question), all))
    expect(
      new Map(
        mixes.map(row => [
          `${STAGES.indexOf(String(row['stage'])) + 1} ${String(row['mix'])} ${String(row['outcome'])}`,
          Number(row['num']),
        ]),
      ),
    ).toEqual(outcomesOf(units, WON, NOW))
    const byPlace = async (facts: Facts) =>
      new Map(
        (await read(rateFigure(facts, all))).map(row => [
          STAGES.indexOf(String(row['stage'])) + 1,
          [Number(row['num']), Number(row['den'])],
        ]),
      )
    expect(await byPlace(skips(sources, question))).toEqual(skipsOf(units, WON))
    expect(await byPlace(regressions(sources, question))).toEqual(regressionsOf(units, WON))
    for (const [which, named] of [
      ['latest', 'latest'],
      ['cumulative', 'all'],
    ] as const) {
      const facts = stays(sources, question, which)
      const expected = staysOf(units, WON, NOW, named)
      const times = await read(spanTimes(facts, all, 10_000))
      for (const row of await read(spanFigure(facts, all))) {
        const mine = expected.get(STAGES.indexOf(String(row['stage'])) + 1) ?? []
        const done = mine.filter(stay => stay.done).map(stay => stay.time)
        expect([Number(row['done']), Number(row['running'])], `${which} ${String(row['stage'])}, seed ${seed}`).toEqual([
          done.length,
          mine.length - done.length,
        ])
        const none = done.length === 0
        expect([row['p50'], row['p75'], row['p90']].map(p => (none ? null : Number(p) / DAY_MICROS))).toEqual(
          [50, 75, 90].map(p => percentileOf(done, p)),
        )
        const counted = times
          .filter(time => time['stage'] === row['stage'])
          .map(time => ({ micros: Number(time['micros']) / DAY_MICROS, done: Number(time['done']) === 1, units: Number(time['units']) }))
        expect(survivalMedian(counted)).toBe(survivalMedianOf(mine))
      }
    }
    const sliced = await read(rateFigure(outcomeMix(sources, { ...question, by: ['channel'] }), { ...all, by: ['channel'] }))
    for (const total of sliced.filter(row => Number(row['is_total']) === 1)) {
      const parts = sliced.filter(
        row => Number(row['is_total']) === 0 && ['stage', 'mix', 'outcome'].every(name => row[name] === total[name]),
      )
      expect(parts.reduce((sum, row) => sum + Number(row['num']), 0)).toBe(Number(total['num']))
    }
  })
})

describe('deals', () => {
  const deals = { ...question, counted: 'deals' as const, observedTo: ms(400) }
  const deal = (id: string, outcome: string, more = {}) =>
    dealRow({
      deal_id: id,
      stages: ['discovery', 'qualified'],
      entered_at: [day(0), day(10)],
      stage_event_ids: [`${id}-0`, `${id}-1`],
      created_at: day(0),
      outcome,
      closed_at: outcome === 'open' ? null : day(60),
      close_date: outcome === 'open' ? null : day(60).slice(0, 10),
      ...more,
    })

  it('M17 of 30 won, 30 lost and 60 never closed is 50 %, and M19 25 %; a duplicate is in neither', async () => {
    const closing = (id: string, reason: string) => ({
      tenant: TENANT,
      subject: id,
      event_id: `${id}-closed`,
      type: 'deal-closed',
      reason,
      occurred_at: day(60),
      recorded_at: day(60).slice(0, 23),
      appended_at: day(60).slice(0, 23),
      partition: 0,
      offset: 0,
    })
    await figures.insert('deal_journey', [
      ...Array.from({ length: 30 }, (_, i) => deal(`w${i}`, 'won')),
      ...Array.from({ length: 30 }, (_, i) => deal(`l${i}`, 'lost')),
      ...Array.from({ length: 60 }, (_, i) => deal(`o${i}`, 'open')),
      deal('twice', 'lost'),
      deal('early', 'lost', { stages: ['discovery'], entered_at: [day(0)], stage_event_ids: ['e'] }),
    ])
    await figures.insert('deal_facts', [closing('twice', 'Duplicate')])
    expect(await rates(winRate(sources, deals, 'count'))).toEqual(['30/60'])
    expect(await read(factsExcluded(winRate(sources, deals, 'count'), all))).toMatchObject([{ reason: 'duplicate_or_error' }])
    expect(await rates(cohortWins(sources, deals, 365), { ...all, only: { stage: ['sqo'] } })).toEqual(['sqo 30/120'])
    // nobody was won within 30 days of being qualified
    expect(await rates(cohortWins(sources, deals, 30), { ...all, only: { stage: ['sqo'] } })).toEqual(['sqo 0/120'])
  })

  it('M18 takes a lost deal at its last amount that was not nothing; M20 runs from creation or from the SQO to the close date', async () => {
    const amount = (at: number, value: number) => ({
      tenant: TENANT,
      subject: 'l',
      event_id: `l-${at}`,
      type: 'deal-amount-changed',
      amount: value,
      currency: 'EUR',
      occurred_at: day(at),
      recorded_at: day(at).slice(0, 23),
      appended_at: day(at).slice(0, 23),
      partition: 0,
      offset: 0,
    })
    await figures.insert('deal_journey', [deal('w', 'won', { amount: 300 }), deal('l', 'lost', { amount: 0 })])
    await figures.insert('deal_facts', [amount(1, 900), amount(50, 0)])
    expect(await rates(winRate(sources, deals, 'value'))).toEqual(['300/1200'])
    const cycle = async (start: 'creation' | 'sqo') =>
      Number((await read(spanFigure(salesCycle(sources, deals, start), all)))[0]?.['p50']) / DAY_MICROS
    expect([await cycle('creation'), await cycle('sqo')]).toEqual([60, 50])
  })

  it('M22: ten journeys that feed four deals make a yield of four, in the cohorts of the earliest', async () => {
    await figures.insert(
      'person_journey',
      Array.from({ length: 100 }, (_, i) =>
        i < 10
          ? personRow(
              unit(
                `p${i}`,
                [
                  [2, 0],
                  [5, 20 + i],
                ],
                60,
                'won',
              ),
              `d${i % 4}`,
            )
          : personRow(unit(`p${i}`, [[2, 0]])),
      ),
    )
    const horizons = [1, 2, 3, 4].map(k => k * 90 * 86_400_000)
    const asked: LeaksQuestion = {
      ...question,
      chain: ['mql', 'sal', 'sql', 'sqo', 'won'],
      cohorts: [{ from: ms(0), to: ms(1), part: 0 }],
      within: horizons,
      horizons,
    }
    const came = (await read(leakCounts(sources, asked))).map(row => [Number(row['depth']), Number(row['units'])])
    expect(came).toEqual([
      [0, 90],
      [2, 6],
      [3, 4],
    ])
  })
})
