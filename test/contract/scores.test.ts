import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { EventType } from '../../schemas/events/generated/types.ts'
import { ScoreModel } from '../../services/domain/definitions/score-model.ts'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { leadFeatures, leadSamples } from '../../services/domain/figures/score-features.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { travelledProjections } from '../../services/domain/figures/time-travel.ts'
import { createCodec } from '../../services/log/codec.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { generateCompany } from '../support/company.ts'
import { event, type Telling, topicOf } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const codec = createCodec({ registry: createOwnRegistry() })
const company = generateCompany({ seed: 21, size: 700 })
const appended = company.map(({ appended_at }) => appended_at).toSorted((a, b) => a - b)
const last = appended.at(-1) ?? 0
const middle = appended[Math.floor(appended.length / 2)] ?? 0

let offset = 2_000_000
const said = <T extends EventType>(type: T, telling: Telling<T>, appended_at: number): Recorded => {
  offset += 1
  return { event: codec.decode(codec.encode(event(type, telling))).event, appended_at, topic: topicOf(type), partition: 0, offset }
}

/** A model of one count: log odds are log(1 + count). */
const document = (of: 'lead' | 'deal', feature: string, version = 1) => ({
  id: `${of}-test`,
  version,
  of,
  outcome: 'won',
  horizon_days: 90,
  algorithm: 'logistic',
  features: [{ name: feature, kind: 'count' }],
  learned_from: { from: '2026-01-01', to: '2026-02-01', as_of: '2026-06-01T00:00:00Z', entries: 100, reached: 10 },
  quality: { entries: 50, auc_ppm: 700_000, brier_ppm: 100_000, log_loss_ppm: 300_000 },
  compared_with: { what: of === 'lead' ? 'buckets' : 'stages', auc_ppm: 600_000, log_loss_ppm: 310_000 },
  parameters: {
    model: {
      inputs: [{ feature, kind: 'count', missing: 0, mean: 0, scale: 1 }],
      learned: { algorithm: 'logistic', intercept: 0, weights: [version] },
      calibration: { slope: 1, offset: 0 },
    },
  },
})

const publication = (model: ReturnType<typeof document>, at: number): readonly Recorded[] => {
  const of = { definition_id: model.id, version: model.version, occurred_at: at * 1000 }
  return [
    said(
      'definition-published',
      {
        ...of,
        event_id: `p-${model.id}-${model.version}`,
        kind: 'score-model',
        function: 'marketing',
        member_id: 'm_m',
        document: JSON.stringify(model),
      },
      at,
    ),
    ...(['marketing', 'sales'] as const).map(name =>
      said(
        'definition-approved',
        { ...of, event_id: `a-${model.id}-${model.version}-${name}`, function: name, member_id: `approver_${name}` },
        at + 1,
      ),
    ),
  ]
}

const HOUR = 3_600_000
const start = last + 1_000
const person: readonly Recorded[] = [
  said(
    'touch-recorded',
    { event_id: 'f1', subject: 'person:scored', touch_type: 'form', direction: 'inbound', occurred_at: start * 1000 },
    start,
  ),
  said('lead-created', { event_id: 'l1', person_id: 'scored', lead_source: 'web', occurred_at: (start + HOUR) * 1000 }, start + HOUR),
  said(
    'touch-recorded',
    { event_id: 'f2', subject: 'person:scored', touch_type: 'form', direction: 'inbound', occurred_at: (start + 2 * HOUR) * 1000 },
    start + 2 * HOUR,
  ),
  said(
    'deal-created',
    {
      event_id: 'd1',
      deal_id: 'scored',
      account_id: 'a_x',
      stage: 'discovery',
      close_date: '2026-10-01',
      occurred_at: (start + HOUR) * 1000,
    },
    start + HOUR,
  ),
  said(
    'deal-close-date-changed',
    { event_id: 'd2', deal_id: 'scored', close_date: '2026-11-01', occurred_at: (start + 2 * HOUR) * 1000 },
    start + 2 * HOUR,
  ),
]

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(company, middle)
})
afterAll(() => api.close())

const features = leadFeatures(true).map(({ name }) => name)
/** What was known of every lead at `middle`, read with the knowledge of `asOf`. */
const knownOf = async (asOf: number): Promise<ReadonlyMap<string, unknown>> => {
  const sources = figureSources({ tenant: 'acme', asOf, projections: travelledProjections(shippedDefinitions) })
  const asked = {
    outcome: 'won',
    later: [],
    mqlStages: ['mql'],
    responses: [],
    horizonDays: 90,
    moments: { now: middle },
    includeSales: true,
    person: null,
  } as const
  const rows = await api.store.read(leadSamples(sources, asked))
  // when a journey opened, and which of a person's it is, may be told later; it is not what was known of the lead
  const kept = features.filter(name => !['hours_open', 'journey'].includes(name))
  return new Map(rows.map(row => [String(row['person']), kept.map(name => [name, row[name]])]))
}

const Scores = z.looseObject({
  scores: z.array(
    z.looseObject({
      model: z.string(),
      probability: z.number(),
      reasons: z.array(z.looseObject({ feature: z.string(), value: z.unknown(), effect: z.number() })),
    }),
  ),
})
const scoreOf = async (url: string) => {
  const answered = await api.get(url)
  expect([url, answered.statusCode]).toEqual([url, 200])
  return Scores.parse(answered.json()).scores
}

describe('what a lead is scored by', () => {
  it('is what was known at its moment: nothing that was recorded afterwards changes it', async () => {
    const then = await knownOf(middle)
    await api.projectTo(company, last)
    const now = await knownOf(last)
    const both = [...then.keys()].filter(id => now.has(id))
    expect(both.length).toBeGreaterThan(10)
    for (const id of both) expect([id, now.get(id)]).toEqual([id, then.get(id)])
  })
})

describe('a score model', () => {
  it('cannot be agreed where it is not set beside the buckets, or no better', () => {
    const model = document('lead', 'forms_30d')
    expect(ScoreModel.safeParse(model).success).toBe(true)
    expect(ScoreModel.safeParse({ ...model, compared_with: null }).success).toBe(false)
    expect(ScoreModel.safeParse({ ...model, compared_with: { what: 'buckets', auc_ppm: 710_000, log_loss_ppm: 310_000 } }).success).toBe(
      false,
    )
    expect(ScoreModel.safeParse({ ...model, compared_with: { what: 'buckets', auc_ppm: 600_000, log_loss_ppm: 290_000 } }).success).toBe(
      false,
    )
    expect(ScoreModel.safeParse({ ...document('deal', 'pushes'), compared_with: null }).success).toBe(true)
  })
})

describe('scores', () => {
  it('come from the model that both functions approved, as of any day the one of then', async () => {
    await api.projectTo(person, start + 3 * HOUR)
    expect((await api.get('/v1/leads/scored/score')).statusCode).toBe(404)
    const approved = start + 4 * HOUR
    await api.projectTo(
      [...publication(document('lead', 'forms_30d'), approved), ...publication(document('deal', 'pushes'), approved)],
      approved + HOUR,
    )
    // two forms: odds 1 + 2
    const [score] = await scoreOf('/v1/leads/scored/score')
    expect(score).toMatchObject({
      model: 'lead-test@1',
      reasons: [{ feature: 'forms_30d', value: 2, effect: expect.closeTo(Math.log(3), 12) }],
    })
    expect(score?.probability).toBeCloseTo(3 / 4, 12)
    // one later close date: odds 1 + 1
    expect((await scoreOf('/v1/deals/scored/score'))[0]?.probability).toBeCloseTo(2 / 3, 12)
    // before the second form there was one, but no model yet
    expect((await api.get(`/v1/leads/scored/score?as_of=${new Date(approved - 1).toISOString()}`)).statusCode).toBe(404)

    const again = approved + 2 * HOUR
    await api.projectTo(publication(document('lead', 'forms_30d', 2), again), again + HOUR)
    expect((await scoreOf('/v1/leads/scored/score'))[0]).toMatchObject({ model: 'lead-test@2', probability: expect.closeTo(9 / 10, 12) })
    expect((await scoreOf(`/v1/leads/scored/score?as_of=${new Date(again - 1).toISOString()}`))[0]).toMatchObject({
      model: 'lead-test@1',
      probability: expect.closeTo(3 / 4, 12),
    })
  })

  it('have a card for each model, of every version where it is asked for', async () => {
    const names = async (url: string) =>
      z
        .looseObject({ models: z.array(z.looseObject({ model: z.string(), status: z.string() })) })
        .parse((await api.get(url)).json())
        .models.map(({ model, status }) => [model, status])
    expect(await names('/v1/scores/model')).toEqual([['lead-test@2', 'in-force']])
    expect(await names('/v1/scores/model?all=true')).toEqual([
      ['lead-test@1', 'superseded'],
      ['lead-test@2', 'in-force'],
    ])
    expect(await names('/v1/scores/model?of=deal')).toEqual([['deal-test@1', 'in-force']])
    expect((await api.get('/v1/leads/nobody/score')).statusCode).toBe(404)
    expect((await api.get('/v1/deals/nothing/score')).statusCode).toBe(404)
  })
})
