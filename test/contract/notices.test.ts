import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Member } from '../../services/access/permissions.ts'
import { noticeRulesKind } from '../../services/domain/definitions/notice-rules.ts'
import { Addresses } from '../../services/notices/addresses.ts'
import { createRounds } from '../../services/notices/round.ts'
import { isoWeek, isQuiet, waitAfter } from '../../services/notices/timing.ts'
import { type MailSink, openMailSink } from '../support/mail-sink.ts'
import { openWebhookSink, type WebhookSink } from '../support/webhook-sink.ts'
import { openWritingApi, type WritingApi } from '../support/writing-api.ts'

const SECRET = 'a secret of sixteen or more'
/** A Monday. */
const START = Date.parse('2026-03-02T09:00:00Z')
const [MINUTE, HOUR] = [60_000, 3_600_000]
const person = (memberId: string, of: string, approver: boolean): Member => ({
  memberId,
  function: of,
  role: '',
  approver,
  delegates: [],
  permissions: [],
  active: true,
})
const PEOPLE = [
  person('mia', 'marketing', true),
  person('max', 'marketing', true),
  person('sam', 'sales', true),
  person('sid', 'sales', false),
]

let api: WritingApi
let mail: MailSink
let hook: WebhookSink
const problems: string[] = []
/** What the next writes into the log come to: a process that dies between a delivery and its record has delivered. */
const dying: Error[] = []
/** Answers of figures that a small company has not the years for. */
const figures = new Map<string, () => unknown>()
let run: () => Promise<void>

/** As a process that starts now: its memory is the log. */
const restart = (): void => {
  const addresses = Addresses.parse({
    base_url: 'https://accord.example',
    smtp: { url: mail.url, from: 'accord@accord.example' },
    tenants: {
      acme: {
        webhooks: {
          ops: { url: `${hook.url}/ops`, form: 'json', secret: SECRET },
          chat: { url: `${hook.url}/chat`, form: 'slack', secret: SECRET },
        },
        teams: { sales: { webhook: 'chat' } },
        members: {
          mia: { email: 'mia@acme.example' },
          max: { email: 'max@acme.example', off: ['definition-waiting'] },
          sam: { email: 'sam@acme.example' },
          sid: { webhook: 'ops', quiet: false },
        },
      },
    },
  })
  const { acme } = addresses.tenants
  if (acme === undefined) throw new Error('no tenant')
  run = createRounds({
    tenant: 'acme',
    addresses: acme,
    baseUrl: addresses.base_url,
    smtp: addresses.smtp,
    now: () => api.clock.ms,
    ask: async path => {
      const figure = [...figures].find(([start]) => path.startsWith(start))
      if (figure !== undefined) return figure[1]()
      const answered = await api.get(path)
      if (answered.statusCode !== 200) throw new Error(`${path}: ${answered.body}`)
      return answered.json()
    },
    say: async events => {
      const death = dying.shift()
      if (death !== undefined) throw death
      await api.send(events)
    },
    onProblem: (what, error) => problems.push(`${what}: ${String(error)}`),
  }).run
}
const round = async (): Promise<void> => {
  await api.show()
  await run()
  await api.show()
}
const at = (instant: string): void => {
  api.clock.ms = Date.parse(instant)
}
/** Paths at which a text arrived, in order. */
const arrived = (text: string): readonly string[] => hook.hits.filter(({ body }) => body.includes(text)).map(({ path }) => path)
let told = 0
const send = (type: string, data: object): Promise<void> =>
  api.send([{ type, event_id: `said-${++told}`, occurred_at: new Date(api.clock.ms).toISOString(), data }])

beforeAll(async () => {
  ;[api, mail, hook] = await Promise.all([openWritingApi(PEOPLE, START), openMailSink(), openWebhookSink()])
  for (const { memberId, function: of, approver } of PEOPLE)
    await send('member-changed', {
      member_id: memberId,
      function: of,
      role: memberId === 'sid' ? 'sdr' : '',
      approver,
      ...(memberId === 'sid' ? { manager_id: 'sam' } : {}),
    })
  await api.show()
  restart()
  const otherwise: Readonly<Record<string, object>> = {
    'waiting-proposal': { to: ['approvers', 'webhook:ops', 'team:sales'] },
    acceptance: { to: ['webhook:ops'], at_least: 3 },
    'campaign-starts': { to: ['webhook:ops', 'team:sales'] },
    leak: { to: ['webhook:ops'] },
    digest: { to: ['team:sales', 'member:mia'], weekday: 2 },
  }
  const { standard } = noticeRulesKind
  const document = { ...standard, version: 2, attempts: 3, rules: standard.rules.map(rule => ({ ...rule, ...otherwise[rule.id] })) }
  figures.set('/v1/funnel/leaks', () => ({ rows: [] }))
  await api.post('/v1/definitions', 'mia', { kind: 'notice-rules', document })
  await api.show()
  await api.post('/v1/definitions/notice-rules/approve', 'max')
  await api.post('/v1/definitions/notice-rules/approve', 'sam')
  await api.show()
})
afterAll(() => Promise.all([api.close(), mail.close(), hook.close()]))

const Log = z.object({
  rows: z.array(z.object({ recipient: z.string(), outcome: z.string(), attempt: z.number(), channel: z.string(), error: z.string() })),
})
const log = async (): Promise<readonly string[]> =>
  Log.parse((await api.get('/v1/notices')).json())
    .rows.map(({ recipient, outcome, attempt, channel }) => `${recipient} ${channel} ${attempt} ${outcome}`)
    .toSorted()

describe('notices', () => {
  it('tell each recipient once what waits, signed, by mail and by webhook; what failed is tried again', async () => {
    await api.post('/v1/definitions', 'mia', {
      kind: 'recycling',
      document: { rules: [], otherwise: { to: 'nurture', rest_days: 45 }, most_times: 3, undecided_after_days: 30 },
    })
    hook.answers.push(500)
    await round()
    // who proposed it is not asked, and max has chosen not to be
    expect(mail.mails.map(({ to }) => to)).toEqual([['sam@acme.example']])
    expect(mail.mails[0]?.text).toContain('waits for marketing and sales')
    expect(mail.mails[0]?.text).toContain('Otherwise, rest is now 45 days instead of 60 days')
    expect(hook.hits.map(({ path }) => path)).toEqual(['/ops', '/chat'])
    expect(await log()).toEqual(['member:sam smtp 1 delivered', 'team:sales slack 1 delivered', 'webhook:ops webhook 1 failed'])

    await round()
    expect(hook.hits).toHaveLength(2)
    api.clock.ms += waitAfter(1)
    await round()
    expect(hook.hits.map(({ path }) => path)).toEqual(['/ops', '/chat', '/ops'])
    const [first, chat, second] = hook.hits
    expect(second?.headers['accord-notice-id']).toBe(first?.headers['accord-notice-id'])
    const [, seconds = '', signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(second?.headers['accord-signature'])) ?? []
    expect(signature).toBe(
      createHmac('sha256', SECRET)
        .update(`${seconds}.${second?.body ?? ''}`)
        .digest('hex'),
    )
    expect(JSON.parse(second?.body ?? '')).toMatchObject({
      cause: 'definition-waiting',
      tenant: 'acme',
      link: 'https://accord.example/v1/definitions/recycling',
    })
    expect(Object.keys(z.record(z.string(), z.unknown()).parse(JSON.parse(chat?.body ?? '')))).toEqual(['text'])
  })

  it('are not sent again by a process that starts anew, but when the wait is over', async () => {
    const [mails, hits] = [mail.mails.length, hook.hits.length]
    restart()
    await round()
    expect([mail.mails.length, hook.hits.length]).toEqual([mails, hits])
    at('2026-03-04T10:00:00Z')
    await round()
    expect([mail.mails.length, hook.hits.length]).toEqual([mails + 1, hits + 2])
    await api.post('/v1/definitions/recycling/refuse', 'sam', { reason: 'not now' })
    await api.show()
  })

  it('wait for the end of quiet hours, but to a webhook and to who wants them at any hour', async () => {
    const [mails, hits] = [mail.mails.length, hook.hits.length]
    at('2026-03-04T21:00:00Z')
    await api.post('/v1/definitions', 'mia', { kind: 'glossary', document: { terms: [{ term: 'Lead', meaning: 'Somebody who asked.' }] } })
    await round()
    expect([mail.mails.length, hook.hits.length]).toEqual([mails, hits + 2])
    at('2026-03-05T06:59:00Z')
    await round()
    expect(mail.mails.length).toBe(mails)
    at('2026-03-05T07:00:00Z')
    await round()
    expect([mail.mails.length, hook.hits.length]).toEqual([mails + 1, hits + 2])
    await api.post('/v1/definitions/glossary/refuse', 'sam', { reason: 'not now' })
    await api.show()
  })

  it('say that a hot lead waits, that its time is over, and escalate, which is recorded', async () => {
    at('2026-03-05T09:00:00Z')
    await send('person-created', { person_id: 'p1', title: 'Head of operations', country: 'DE' })
    await send('touch-recorded', { subject: 'person:p1', touch_type: 'demo_request', channel: 'website', direction: 'inbound' })
    await send('lead-created', { person_id: 'p1', lead_id: 'l1', lead_source: 'website' })
    await send('score-recorded', {
      person_id: 'p1',
      lead_id: 'l1',
      model: 'engagement',
      fit: 'good',
      readiness: 'hand-raiser',
      bucket: 'good/hand-raiser',
    })
    await send('lead-stage-changed', { person_id: 'p1', lead_id: 'l1', stage: 'mql' })
    await send('lead-assigned', { person_id: 'p1', lead_id: 'l1', owner_id: 'sid', handoff: 'marketing-sdr' })
    const before = hook.hits.length
    const causes = (): readonly string[] =>
      hook.hits.slice(before).map(({ body }) => z.object({ cause: z.string() }).parse(JSON.parse(body)).cause)
    await round()
    expect(causes()).toEqual([])
    at('2026-03-05T09:50:00Z')
    await round()
    await round()
    expect(causes()).toEqual(['lead-near-limit'])
    at('2026-03-05T10:05:00Z')
    await round()
    await round()
    expect(causes()).toEqual(['lead-near-limit', 'sla-breach'])
    expect(
      mail.mails.filter(({ to, text }) => to.includes('sam@acme.example') && text.includes('Subject: Escalation, step 1')),
    ).toHaveLength(1)
    expect(api.written.filter(({ event }) => event.type === 'sla-escalated')).toHaveLength(1)
    expect(problems.filter(problem => !problem.includes('attempt 1'))).toEqual([])
    // the next step, a business day after, is for the function: sales as a team
    at('2026-03-06T09:59:00Z')
    await round()
    expect(arrived('Escalation, step 2')).toEqual([])
    at('2026-03-06T10:01:00Z')
    await round()
    expect(arrived('Escalation, step 2')).toEqual(['/chat'])
    // the clock of the decision has run out too, and has its own first step
    const steps = api.written.flatMap(({ event }) => (event.type === 'sla-escalated' ? [`${event.step} ${event.level}`] : []))
    expect(steps.toSorted()).toEqual(['decide 1', 'first-touch 1', 'first-touch 2'])
  })

  it('say that a campaign is live, with its offer, what to say and its leads; what cannot be delivered is given up after the agreed attempts, and says so', async () => {
    at('2026-03-06T12:00:00Z')
    await send('campaign-planned', {
      campaign: 'c1',
      name: 'Spring webinar',
      channel: 'webinars',
      offer: 'A seat and the slides',
      url: 'https://acme.example/spring',
      talking_points: ['Ask about last winter'],
      starts_on: '2026-03-06',
    })
    await send('touch-recorded', {
      subject: 'person:p7',
      touch_type: 'download',
      channel: 'webinars',
      campaign: 'c1',
      direction: 'inbound',
    })
    api.clock.ms += MINUTE
    await send('lead-created', { person_id: 'p7', lead_id: 'l7' })
    hook.answers.push(500)
    await round()
    expect(arrived('Spring webinar')).toEqual(['/ops', '/chat'])
    const text = hook.hits.findLast(({ path, body }) => path === '/chat' && body.includes('Spring webinar'))?.body ?? ''
    for (const said of ['A seat and the slides', 'https://acme.example/spring', 'say: Ask about last winter', '1 lead so far: p7'])
      expect(text).toContain(said)
    for (const attempt of [1, 2]) {
      api.clock.ms += waitAfter(attempt)
      hook.answers.push(500)
      await round()
    }
    api.clock.ms += waitAfter(3)
    await round()
    restart()
    api.clock.ms += HOUR
    await round()
    expect(arrived('Spring webinar')).toEqual(['/ops', '/chat', '/ops', '/ops'])
    expect((await log()).filter(line => line.startsWith('webhook:ops')).slice(-3)).toEqual([
      'webhook:ops webhook 2 delivered',
      'webhook:ops webhook 2 failed',
      'webhook:ops webhook 3 given-up',
    ])
  })

  it('say that fewer are accepted than agreed, once a week and side', async () => {
    for (const lead of ['r1', 'r2', 'r3']) {
      await send('lead-created', { person_id: lead, lead_id: lead })
      await send('lead-stage-changed', { person_id: lead, lead_id: lead, stage: 'mql' })
      await send('lead-assigned', { person_id: lead, lead_id: lead, owner_id: 'sid', handoff: 'marketing-sdr' })
      api.clock.ms += MINUTE
      await send('lead-rejected', {
        person_id: lead,
        lead_id: lead,
        reason_class: 'definitional',
        reason: 'student',
        handoff: 'marketing-sdr',
      })
    }
    api.clock.ms += HOUR
    await round()
    api.clock.ms += HOUR
    await round()
    expect(arrived('Acceptance below its band: 0 %')).toEqual(['/ops'])
    expect(hook.hits.findLast(({ body }) => body.includes('Acceptance below'))?.body).toContain(
      '0 of 3 in 4 weeks; agreed is 50 % to 100 %',
    )
  })

  it('say where business is lost, of each step by the latest cohort that is old enough', async () => {
    const row = (from: string, to: string, value: number | null) => ({
      metric: 'M22',
      value,
      unit: 'EUR minor',
      stage_from: from,
      stage_to: to,
      flags: [],
    })
    const quarters = [
      [row('mql', 'sal', 1_000_000), row('sal', 'sql', null)],
      [row('mql', 'sal', 90_000_000), row('sal', 'sql', 12_000_000)],
    ]
    let asked = 0
    figures.set('/v1/funnel/leaks', () => ({ rows: quarters[asked++] ?? [] }))
    api.clock.ms += HOUR
    await round()
    expect([asked, arrived('A leak from')]).toEqual([2, ['/ops']])
    expect(hook.hits.at(-1)?.body).toContain('A leak from sal to sql')
    expect(hook.hits.at(-1)?.body).toContain('about 120,000 EUR of won business')
    asked = 0
    api.clock.ms += HOUR
    await round()
    expect(arrived('A leak from')).toEqual(['/ops'])
  })

  it('tell the week in figures on its morning, once; a death between a delivery and its record repeats it under the same id, nothing else does', async () => {
    at('2026-03-10T07:30:00Z')
    await round()
    expect(arrived('The week in figures')).toEqual([])
    at('2026-03-10T08:31:00Z')
    dying.push(new Error('killed'))
    await expect(round()).rejects.toThrow('killed')
    restart()
    await round()
    await round()
    expect(arrived('The week in figures')).toEqual(['/chat', '/chat'])
    const ids = hook.hits.filter(({ body }) => body.includes('The week in figures')).map(({ headers }) => headers['accord-notice-id'])
    expect(ids[1]).toBe(ids[0])
    expect(mail.mails.filter(({ to, text }) => to.includes('mia@acme.example') && text.includes('The week in figures'))).toHaveLength(1)
    const digests = Log.parse((await api.get('/v1/notices?limit=1000')).json()).rows.filter(
      ({ recipient, outcome }) => ['team:sales', 'member:mia'].includes(recipient) && outcome === 'delivered',
    )
    expect(digests.length).toBeGreaterThan(1)
  })
})

describe('the hours of notices', () => {
  it('are quiet over midnight and over the weekend, on the clock of the recipient', () => {
    const quiet = { from: '20:00', to: '07:00', weekends: true }
    const isQuietIn = (zone: string, instant: string): boolean => isQuiet(quiet, Date.parse(instant), zone)
    expect(
      ['2026-03-06T19:59:00Z', '2026-03-06T20:00:00Z', '2026-03-07T12:00:00Z', '2026-03-09T06:59:00Z', '2026-03-09T07:00:00Z'].map(
        instant => isQuietIn('UTC', instant),
      ),
    ).toEqual([false, true, true, true, false])
    expect(isQuietIn('Asia/Singapore', '2026-03-05T12:00:00Z')).toBe(true)
    expect(isQuiet(null, START, 'UTC')).toBe(false)
  })

  it('are longer after every failure, and a week is one of ISO 8601', () => {
    expect([1, 2, 3, 20].map(attempt => waitAfter(attempt) / MINUTE)).toEqual([1, 2, 4, (6 * HOUR) / MINUTE])
    expect(['2026-01-01', '2027-01-01', '2026-11-22'].map(isoWeek)).toEqual(['2026-W01', '2026-W53', '2026-W47'])
  })
})
