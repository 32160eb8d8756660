import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { qualificationKind } from '../../services/domain/definitions/qualification.ts'
import { shippedStageMap } from '../../services/domain/definitions/stage-map.ts'
import { definitionEvents, definitionsInForce, definitionsOf } from '../../services/domain/definitions/in-force.ts'
import { travelledProjections } from '../../services/domain/figures/time-travel.ts'
import { bind, sql } from '../../services/domain/sql.ts'
import { factsOf } from '../oracles/facts.ts'
import { personJourneysAt, SHIPPED_JOURNEY } from '../oracles/person-journeys.ts'
import { generateCompany } from '../support/company.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const recorded = generateCompany({ seed: 7, size: 600 })
const last = Math.max(...recorded.map(({ appended_at }) => appended_at))

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, last)
})
afterAll(() => api.close())

const WhatIf = z.looseObject({
  rows: z.array(z.looseObject({ channel: z.string(), metric: z.string(), value: z.number(), before: z.number(), change: z.number() })),
  total: z.array(z.looseObject({ metric: z.string(), value: z.number().nullable(), before: z.number(), change: z.number() })),
  deals: z.array(
    z.object({
      deal: z.string(),
      moved: z.number(),
      touches: z.array(z.object({ touch: z.string(), before: z.number(), after: z.number(), reason: z.string() })),
    }),
  ),
})
const post = (payload: unknown, bearer = 'reader') =>
  api.app.inject({ method: 'POST', url: '/v1/what-if', headers: { authorization: `Bearer ${bearer}` }, payload: payload as object })
const ask = async (document: object, more: object = {}): Promise<z.output<typeof WhatIf>> => {
  const answered = await post({ kind: 'attribution-model', document, by: ['channel'], conversion: 'deal', ...more })
  expect([answered.statusCode, answered.body]).toEqual([200, answered.body])
  return WhatIf.parse(answered.json())
}

const LINEAR = { id: 'linear', version: 1, weights: { kind: 'position', shares: { middle: 1_000_000 } }, lookback_days: 365 }

const Side = z.object({
  metric: z.string(),
  stage: z.string().optional(),
  value: z.number().nullable(),
  before: z.number().nullable(),
  change: z.number().nullable(),
  flags: z.array(z.string()),
})
const Agreed = z.looseObject({
  total: z.array(Side),
  leads: z.object({ entering_count: z.number(), leaving_count: z.number(), moved_count: z.number() }).optional(),
  journeys: z
    .array(
      z.object({
        stage_before: z.string().nullable(),
        stage_after: z.string().nullable(),
        outcome_after: z.string().nullable(),
        count: z.number(),
        journeys: z.array(z.unknown()),
      }),
    )
    .optional(),
})
const agreed = async (payload: object): Promise<z.output<typeof Agreed>> => {
  const answered = await post(payload)
  expect([answered.statusCode, answered.body]).toEqual([200, answered.body])
  return Agreed.parse(answered.json())
}
const totals = async (url: string) =>
  z
    .object({
      total: z.array(
        z.looseObject({ metric: z.string(), stage: z.string().optional(), counted: z.string().optional(), value: z.number().nullable() }),
      ),
    })
    .parse((await api.get(url)).json()).total

describe('what agreed definitions that are not published would show', () => {
  it('the qualification in force gives the computed MQLs in force, and nobody enters or leaves', async () => {
    const { total, leads } = await agreed({ kind: 'qualification', document: { ...qualificationKind.standard, version: 2 } })
    const [inForce] = await totals('/v1/leads/quality?metric=M23b')
    const mqls = total.find(({ metric }) => metric === 'M23b')
    expect([mqls?.before, mqls?.value, mqls?.change]).toEqual([inForce?.value, inForce?.value, 0])
    expect(leads).toEqual({ entering_count: 0, leaving_count: 0, moved_count: 0 })
  })

  it('the stage map in force gives the funnel in force, and no journey moves', async () => {
    const { total, journeys } = await agreed({ kind: 'stage-map', document: { ...shippedStageMap, version: 2 } })
    expect(total.filter(({ change }) => change !== 0 && change !== null)).toEqual([])
    const inForce = (await totals('/v1/funnel/stages')).filter(({ metric, counted }) => metric === 'M1' && counted !== 'deals')
    expect(total.filter(({ metric }) => metric === 'M1').map(({ stage, value }) => [stage, value])).toEqual(
      inForce.map(({ stage, value }) => [stage, value]),
    )
    expect(journeys).toEqual([])
  })

  it('journeys that stood in a retired stage stand where they stood before, and nothing else moves', async () => {
    const document = {
      ...shippedStageMap,
      version: 2,
      stages: shippedStageMap.stages.filter(({ name }) => name !== 'sal'),
      from_before: { sal: null },
    }
    const { total, journeys = [] } = await agreed({ kind: 'stage-map', document, limit: 1 })
    expect(journeys.length).toBeGreaterThan(0)
    expect(new Set(journeys.map(({ stage_before }) => stage_before))).toEqual(new Set(['sal']))
    for (const { stage_after, journeys: list } of journeys) {
      expect(stage_after).not.toBe('sal')
      expect(list).toHaveLength(1)
    }
    const entries = total.filter(({ metric }) => metric === 'M1')
    expect(entries.find(({ stage }) => stage === 'sal')).toMatchObject({ value: 0, flags: ['low_n', 'retired_step'] })
    expect(entries.filter(({ stage }) => stage !== 'sal').map(({ change }) => change)).toEqual(entries.slice(1).map(() => 0))
  })

  it('journeys time out where a stage says so, as the oracle has them', async () => {
    const days: ReadonlyMap<string, number> = new Map([
      ['lead', 9],
      ['mql', 5],
      ['sal', 3],
    ])
    const stages = shippedStageMap.stages.map(stage => ({
      ...stage,
      ...(days.has(stage.name) ? { timeout_days: days.get(stage.name) ?? 1 } : {}),
    }))
    const definitions = {
      ...definitionsOf(definitionsInForce(await api.store.read(definitionEvents(sql`${bind.instant(last)}`, 'acme')), last), 'acme'),
      stageMap: { ...shippedStageMap, version: 2, stages },
    }
    const { personJourney } = travelledProjections(definitions)('acme', last)
    const rows = await api.store.read(sql`
      SELECT person, arrayMap((o, e, w) -> (toUnixTimestamp64Micro(o), if(w = 'open', 0, toUnixTimestamp64Micro(e)), w), opened_at, ended_at, outcome) AS journeys
      FROM ${personJourney} WHERE notEmpty(opened_at) ORDER BY person`)
    const found = rows.map(row =>
      z.object({ person: z.string(), journeys: z.array(z.tuple([z.coerce.number(), z.coerce.number(), z.string()])) }).parse(row),
    )
    const oracle = personJourneysAt(factsOf(recorded, 'acme'), last, { ...SHIPPED_JOURNEY, timeouts: days }).map(
      ({ person, journeys }) => ({
        person,
        journeys: journeys.map(({ openedAt, endedAt, outcome }) => [openedAt, endedAt ?? 0, outcome]),
      }),
    )
    expect(found).toEqual(oracle)
    const outcomes = found.flatMap(({ journeys }) => journeys.filter(([, , outcome]) => outcome === 'timed_out'))
    expect(outcomes.length).toBeGreaterThan(20)
    // what will only time out is open as of now
    const { journeys } = await agreed({ kind: 'stage-map', document: definitions.stageMap })
    const later = outcomes.filter(([, at]) => at > last * 1000).length
    const ended = journeys?.filter(moved => moved.outcome_after === 'timed_out').reduce((sum, { count }) => sum + count, 0) ?? 0
    expect([ended > 0, ended <= outcomes.length - later]).toEqual([true, true])
    expect(
      (
        await post({
          kind: 'stage-map',
          document: { ...shippedStageMap, stages: shippedStageMap.stages.map(stage => ({ ...stage, timeout_days: 5 })) },
        })
      ).json(),
    ).toMatchObject({
      errors: [{ path: 'body.document.stages.4.timeout_days' }, {}],
    })
  })

  it('a wrong map is refused with the path', async () => {
    const [first] = shippedStageMap.stages
    const refused = await post({ kind: 'stage-map', document: { ...shippedStageMap, stages: [first, first] } })
    expect([refused.statusCode, refused.json()]).toMatchObject([
      400,
      { errors: [{ path: 'body.document.stages.1.name', message: 'there is a stage lead already' }, {}] },
    ])
  })
})

describe('what a model that is not published would show', () => {
  it('is what is in force when it says the same', async () => {
    const { rows, deals } = await ask({ ...LINEAR, version: 2 })
    expect(rows.length).toBeGreaterThan(3)
    expect(rows.filter(({ change }) => change !== 0)).toEqual([])
    expect(deals).toEqual([])
  })

  it('moves credit between channels, deal by deal, and loses none', async () => {
    const { rows, total, deals } = await ask({ ...LINEAR, weights: { kind: 'position', shares: { first: 1_000_000 } } })
    expect(rows.some(({ change }) => Math.abs(change) > 0.1)).toBe(true)
    expect(rows.reduce((sum, { change }) => sum + change, 0)).toBeCloseTo(0, 6)
    expect(total.find(({ metric }) => metric === 'M56')).toMatchObject({ change: 0 })
    expect(deals.length).toBeGreaterThan(0)
    for (const { moved, touches } of deals) {
      const gained = touches.reduce((sum, { before, after }) => sum + Math.max(0, after - before), 0)
      expect(gained).toBeCloseTo(moved, 6)
      // the same touches, weighed otherwise
      expect(new Set(touches.map(({ reason }) => reason))).toEqual(new Set(['weight']))
    }
    expect(deals.map(({ moved }) => moved)).toEqual(deals.map(({ moved }) => moved).toSorted((a, b) => b - a))
  })

  it('names the touches that a shorter lookback leaves out', async () => {
    const { deals } = await ask({ ...LINEAR, lookback_days: 20 })
    const reasons = new Set(deals.flatMap(({ touches }) => touches.map(({ reason }) => reason)))
    expect(reasons).toContain('not_eligible_now')
  })

  it('writes nothing, and refuses what is no model with the path', async () => {
    expect((await api.get('/v1/attribution?model=first')).statusCode).toBe(200)
    const refused = await post({
      kind: 'attribution-model',
      document: { ...LINEAR, weights: { kind: 'position', shares: { first: 400_000 } } },
    })
    expect(refused.statusCode).toBe(400)
    expect(refused.json()).toMatchObject({
      errors: [{ path: 'body.document.weights.shares', message: 'shares must add up to 1000000' }],
    })
    expect((await post({ kind: 'attribution-model', document: LINEAR, against: 'best' })).json()).toMatchObject({
      errors: [{ path: 'model' }],
    })
    expect((await post({ kind: 'attribution-model', document: LINEAR }, 'producer')).statusCode).toBe(403)
  })
})
