import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
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
