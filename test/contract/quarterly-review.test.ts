import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Member } from '../../services/access/permissions.ts'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { event, topicOf } from '../support/event.ts'
import { openWritingApi, type WritingApi } from '../support/writing-api.ts'

const member = (memberId: string, of: string, approver: boolean): Member => ({
  memberId,
  function: of,
  role: '',
  approver,
  delegates: [],
  permissions: [],
  active: true,
})
const at = (text: string): number => Date.parse(text) * 1000
let told = 0
const tell = (when: string) => ({ event_id: `e${(told += 1)}`, occurred_at: at(when) })
const won = (id: string, amount: bigint, on: string): readonly AccordEvent[] => [
  event('deal-created', {
    ...tell('2026-04-01T09:00Z'),
    deal_id: id,
    account_id: `a_${id}`,
    stage: 'discovery',
    deal_type: 'new-business',
    amount_minor: amount,
    currency: 'EUR',
    close_date: on,
  }),
  event('deal-closed', { ...tell(`${on}T09:00Z`), deal_id: id, outcome: 'won', stage: 'closed', close_date: on }),
]
const happened: readonly AccordEvent[] = [
  event('tenant-configured', { ...tell('2026-01-01T00:00Z'), zone: 'Europe/Berlin', currency: 'EUR', fiscal_year_start_month: 1 }),
  event('target-set', {
    ...tell('2026-01-01T09:00Z'),
    target_id: 'r',
    metric: 'revenue',
    period: '2026-Q2',
    amount_minor: 10_000_000n,
    currency: 'EUR',
  }),
  event('commitment-made', { ...tell('2026-04-02T09:00Z'), commitment_id: 'k1', title: 'Answer in a day', due_on: '2026-06-30' }),
  event('commitment-changed', { ...tell('2026-06-30T09:00Z'), commitment_id: 'k1', status: 'kept' }),
  ...won('d1', 4_000_000n, '2026-05-20'),
  ...won('d2', 3_500_000n, '2026-06-10'),
]
const NOW = Date.parse('2026-07-02T09:00Z')

let api: WritingApi
const put = (events: readonly AccordEvent[]): void => {
  const log = api.written as (typeof api.written)[number][]
  for (const each of events)
    log.push({
      event: each,
      appended_at: Math.max((api.clock.ms += 1), 0),
      topic: topicOf(each.type),
      partition: 1,
      offset: log.length,
    })
}
beforeAll(async () => {
  api = await openWritingApi(
    [member('mia', 'marketing', true), member('sam', 'sales', true), member('sue', 'sales', true), member('ned', 'marketing', false)],
    NOW,
  )
  put(happened)
  await api.show()
})
afterAll(() => api.close())

const Review = z.looseObject({
  state: z.string(),
  sha256: z.string(),
  signatures: z.array(z.looseObject({ function: z.string(), member: z.string() })),
  pack: z.looseObject({
    as_of: z.string(),
    sections: z.array(z.looseObject({ part: z.string(), computed: z.string(), takeaway: z.object({ text: z.string() }).nullable() })),
    asks: z.array(z.object({ text: z.string(), member: z.string() })),
  }),
})
const review = async (query = ''): Promise<z.output<typeof Review>> => {
  const answered = await api.get(`/v1/qbr/2026-Q2${query}`, 'mia')
  expect([answered.statusCode, answered.statusCode === 200 ? '' : answered.body]).toEqual([200, ''])
  return Review.parse(answered.json())
}
const bytes = async (query = ''): Promise<string> => (await api.get(`/v1/qbr/2026-Q2/document${query}`, 'mia')).body
const post = async (path: string, bearer: string, payload: object): Promise<number> => {
  const answered = await api.post(`/v1/qbr/2026-Q2/${path}`, bearer, payload)
  await api.show()
  return answered.statusCode
}
const sentence = ({ pack }: z.output<typeof Review>, part: string): string | undefined =>
  pack.sections.find(section => section.part === part)?.computed

describe('the quarterly review', () => {
  it('has its parts in fixed order, each with a sentence that its figures say', async () => {
    const found = await review()
    expect(found.state).toBe('open')
    expect(found.pack.sections.map(({ part }) => part)).toEqual([
      'commitments',
      'headline',
      'channels',
      'health',
      'economics',
      'learnings',
      'outlook',
    ])
    expect(sentence(found, 'commitments')).toBe('1 of 1 commitments were kept, 0 missed.')
    expect(sentence(found, 'headline')).toContain('€75K won in Q2 FY2026, 75 % of plan')
  })

  it('carries what members write in place of its sentences, and what they ask', async () => {
    expect(await post('notes', 'ned', { place: 'headline', kind: 'takeaway', text: 'A good quarter.' })).toBe(202)
    expect(await post('notes', 'sam', { place: 'asks', kind: 'ask', text: 'One more SDR.' })).toBe(202)
    expect(await post('notes', 'sam', { place: 'cellar', kind: 'ask', text: '' })).toBe(400)
  })

  it('is frozen when one of each function has signed the same bytes, and opens again as it was', async () => {
    expect(await post('sign-off', 'ned', {})).toBe(403)
    expect(await post('sign-off', 'mia', { as_of: '2027-01-01T00:00:00Z' })).toBe(400)
    expect(await post('sign-off', 'mia', {})).toBe(202)
    const proposed = await review()
    expect([proposed.state, proposed.signatures.map(({ member: who }) => who)]).toEqual(['proposed', ['mia']])
    expect(proposed.pack.sections[1]).toMatchObject({ takeaway: { text: 'A good quarter.' } })
    expect(proposed.pack.asks).toEqual([{ text: 'One more SDR.', member: 'sam' }])
    expect(await post('sign-off', 'sam', { sha256: '0'.repeat(64) })).toBe(409)
    // what happens between the signatures is not in it
    put(won('d3', 1_000_000n, '2026-06-29'))
    await api.show()
    expect(await post('sign-off', 'mia', {})).toBe(202)
    expect((await review()).state).toBe('proposed')
    expect(await post('sign-off', 'sam', { sha256: proposed.sha256 })).toBe(202)

    const signed = await review()
    expect([signed.state, signed.sha256, signed.pack.as_of]).toEqual(['signed', proposed.sha256, proposed.pack.as_of])
    const document = await bytes()
    expect(createHash('sha256').update(document).digest('hex')).toBe(signed.sha256)
    expect(await post('sign-off', 'sue', {})).toBe(409)
    const slides = await api.get('/v1/qbr/2026-Q2/slides', 'mia')
    expect(slides.headers['content-type']).toContain('presentationml')
    // an opening, seven parts and the asks, each part with notes
    const names = slides.rawPayload.toString('latin1')
    expect(
      [...names.matchAll(/ppt\/slides\/slide(\d+)\.xml/g)].map(([, number]) => Number(number)).reduce((a, b) => Math.max(a, b), 0),
    ).toBe(9)
    expect(names).toContain('ppt/notesSlides/notesSlide9.xml')

    put(won('d4', 2_500_000n, '2026-06-30'))
    await api.show()
    expect(await bytes()).toBe(document)
    expect(sentence(await review('?fresh=true'), 'headline')).toContain('€110K won')
    // computed again as of then it is the same, whatever came later
    expect(await bytes(`?fresh=true&as_of=${signed.pack.as_of}`)).toBe(document)
  })

  it('says beside the signed one what has changed since', async () => {
    const Changed = z.object({
      rows: z.array(
        z.looseObject({
          figure: z.string(),
          metric: z.string(),
          dimensions: z.record(z.string(), z.unknown()),
          signed: z.number().nullable(),
          now: z.number().nullable(),
        }),
      ),
    })
    const { rows } = Changed.parse((await api.get('/v1/qbr/2026-Q2/changes', 'mia')).json())
    expect(rows.find(({ metric, dimensions }) => metric === 'M98' && dimensions['measure'] === 'actual')).toMatchObject({
      signed: 7_500_000,
      now: 11_000_000,
    })
    expect((await api.get('/v1/qbr/2026-Q3/changes', 'mia')).statusCode).toBe(409)
  })

  it.each(['2026-Q5', '2026', 'last'])('%s is no quarter', async quarter => {
    const answered = await api.get(`/v1/qbr/${quarter}`, 'mia')
    expect([answered.statusCode, answered.body.includes('fiscal quarter')]).toEqual([400, true])
  })
})
