import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { shippedStageMap } from '../../services/domain/definitions/stage-map.ts'
import {
  conversionCounts,
  conversionProof,
  type ConversionQuestion,
  conversionTimes,
} from '../../services/domain/figures/funnel-conversion.ts'
import { type FunnelStagesQuestion, stageEntries, stagesExcluded, stageVolumes } from '../../services/domain/figures/funnel-stages.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { dealRow, type FigureStore, openFigureStore, rateRow, TENANT, VERSION } from '../support/figure-rows.ts'

let figures: FigureStore
beforeAll(async () => {
  figures = await openFigureStore()
})
afterAll(() => figures.close())
beforeEach(() => figures.empty())

const FOREVER = '2290-01-01 00:00:00.000000'
/** The day of January 2026 (and on), as the tables write it. */
const day = (days: number): string => `${new Date(Date.UTC(2026, 0, 1 + days)).toISOString().slice(0, 10)} 00:00:00.000000`
const ms = (days: number): number => Date.UTC(2026, 0, 1 + days)

type Journey = {
  readonly stages: readonly (readonly [string, number])[]
  readonly ended?: number
  readonly outcome?: string
  readonly channel?: string
  readonly owner?: string
  readonly deal?: string
}

const personRow = (person: string, journeys: readonly Journey[]) => ({
  tenant: TENANT,
  person,
  account: 'a_1',
  opened_at: journeys.map(journey => day(journey.stages[0]?.[1] ?? 0)),
  opened_by: journeys.map(() => 'lead'),
  ended_at: journeys.map(journey => (journey.ended === undefined ? FOREVER : day(journey.ended))),
  outcome: journeys.map(journey => journey.outcome ?? 'open'),
  stages: journeys.map(journey => journey.stages.map(([stage]) => stage)),
  entered_at: journeys.map(journey => journey.stages.map(([, at]) => day(at))),
  stage_event_ids: journeys.map((journey, j) => journey.stages.map(([stage, at]) => `${person}-${j}-${stage}-${at}`)),
  channel: journeys.map(journey => journey.channel ?? ''),
  campaign: journeys.map(() => ''),
  owner: journeys.map(journey => journey.owner ?? ''),
  deal_id: journeys.map(journey => journey.deal ?? ''),
  version: VERSION,
})

const sources = figureSources({ tenant: TENANT, asOf: VERSION, projections: keptProjections })
const conversion: ConversionQuestion = {
  stageMap: shippedStageMap,
  counted: 'journeys',
  transitions: [{ from: 'mql', to: 'sql', horizonDays: 30 }],
  policy: 'implied',
  by: [],
  filters: {},
  from: null,
  to: null,
  zone: 'UTC',
  observedTo: ms(400),
}
const rates = async (more: Partial<ConversionQuestion> = {}) =>
  (await figures.rows(conversionCounts(sources, { ...conversion, ...more }))).map(row => ({
    ...Object.fromEntries((more.by ?? []).map(name => [name, row['is_total'] === 1 ? '=' : row[name]])),
    rate: `${String(row['converted'])}/${String(row['entries'])}`,
    open: Number(row['still_open']),
    out_of_order: Number(row['out_of_order']),
  }))

describe('cohort conversion (M6)', () => {
  it('counts within the horizon only, to the instant', async () => {
    await figures.insert('person_journey', [
      personRow('p1', [
        {
          stages: [
            ['mql', 0],
            ['sql', 30],
          ],
        },
      ]),
      personRow('p2', [
        {
          stages: [
            ['mql', 0],
            ['sql', 31],
          ],
        },
      ]),
      personRow('p3', [{ stages: [['mql', 0]], ended: 3, outcome: 'rejected' }]),
      personRow('p4', [{ stages: [['lead', 0]] }]),
    ])
    expect(await rates()).toEqual([{ rate: '1/3', open: 0, out_of_order: 0 }])
  })

  it('a skipped stage is passed when implied, and is not when strict', async () => {
    await figures.insert('person_journey', [
      personRow('p1', [
        {
          stages: [
            ['mql', 0],
            ['sqo', 5],
          ],
        },
      ]),
    ])
    expect(await rates()).toEqual([{ rate: '1/1', open: 0, out_of_order: 0 }])
    expect(await rates({ policy: 'strict' })).toEqual([{ rate: '0/1', open: 0, out_of_order: 0 }])
  })

  it('leaves out, and counts, what reached the target before', async () => {
    await figures.insert('person_journey', [
      personRow('p1', [
        {
          stages: [
            ['sql', 0],
            ['mql', 5],
            ['sql', 9],
          ],
        },
      ]),
      personRow('p2', [
        {
          stages: [
            ['mql', 0],
            ['sql', 1],
          ],
        },
      ]),
    ])
    expect(await rates()).toEqual([{ rate: '1/1', open: 0, out_of_order: 1 }])
  })

  it('counts every qualification cycle of a person by itself, by its own channel, owner and month', async () => {
    await figures.insert('person_journey', [
      personRow('p1', [
        { stages: [['mql', 0]], ended: 10, outcome: 'recycled', channel: 'email', owner: 'm_1' },
        {
          stages: [
            ['mql', 40],
            ['sql', 45],
          ],
          channel: 'search',
          owner: 'm_2',
        },
      ]),
      personRow('p2', [
        {
          stages: [
            ['mql', 41],
            ['sql', 49],
          ],
        },
      ]),
    ])
    const assigned = (owner: string, at: number) => ({
      tenant: TENANT,
      subject: 'p1',
      event_id: `to-${owner}`,
      type: 'lead-assigned',
      owner,
      occurred_at: day(at),
      recorded_at: day(at).slice(0, 23),
      appended_at: day(at).slice(0, 23),
      partition: 0,
      offset: 0,
    })
    await figures.insert('lead_facts', [assigned('m_1', 2), assigned('m_2', 41)])
    expect(await rates({ by: ['channel'] })).toEqual([
      { channel: '(none)', rate: '1/1', open: 0, out_of_order: 0 },
      { channel: 'email', rate: '0/1', open: 0, out_of_order: 0 },
      { channel: 'search', rate: '1/1', open: 0, out_of_order: 0 },
      { channel: '=', rate: '2/3', open: 0, out_of_order: 0 },
    ])
    expect((await rates({ by: ['month'] })).map(row => row.rate)).toEqual(['0/1', '2/2', '2/3'])
    expect(await rates({ filters: { owner: ['m_2', '(none)'] } })).toMatchObject([{ rate: '2/2' }])
    expect(await rates({ from: ms(40), to: ms(41) })).toMatchObject([{ rate: '1/1' }])
  })

  it('knows what is too young to tell, and gives the estimate its times', async () => {
    // observed on day 28: won after 10, rejected after 5, open since 8, won after 20
    await figures.insert('person_journey', [
      personRow('p1', [
        {
          stages: [
            ['mql', 0],
            ['sql', 10],
          ],
        },
      ]),
      personRow('p2', [{ stages: [['mql', 0]], ended: 5, outcome: 'rejected' }]),
      personRow('p3', [{ stages: [['mql', 20]] }]),
      personRow('p4', [
        {
          stages: [
            ['mql', 1],
            ['sql', 21],
          ],
        },
      ]),
    ])
    expect(await rates({ observedTo: ms(28) })).toEqual([{ rate: '2/4', open: 1, out_of_order: 0 }])
    const times = await figures.rows(conversionTimes(sources, { ...conversion, observedTo: ms(28) }, 100))
    expect(times.map(row => [Number(row['micros']) / 86_400_000_000, row['what'], Number(row['units'])])).toEqual([
      [5, 'exited', 1],
      [8, 'censored', 1],
      [10, 'converted', 1],
      [20, 'converted', 1],
    ])
  })

  it('follows a journey into its deal, and counts deals by themselves', async () => {
    await figures.insert('person_journey', [
      personRow('p1', [
        {
          stages: [
            ['mql', 0],
            ['sqo', 20],
            ['won', 25],
          ],
          ended: 25,
          outcome: 'won',
          channel: 'email',
          deal: 'd1',
        },
      ]),
    ])
    await figures.insert('deal_journey', [
      dealRow({
        deal_id: 'd1',
        stages: ['discovery', 'qualified', 'proposal', 'qualified'],
        entered_at: [day(18), day(20), day(22), day(23)],
        stage_event_ids: ['s0', 's1', 's2', 's3'],
        closed_at: day(25),
      }),
      dealRow({ deal_id: 'd2', stages: ['qualified'], entered_at: [day(2)], stage_event_ids: ['s4'], outcome: 'lost', closed_at: day(9) }),
      dealRow({ deal_id: 'd3', stages: ['discovery'], entered_at: [day(2)], stage_event_ids: ['s5'], outcome: 'open', closed_at: null }),
      dealRow({
        deal_id: 'd4',
        stages: ['qualified'],
        entered_at: [day(2)],
        stage_event_ids: ['s6'],
        counted: 0,
        excluded_because: 'deleted',
      }),
    ])
    expect(await rates({ transitions: [{ from: 'mql', to: 'won', horizonDays: 30 }] })).toMatchObject([{ rate: '1/1' }])
    const deals = { counted: 'deals', transitions: [{ from: 'sqo', to: 'won', horizonDays: 30 }] } as const
    expect(await rates(deals)).toMatchObject([{ rate: '1/2' }])
    expect(await rates({ ...deals, by: ['channel'] })).toMatchObject([
      { channel: '(none)', rate: '0/1' },
      { channel: 'email', rate: '1/1' },
      { channel: '=', rate: '1/2' },
    ])
    const proof = await figures.rows(conversionProof(sources, { ...conversion, ...deals }))
    expect(proof.map(row => [row['id'], row['note'], row['event_ids'], row['contribution']])).toEqual([
      ['d2', 'exited', ['s4'], '0'],
      ['d1', 'converted', ['s1', 'd1-closed'], '1'],
    ])
  })
})

describe('stages (M1–M5)', () => {
  const stages: FunnelStagesQuestion = {
    stageMap: shippedStageMap,
    counted: 'journeys',
    by: [],
    filters: {},
    from: null,
    to: null,
    zone: 'UTC',
    currency: 'EUR',
    volumesAt: [{ month: '', before: ms(400) }],
  }

  it('counts first entries, all entries and those created in the stage', async () => {
    await figures.insert('person_journey', [
      personRow('p1', [
        {
          stages: [
            ['lead', 0],
            ['mql', 2],
            ['lead', 4],
            ['mql', 6],
          ],
        },
      ]),
      personRow('p2', [{ stages: [['mql', 3]] }]),
      personRow('p3', [
        {
          stages: [
            ['lead', 0],
            ['parked', 1],
            ['lead', 2],
          ],
        },
      ]),
    ])
    const rows = async (more: Partial<FunnelStagesQuestion>) =>
      (await figures.rows(stageEntries(sources, { ...stages, ...more }))).map(row => [
        row['stage'],
        Number(row['first_entries']),
        Number(row['all_entries']),
        Number(row['created']),
      ])
    // a stage that the map does not know is no move
    expect(await rows({})).toEqual([
      ['lead', 2, 3, 2],
      ['mql', 2, 3, 1],
    ])
    expect(await rows({ from: ms(4), to: ms(7) })).toEqual([
      ['lead', 0, 1, 0],
      ['mql', 0, 1, 0],
    ])
    expect((await figures.rows(stagesExcluded(sources, stages))).map(row => [row['reason'], Number(row['units'])])).toEqual([
      ['unmapped_stage', 1],
    ])
  })

  it('takes volumes just before an instant, of what has not ended by then', async () => {
    await figures.insert('person_journey', [
      personRow('p1', [
        {
          stages: [
            ['lead', 0],
            ['mql', 10],
          ],
        },
      ]),
      personRow('p2', [{ stages: [['lead', 0]], ended: 15, outcome: 'disqualified' }]),
      personRow('p3', [{ stages: [['lead', 20]] }]),
    ])
    const at = async (days: number) =>
      (await figures.rows(stageVolumes(sources, { ...stages, volumesAt: [{ month: '', before: ms(days) }] }))).map(row => [
        row['stage'],
        Number(row['units']),
      ])
    expect(await at(10)).toEqual([['lead', 2]])
    expect(await at(11)).toEqual([
      ['lead', 1],
      ['mql', 1],
    ])
    expect(await at(15)).toEqual([
      ['lead', 1],
      ['mql', 1],
    ])
    expect(await at(16)).toEqual([['mql', 1]])
    expect(await at(30)).toEqual([
      ['lead', 1],
      ['mql', 1],
    ])
  })

  it('values deals by the amount in force then, and counts those without one apart', async () => {
    const deal = (id: string, more = {}) =>
      dealRow({
        deal_id: id,
        stages: ['qualified'],
        entered_at: [day(1)],
        stage_event_ids: [`${id}-s`],
        outcome: 'open',
        closed_at: null,
        ...more,
      })
    const amount = (id: string, event: string, at: number, value: number, currency: string) => ({
      tenant: TENANT,
      subject: id,
      event_id: event,
      type: 'deal-amount-changed',
      amount: value,
      currency,
      occurred_at: day(at),
      recorded_at: day(at).slice(0, 23),
      appended_at: day(at).slice(0, 23),
      partition: 0,
      offset: 0,
    })
    await figures.insert('deal_journey', [deal('d1'), deal('d2'), deal('d3'), deal('d4')])
    await figures.insert('deal_facts', [
      amount('d1', 'e1', 1, 100, 'EUR'),
      amount('d1', 'e2', 20, 300, 'EUR'),
      amount('d2', 'e3', 1, 100, 'USD'),
      amount('d3', 'e4', 1, 100, 'GBP'),
    ])
    await figures.insert('record_facts', [
      rateRow('r1', 'USD', 'EUR', '2026-01-01', '0.5'),
      rateRow('r2', 'USD', 'EUR', '2026-01-15', '0.7'),
    ])
    const at = async (days: number) =>
      (await figures.rows(stageVolumes(sources, { ...stages, counted: 'deals', volumesAt: [{ month: '', before: ms(days) }] }))).map(row =>
        ['stage', 'units', 'money', 'amount_missing', 'rate_missing'].map(name => (name === 'stage' ? row[name] : Number(row[name]))),
      )
    expect(await at(10)).toEqual([['sqo', 4, 150, 1, 1]])
    expect(await at(30)).toEqual([['sqo', 4, 370, 1, 1]])
  })
})
