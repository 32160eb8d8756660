import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { WritableEvent } from '../../schemas/events/generated/types.ts'
import { buyingGroupKind } from '../../services/domain/definitions/buying-group.ts'
import { sql } from '../../services/domain/sql.ts'
import { createCodec } from '../../services/log/codec.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { generateCompany } from '../support/company.ts'
import { event, topicOf } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const codec = createCodec({ registry: createOwnRegistry() })
const company = generateCompany({ seed: 9, size: 500 })
const last = Math.max(...company.map(({ appended_at }) => appended_at))

const document = (version: number, lookback_days: number) => ({
  id: 'ends',
  version,
  weights: { kind: 'position', shares: { first: 500_000, last: 500_000 } },
  lookback_days,
  lookback_anchor: 'conversion',
  sales_touches: false,
})

let offset = 1_000_000
const said = (one: WritableEvent, appended_at: number): Recorded => {
  offset += 1
  return { event: codec.decode(codec.encode(one)).event, appended_at, topic: topicOf(one.type), partition: 0, offset }
}
/** Proposed, and approved by one of each function. */
const publication = (
  published: Readonly<Record<string, unknown>> & { readonly id: string; readonly version: number },
  at: number,
  effective_at: number | null = null,
  kind = 'attribution-model',
): readonly Recorded[] => {
  const of = { definition_id: published.id, version: published.version, occurred_at: at * 1000 }
  const name = `${published.id}-${published.version}`
  return [
    said(
      event('definition-published', {
        ...of,
        event_id: `published-${name}`,
        kind,
        effective_at: effective_at === null ? null : effective_at * 1000,
        document: JSON.stringify(published),
      }),
      at,
    ),
    ...(['marketing', 'sales'] as const).map(team =>
      said(event('definition-approved', { ...of, event_id: `approved-${name}-${team}`, function: team }), at + 1),
    ),
  ]
}

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(company, last)
})
afterAll(() => api.close())

const URL_OF = (model: string): string => `/v1/attribution?by=channel&conversion=deal&model=${model}`
const Rows = z.looseObject({
  rows: z.array(z.looseObject({ channel: z.string(), value: z.number() })),
  model: z.string(),
  as_of: z.string(),
})
const rowsOf = async (url: string): Promise<z.output<typeof Rows>> => {
  const answered = await api.get(url)
  expect([url, answered.statusCode]).toEqual([url, 200])
  return Rows.parse(answered.json())
}
const windows = async (): Promise<readonly unknown[]> =>
  (await api.store.read(sql`SELECT DISTINCT window FROM deal_conversions FINAL ORDER BY window`)).map(row => row['window'])

describe('a model that both functions approved', () => {
  it('credits everything from then on, as a what-if had said; what was known before stays', async () => {
    expect((await api.get(URL_OF('ends'))).statusCode).toBe(400)
    const before = await api.get(URL_OF('linear'))
    const whatIf = await api.app.inject({
      method: 'POST',
      url: '/v1/what-if',
      headers: { authorization: 'Bearer reader' },
      payload: { kind: 'attribution-model', document: document(1, 180), by: ['channel'], conversion: 'deal' },
    })
    const foreseen = Rows.parse(whatIf.json())

    await api.projectTo(publication(document(1, 180), last + 10), last + 20)
    const found = await rowsOf(URL_OF('ends'))
    expect(found.model).toBe('ends@1')
    expect(found.rows.length).toBeGreaterThan(2)
    expect(found.rows.map(({ channel, value }) => [channel, value])).toEqual(
      foreseen.rows.filter(({ value }) => value !== 0).map(({ channel, value }) => [channel, value]),
    )

    const then = `&as_of=${new Date(last).toISOString()}`
    expect((await api.get(URL_OF('linear') + then)).body).toBe(before.body)
    expect((await api.get(URL_OF('ends') + then)).statusCode).toBe(400)
    expect(await windows()).toEqual(['180 conversion without sales', '365 creation all'])
  })

  it('is followed by its next version, and leaves no rows behind', async () => {
    const first = await api.get(URL_OF('ends'))
    await api.projectTo(publication(document(2, 30), last + 30), last + 40)
    expect((await rowsOf(URL_OF('ends'))).model).toBe('ends@2')
    expect(await windows()).toEqual(['30 conversion without sales', '365 creation all'])
    const { as_of } = Rows.parse(first.json())
    expect((await api.get(`${URL_OF('ends')}&as_of=${as_of}`)).body).toBe(first.body)
  })

  it('comes into force at the instant that was agreed, although nothing is said then', async () => {
    await api.projectTo(publication(document(3, 90), last + 50, last + 70), last + 60)
    expect((await rowsOf(URL_OF('ends'))).model).toBe('ends@2')
    await api.projectTo([], last + 69)
    expect((await rowsOf(URL_OF('ends'))).model).toBe('ends@2')
    await api.projectTo([], last + 70)
    expect((await rowsOf(URL_OF('ends'))).model).toBe('ends@3')
    expect(await windows()).toEqual(['365 creation all', '90 conversion without sales'])
  })
})

describe('a buying group that both functions approved', () => {
  it('decides about deals that are won from then on; those that were won before are judged by what was in force then', async () => {
    const at = (ms: number): number => (last + ms) * 1000
    const deal = (deal_id: string, won: number): readonly Recorded[] => [
      said(
        event('deal-created', { event_id: `${deal_id}-created`, occurred_at: at(95), deal_id, account_id: 'a_group', stage: 'qualified' }),
        last + 95,
      ),
      said(event('deal-closed', { event_id: `${deal_id}-closed`, occurred_at: at(won), deal_id, outcome: 'won' }), last + won),
    ]
    await api.projectTo(
      [
        said(
          event('person-created', { event_id: 'operator', occurred_at: at(80), person_id: 'p_operator', persona: 'Shift operator' }),
          last + 80,
        ),
        said(
          event('identity-linked', {
            event_id: 'operator-of',
            occurred_at: at(81),
            identity: 'person:p_operator',
            target: 'account:a_group',
          }),
          last + 81,
        ),
        said(
          event('touch-recorded', {
            event_id: 'operated',
            occurred_at: at(90),
            subject: 'person:p_operator',
            touch_type: 'form',
            channel: 'operated',
          }),
          last + 90,
        ),
        ...deal('d_before', 96),
        ...publication(
          { ...buyingGroupKind.standard, version: 2, roles: [{ role: 'user', personas: ['shift operator'] }], min_roles: 1 },
          last + 100,
          null,
          'buying-group',
        ),
        ...deal('d_after', 110),
      ],
      last + 120,
    )
    const wonBy = async (linkage: string): Promise<number | undefined> => {
      const { rows } = await rowsOf(`/v1/attribution?by=channel&deal_type=*&linkage=${linkage}`)
      return rows.find(({ channel }) => channel === 'operated')?.value
    }
    expect([await wonBy('implicit'), await wonBy('buying_group'), await wonBy('explicit')]).toEqual([2, 1, undefined])
  })
})
