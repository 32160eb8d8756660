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
      const answered = await api.get(path)
      if (answered.statusCode !== 200) throw new Error(`${path}: ${answered.body}`)
      return answered.json()
    },
    say: events => api.send(events),
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
  const rules = {
    ...noticeRulesKind.standard,
    rules: noticeRulesKind.standard.rules.filter(({ cause }) => cause !== 'weekly-digest' && cause !== 'leak'),
  }
  const document = {
    ...rules,
    version: 2,
    rules: rules.rules.map(rule => (rule.id === 'waiting-proposal' ? { ...rule, to: ['approvers', 'webhook:ops', 'team:sales'] } : rule)),
  }
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
