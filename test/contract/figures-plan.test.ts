import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { shippedStageMap } from '../../services/domain/definitions/stage-map.ts'
import { type PlanCohort, planCounts, planLags, planStepProof, wonFigure } from '../../services/domain/figures/plan-funnel.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { diceOf } from '../support/dice.ts'
import { dealRow, type FigureStore, openFigureStore, rateRow, TENANT, VERSION } from '../support/figure-rows.ts'

let figures: FigureStore
beforeAll(async () => {
  figures = await openFigureStore()
})
afterAll(() => figures.close())
beforeEach(() => figures.empty())

const FOREVER = '2290-01-01 00:00:00.000000'
const day = (days: number): string => `${new Date(Date.UTC(2026, 0, 1 + days)).toISOString().slice(0, 10)} 00:00:00.000000`
const ms = (days: number): number => Date.UTC(2026, 0, 1 + days)

type Journey = { readonly stages: readonly (readonly [string, number])[]; readonly deal?: string; readonly channel?: string }

const personRow = (person: string, journeys: readonly Journey[]) => ({
  tenant: TENANT,
  person,
  account: 'a_1',
  opened_at: journeys.map(journey => day(journey.stages[0]?.[1] ?? 0)),
  opened_by: journeys.map(() => 'lead'),
  ended_at: journeys.map(() => FOREVER),
  outcome: journeys.map(() => 'open'),
  stages: journeys.map(journey => journey.stages.map(([stage]) => stage)),
  entered_at: journeys.map(journey => journey.stages.map(([, at]) => day(at))),
  stage_event_ids: journeys.map((journey, j) => journey.stages.map(([stage]) => `${person}-${j}-${stage}`)),
  channel: journeys.map(journey => journey.channel ?? 'search'),
  campaign: journeys.map(() => ''),
  owner: journeys.map(() => ''),
  deal_id: journeys.map(journey => journey.deal ?? ''),
  version: VERSION,
})

const deal = (deal_id: string, more: Record<string, string | number | readonly string[]> = {}) =>
  dealRow({
    deal_id,
    stages: ['qualified'],
    entered_at: [day(20)],
    stage_event_ids: [`${deal_id}-qualified`],
    closed_at: day(50),
    close_date: '2026-02-20',
    ...more,
  })

const sources = figureSources({ tenant: TENANT, asOf: VERSION, projections: keptProjections })
const cohort: PlanCohort = { stageMap: shippedStageMap, from: ms(0), to: ms(400), horizonDays: 90, currency: 'EUR', zone: 'UTC' }

const Counts = z.object({ channel: z.string(), crossed: z.coerce.number() })
const counted = async (which: 'journeys' | 'deals', asked = cohort) =>
  (await figures.rows(planCounts(sources, asked, which))).map(row => ({
    ...Counts.parse(row),
    reached: shippedStageMap.stages.map((_, i) => Number(row[`r${i + 1}`])),
  }))

describe('the cohort that a plan takes its rates from (M96)', () => {
  it('counts deals once: of 100 MQLs 10 feed 4 deals', async () => {
    await figures.insert(
      'person_journey',
      Array.from({ length: 100 }, (_, i) =>
        personRow(`p${i}`, [
          i < 10
            ? {
                stages: [
                  ['mql', 0],
                  ['sqo', 20],
                ],
                deal: `d${i % 4}`,
              }
            : { stages: [['mql', 0]] },
        ]),
      ),
    )
    await figures.insert(
      'deal_journey',
      ['d0', 'd1', 'd2', 'd3'].map(id => deal(id)),
    )
    // a journey that skipped the stages between has passed them
    expect(await counted('journeys')).toEqual([{ channel: 'search', crossed: 4, reached: [100, 100, 10, 10, 10, 0] }])
    const proof = await figures.rows(planStepProof(sources, cohort, 'sql', 'sqo'))
    expect(proof.reduce((sum, row) => sum + Number(row['contribution']), 0)).toBe(4)
    expect(proof).toHaveLength(10)
  })

  it('knows nothing past the horizon, and nobody past the stages of persons for a renewal', async () => {
    await figures.insert('person_journey', [
      personRow('late', [
        {
          stages: [
            ['lead', 0],
            ['mql', 91],
          ],
        },
      ]),
      personRow('renewal', [
        {
          stages: [
            ['lead', 0],
            ['sqo', 10],
          ],
          deal: 'd_r',
        },
      ]),
      personRow('in time', [
        {
          stages: [
            ['lead', 0],
            ['mql', 90],
          ],
        },
      ]),
    ])
    await figures.insert('deal_journey', [deal('d_r', { deal_type: 'renewal' })])
    expect(await counted('journeys')).toEqual([{ channel: 'search', crossed: 0, reached: [3, 2, 1, 1, 0, 0] }])
  })

  it('gives a deal to its earliest journey, also when that one is not in the cohort', async () => {
    await figures.insert('person_journey', [
      personRow('first', [
        {
          stages: [
            ['mql', 0],
            ['sqo', 20],
          ],
          deal: 'd1',
        },
      ]),
      personRow('second', [
        {
          stages: [
            ['mql', 10],
            ['sqo', 20],
          ],
          deal: 'd1',
        },
      ]),
    ])
    await figures.insert('deal_journey', [deal('d1')])
    expect((await counted('journeys'))[0]?.crossed).toBe(1)
    expect(await counted('journeys', { ...cohort, from: ms(5) })).toEqual([{ channel: 'search', crossed: 0, reached: [1, 1, 1, 1, 1, 0] }])
  })

  it('takes the median of the days straight to won, from the stages that were entered', async () => {
    await figures.insert('person_journey', [
      personRow('p1', [
        {
          stages: [
            ['lead', 0],
            ['mql', 10],
            ['sqo', 20],
            ['won', 50],
          ],
          deal: 'd1',
        },
      ]),
      personRow('p2', [
        {
          stages: [
            ['lead', 30],
            ['sqo', 20],
            ['won', 50],
          ],
          deal: 'd2',
        },
      ]),
      personRow('p3', [
        {
          stages: [
            ['lead', 40],
            ['sqo', 20],
            ['won', 50],
          ],
          deal: 'd3',
        },
      ]),
    ])
    await figures.insert(
      'deal_journey',
      ['d1', 'd2', 'd3'].map(id => deal(id)),
    )
    const lags = await figures.rows(planLags(sources, cohort))
    const days = lags.map(row => [
      Number(row['place']),
      Number(row['deals']),
      Number(row['median']) / 86_400e6,
      Number(row['p90']) / 86_400e6,
    ])
    // leads 50, 20 and 10 days before; one MQL; deals qualified on day 20
    expect(days).toEqual([
      [1, 3, 20, 50],
      [2, 1, 40, 40],
      [5, 3, 30, 30],
    ])
  })

  it('adds up what was won at the rate of the close, renewals apart', async () => {
    await figures.insert('record_facts', [rateRow('r1', 'USD', 'EUR', '2026-02-01', '0.5')])
    await figures.insert('deal_journey', [
      deal('d1'),
      deal('d2', { currency: 'USD' }),
      deal('d3', { deal_type: 'renewal' }),
      deal('d4', { deal_type: 'expansion' }),
      deal('d5', { currency: 'GBP' }),
    ])
    const won = async (types: 'new' | 'all') =>
      (await figures.rows(wonFigure(sources, { from: '2026-02-01', to: '2026-03-01', types, currency: 'EUR', zone: 'UTC' }))).map(row => [
        Number(row['deals']),
        Number(row['money']),
        Number(row['missing']),
      ])
    expect(await won('new')).toEqual([[2, 150_000, 1]])
    expect(await won('all')).toEqual([[3, 250_000, 1]])
  })

  it.each([11, 12, 13])('says of a drawn company what plain counting says (seed %i)', async seed => {
    const dice = diceOf(seed)
    const deals = Array.from({ length: 25 }, (_, i) => ({
      id: `d${i}`,
      type: dice.pick(['new-business', 'new-business', '', 'renewal', 'expansion']),
    }))
    const persons = Array.from({ length: 150 }, (_, i) => {
      const opened = dice.between(0, 300)
      const reach = dice.between(1, 6)
      const stages = shippedStageMap.stages
        .slice(0, reach)
        .flatMap((stage, place): (readonly [string, number])[] =>
          place > 0 && dice.chance(30) && place + 1 < reach ? [] : [[stage.name, opened + place * dice.between(0, 40)]],
        )
      return {
        id: `p${String(i).padStart(3, '0')}`,
        opened,
        stages: stages.toSorted((a, b) => a[1] - b[1]),
        deal: reach > 4 || dice.chance(10) ? dice.pick(deals).id : '',
        channel: dice.pick(['search', 'events', '']),
      }
    })
    await figures.insert(
      'person_journey',
      persons.map(({ id, stages, deal: fed, channel }) => personRow(id, [{ stages, deal: fed, channel }])),
    )
    await figures.insert(
      'deal_journey',
      deals.map(({ id, type }) => deal(id, { deal_type: type })),
    )

    const asked = { ...cohort, from: ms(50), to: ms(250), horizonDays: 60 }
    const names = shippedStageMap.stages.map(stage => stage.name)
    const isNew = (id: string): boolean => deals.some(each => each.id === id && (each.type === 'new-business' || each.type === ''))
    const farOf = ({ stages, deal: fed }: (typeof persons)[number]): number => {
      const start = stages[0]?.[1] ?? 0
      const places = stages.filter(([, at]) => at - start <= 60).map(([name]) => names.indexOf(name) + 1)
      return Math.max(0, ...places.map(place => (isNew(fed) ? place : Math.min(place, 4))))
    }
    const taken = new Set<string>()
    const expected = new Map<string, { crossed: number; reached: number[] }>()
    for (const person of persons.toSorted(
      (a, b) => (a.stages[0]?.[1] ?? 0) - (b.stages[0]?.[1] ?? 0) || (`${a.id}#1` < `${b.id}#1` ? -1 : 1),
    )) {
      const first = isNew(person.deal) && !taken.has(person.deal)
      taken.add(person.deal)
      const opened = person.stages[0]?.[1] ?? 0
      if (opened < 50 || opened >= 250) continue
      const channel = person.channel === '' ? '(none)' : person.channel
      const row = expected.get(channel) ?? { crossed: 0, reached: names.map(() => 0) }
      const far = farOf(person)
      expected.set(channel, {
        crossed: row.crossed + (first && far >= 5 ? 1 : 0),
        reached: row.reached.map((n, i) => n + (far >= i + 1 ? 1 : 0)),
      })
    }
    expect(await counted('journeys', asked)).toEqual(
      [...expected].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([channel, row]) => ({ channel, ...row })),
    )
  })
})
