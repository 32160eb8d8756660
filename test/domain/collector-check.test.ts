import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CheckContext, checkEvent } from '../../services/collector/check.ts'
import { instantText, parseInstant } from '../../services/collector/instant.ts'
import { replaceEmails } from '../../services/collector/email.ts'

const NOW = Date.UTC(2026, 2, 1, 12)
const fakePseudonym = (email: string): string =>
  `email:${Array.from(email.trim().toLowerCase())
    .reduce((sum, letter) => (sum * 31n + BigInt(letter.codePointAt(0) ?? 0)) % 2n ** 128n, 7n)
    .toString(16)
    .padStart(32, '0')}`

const context = (over: Partial<CheckContext> = {}): CheckContext => ({
  tenant: 'acme',
  actor: 'key:k1',
  source: 'web',
  backfill: false,
  nowMicros: NOW * 1000,
  pseudonym: fakePseudonym,
  newEventId: () => 'made-1',
  refusalOf: () => null,
  actors: { memberId: null, find: () => null },
  ...over,
})

const touch = {
  type: 'touch-recorded',
  event_id: 't-1',
  occurred_at: '2026-03-01T10:00:00+01:00',
  data: { subject: 'anonymous:4f', touch_type: 'web_session' },
}
const check = (raw: unknown, over: Partial<CheckContext> = {}) => checkEvent(raw, context(over))
const problemsOf = (raw: unknown, over: Partial<CheckContext> = {}) => {
  const checked = check(raw, over)
  return checked.ok ? [] : checked.problems.map(({ code, path, message }) => `${code} ${path}: ${message}`)
}
const withData = (type: string, data: object) => ({ type, event_id: 'e-1', occurred_at: '2026-02-01T00:00:00Z', data })
const deal = (data: object) => withData('deal-created', { deal_id: 'd-1', stage: 'open', ...data })

describe('a checked event', () => {
  it('carries tenant and actor of the credential, the key’s name as source and the schema’s defaults', () => {
    const checked = check(touch)
    expect(checked).toMatchObject({ ok: true, links: [], profile: null })
    expect(checked.ok && checked.event).toMatchObject({
      type: 'touch-recorded',
      event_id: 't-1',
      tenant: 'acme',
      actor: 'key:k1',
      source: 'web',
      occurred_at: Date.UTC(2026, 2, 1, 9) * 1000,
      known_at: null,
      subject: 'anonymous:4f',
      campaign: '',
      participants: [],
      duration_seconds: null,
      attributes: {},
    })
  })

  it('gets an id when the producer gives none', () => {
    const { event_id: _, ...withoutId } = touch
    expect(check(withoutId)).toMatchObject({ ok: true, event: { event_id: 'made-1' } })
  })

  it.each([
    ['2026-02-01T00:00:00.123456789Z', 123456],
    ['2026-02-01T00:00:00.1Z', 100000],
    ['2026-02-01T00:00Z', 0],
    ['2026-02-01T05:30:00.000001+05:30', 1],
  ])('keeps microseconds of %s', (occurredAt, micros) => {
    expect(check({ ...touch, occurred_at: occurredAt })).toMatchObject({ event: { occurred_at: Date.UTC(2026, 1, 1) * 1000 + micros } })
  })

  it('takes money beyond 2^53 as digits, exactly', () => {
    expect(check(deal({ amount_minor: '9007199254740993', currency: 'JPY' }))).toMatchObject({ event: { amount_minor: 9007199254740993n } })
    expect(check(deal({ amount_minor: 1250, currency: 'KWD' }))).toMatchObject({ event: { amount_minor: 1250n } })
  })
})

describe('a refused event', () => {
  it.each<[string, unknown, string]>([
    ['no object', 'touch', 'not_an_event : expected an object with type, occurred_at and data'],
    [
      'an unknown type',
      { ...touch, type: 'touch_recordd' },
      'unknown_type type: unknown event type "touch_recordd"; did you mean touch-recorded?',
    ],
    ['no zone', { ...touch, occurred_at: '2026-03-01T10:00:00' }, 'bad_instant occurred_at: expected an instant with its zone'],
    ['a day that is none', { ...touch, occurred_at: '2026-02-30T10:00:00Z' }, 'bad_instant occurred_at'],
    ['a number for an instant', { ...touch, occurred_at: 1772359200 }, 'wrong_type occurred_at: expected an instant as a text'],
    ['the year 1970', { ...touch, occurred_at: '1970-01-01T00:00:00Z' }, 'absurd_date occurred_at: expected an instant after 1990'],
    [
      'more than a day ahead',
      { ...touch, occurred_at: '2026-03-02T12:00:01Z' },
      'absurd_date occurred_at: expected an instant that is not more than a day ahead',
    ],
    ['no occurred_at', { ...touch, occurred_at: undefined }, 'missing_field occurred_at: expected occurred_at'],
    ['an id with blanks', { ...touch, event_id: 'a b' }, 'bad_event_id event_id: expected 1 to 128 printable ASCII'],
    ['an id of 129 characters', { ...touch, event_id: 'x'.repeat(129) }, 'bad_event_id event_id'],
    ['a tenant in the body', { ...touch, tenant: 'other' }, 'unknown_field tenant: unknown field; fields of the event belong in data'],
    [
      'a misspelt field',
      { ...touch, data: { ...touch.data, utmSorce: 'x' } },
      'unknown_field data.utmSorce: unknown field "utmSorce"; did you mean "utm_source"?',
    ],
    [
      'a missing field',
      { ...touch, data: { touch_type: 'form' } },
      'missing_field data.subject: expected subject: Node that acted or was acted on',
    ],
    ['no node', { ...touch, data: { ...touch.data, subject: 'p_17' } }, 'bad_node data.subject: expected an identity as kind:id'],
    [
      'another direction',
      { ...touch, data: { ...touch.data, direction: 'inbond' } },
      'bad_value data.direction: expected one of inbound, outbound; did you mean inbound?',
    ],
    ['a text for a number', { ...touch, data: { ...touch.data, page_views: '4' } }, 'wrong_type data.page_views: expected a whole number'],
    ['a text for a boolean', { ...touch, data: { ...touch.data, automatic: 'yes' } }, 'wrong_type data.automatic: expected true or false'],
    [
      'a script for an address',
      { ...touch, data: { ...touch.data, page_url: 'javascript:alert(1)' } },
      'bad_value data.page_url: expected an address of the web',
    ],
    ['a broken surrogate', { ...touch, data: { ...touch.data, campaign: '\ud800' } }, 'bad_value data.campaign: expected text without'],
    [
      'a fraction for money',
      deal({ amount_minor: 12.5, currency: 'EUR' }),
      'wrong_type data.amount_minor: expected a whole number; money is in minor units (cents)',
    ],
    [
      'an inexact number',
      deal({ amount_minor: 2 ** 53, currency: 'EUR' }),
      'wrong_type data.amount_minor: this number is not exact beyond 2^53',
    ],
    ['money without a currency', deal({ amount_minor: 100 }), 'bad_currency data.currency: expected the ISO 4217 code of amount_minor'],
    ['a currency that is none', deal({ amount_minor: 100, currency: 'EURO' }), 'bad_currency data.currency: expected an ISO 4217 code'],
    [
      'a currency in lower case',
      deal({ amount_minor: 100, currency: 'usd' }),
      'bad_currency data.currency: expected an ISO 4217 code, like EUR; did you mean USD?',
    ],
    ['a date that is none', deal({ close_date: '31.12.2026' }), 'bad_date data.close_date: expected a date, like 2026-03-01'],
    [
      'a link to a device',
      withData('identity-linked', { identity: 'anonymous:1', target: 'anonymous:2' }),
      'bad_node data.target: expected person:<id> or account:<id>',
    ],
    [
      'a link that ends before it begins',
      withData('identity-linked', {
        identity: 'anonymous:1',
        target: 'person:2',
        valid_from: '2026-02-01T00:00:00Z',
        valid_to: '2026-01-01T00:00:00Z',
      }),
      'bad_value data.valid_to: expected valid_to after valid_from',
    ],
    [
      'a merge into itself',
      withData('person-merged', { person_id: 'p', into_person_id: 'p' }),
      'bad_value data.into_person_id: expected another id',
    ],
    ['known_at on a producer’s key', { ...touch, known_at: '2026-03-01T10:00:00Z' }, 'backfill_only known_at: expected no known_at'],
    [
      'a phone number among the attributes of a touch',
      { ...touch, data: { ...touch.data, attributes: { 'Work Phone': '+49 30 1' } } },
      'personal_data data.attributes.Work Phone: personal data are only taken with',
    ],
    [
      'an address in a document',
      withData('definition-published', { definition_id: 'sla', version: 1, kind: 'sla', document: '{"to":"ada@example.com"}' }),
      'personal_data data.document: a document names people by',
    ],
    [
      'a kind of document that there is not',
      withData('definition-published', { definition_id: 'map', version: 1, kind: 'stage-maps', document: '{}' }),
      'did you mean stage-map?',
    ],
    [
      'a document that its kind refuses, by the path in it',
      withData('definition-published', {
        definition_id: 'responses',
        version: 2,
        kind: 'responses',
        document: '{"id":"responses","version":3,"touch_types":["form",7]}',
      }),
      'bad_value data.document.touch_types[1]: ',
    ],
    [
      'a document that is published under another id or version',
      withData('definition-published', {
        definition_id: 'answers',
        version: 2,
        kind: 'responses',
        document: '{"id":"responses","version":3,"touch_types":["form"]}',
      }),
      'bad_value data.document.version: expected 2, the version that it is published as',
    ],
  ])('says what was expected of %s', (_name, raw, expected) => {
    expect(problemsOf(raw).join('\n')).toContain(expected)
  })

  it('names everything that is wrong with it at once', () => {
    expect(problemsOf({ ...touch, event_id: '', data: { subject: 'x', direction: 'up', campain: '' } })).toHaveLength(5)
  })

  it('is refused by type before its fields are looked at, with what the credential would need', () => {
    expect(problemsOf(touch, { refusalOf: () => 'needs a key with the scope ingest' })).toEqual([
      'not_permitted type: touch-recorded needs a key with the scope ingest',
    ])
  })
})

describe('knowledge time', () => {
  const backfill = { backfill: true }
  it('is what a backfill says, else when it happened', () => {
    expect(check({ ...touch, known_at: '2026-03-01T11:00:00Z' }, backfill)).toMatchObject({
      event: { known_at: Date.UTC(2026, 2, 1, 11) * 1000 },
    })
    expect(check(touch, backfill)).toMatchObject({ event: { known_at: Date.UTC(2026, 2, 1, 9) * 1000 } })
    expect(check({ ...touch, occurred_at: '2026-03-02T00:00:00Z' }, backfill)).toMatchObject({ event: { known_at: NOW * 1000 } })
  })

  it('is never ahead', () => {
    expect(problemsOf({ ...touch, known_at: '2026-03-01T12:00:01Z' }, backfill)).toEqual([
      'absurd_date known_at: expected an instant that is not ahead: nothing is known before it is known',
    ])
  })
})

const person = (data: object, type = 'person-created') => withData(type, { person_id: 'p_1', title: 'CFO', ...data })

describe('personal data', () => {
  it('go to the profile, and their addresses become links to the person', () => {
    const checked = check(
      person({
        first_name: 'Ada',
        last_name: 'Byron',
        email: ' Ada@Analytical-Engines.example ',
        phone: '+44 20 1',
        attributes: { mobile_phone: '+44 7 1', plan: 'gold' },
      }),
    )
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
    const hash = fakePseudonym('ada@analytical-engines.example')
    expect(checked.event).toMatchObject({
      email_domain: 'analytical-engines.example',
      email_hash: hash.slice(6),
      title: 'CFO',
      attributes: { plan: 'gold' },
    })
    expect(checked.profile).toMatchObject({
      type: 'person-profile',
      given_name: 'Ada',
      family_name: 'Byron',
      email: 'ada@analytical-engines.example',
      attributes: { mobile_phone: '+44 7 1' },
    })
    expect(checked.links).toMatchObject([{ identity: hash, target: 'person:p_1', rule: 'email', rule_version: '1' }])
    expect(JSON.stringify([checked.event, checked.links])).not.toMatch(/Byron|\+44|@/i)
  })

  it('make the same link however often the event is sent', () => {
    const links = [1, 2].map(() => {
      const checked = check(person({ email: 'ada@example.com' }))
      return checked.ok ? checked.links.map(link => link.event_id) : []
    })
    expect(links[0]).toEqual(links[1])
    expect(links[0]).toHaveLength(1)
  })

  it('leave no domain of free mail', () => {
    expect(check(person({ email: 'ada@gmail.com' }))).toMatchObject({ event: { email_domain: '' } })
    expect(check(person({ email_domain: 'GMX.de' }))).toMatchObject({ event: { email_domain: '' } })
  })

  it('are refused under two names, or as no address', () => {
    expect(problemsOf(person({ first_name: 'A', given_name: 'B' }))[0]).toContain('expected given_name once')
    expect(problemsOf(person({ email: 'ada at example' }))).toEqual([
      'bad_value data.email: expected an e-mail address, like ada@example.com',
    ])
  })

  it('are pseudonymised wherever an address turns up: ids, nodes, texts, queries, names of attributes', () => {
    const pseudonym = fakePseudonym('ada@example.com')
    const checked = check({
      type: 'touch-recorded',
      event_id: 'hubspot:ada@example.com:1',
      occurred_at: '2026-02-01T00:00:00Z',
      source: 'inbox ada@example.com',
      data: {
        subject: 'email:Ada@Example.com',
        touch_type: 'reply',
        utm_term: 'to Ada@example.com, please',
        page_url: 'https://example.com/x?e=ada%40example.com&y=1',
        participants: ['person:ada@example.com', 'email:ada@example.com'],
        attributes: { 'ada@example.com': 'a', note: '<ada@example.com>' },
      },
    })
    expect(checked).toMatchObject({
      event: {
        event_id: `hubspot:${pseudonym}:1`,
        source: `inbox ${pseudonym}`,
        subject: pseudonym,
        utm_term: `to ${pseudonym}, please`,
        page_url: `https://example.com/x?e=${pseudonym}&y=1`,
        participants: [`person:${pseudonym}`, pseudonym],
        attributes: { [pseudonym]: 'a', note: `<${pseudonym}>` },
      },
    })
  })

  it('never survive in a text, wherever an address stands in it', () => {
    const local = fc.stringMatching(/^[a-z0-9][a-z0-9.+_-]{0,20}$/)
    const domain = fc.stringMatching(/^[a-z0-9]{1,10}(-[a-z0-9]{1,5})?\.(com|co\.uk|example|museum)$/)
    const around = fc.constantFrom('', ' ', '<', '>', '"', ',', ';', '/', '?q=', '&', '=', '(', ')', 'mailto:', '\n', 'ü')
    fc.assert(
      fc.property(around, local, domain, around, fc.boolean(), (before, name, host, after, escaped) => {
        const text = `${before}${name}${escaped ? '%40' : '@'}${host}${after}`
        expect(replaceEmails(text, () => 'GONE')).not.toMatch(/@|%40/)
      }),
    )
  })
})

const approval = (data: object) => withData('definition-approved', { definition_id: 'mql', version: 2, ...data })

const find = (memberId: string) =>
  ({
    ann: { memberId: 'ann', function: 'marketing', role: '', approver: true, delegates: ['ben'], permissions: [], active: true },
    ben: { memberId: 'ben', function: 'sales', role: '', approver: false, delegates: [], permissions: [], active: true },
  })[memberId] ?? null

describe('who acts', () => {
  it('is the member of the credential, speaking for the own function', () => {
    expect(check(approval({}), { actors: { memberId: 'ann', find } })).toMatchObject({ event: { member_id: 'ann', function: 'marketing' } })
    expect(problemsOf(approval({ member_id: 'ben' }), { actors: { memberId: 'ann', find } })[0]).toContain('expected ann')
    expect(problemsOf(approval({ function: 'sales' }), { actors: { memberId: 'ann', find } })[0]).toContain('expected marketing')
  })

  it('may be a delegate, who speaks for the other function', () => {
    expect(check(approval({ on_behalf_of: 'ann' }), { actors: { memberId: 'ben', find } })).toMatchObject({
      event: { member_id: 'ben', function: 'marketing' },
    })
    expect(problemsOf(approval({ on_behalf_of: 'ben' }), { actors: { memberId: 'ann', find } })[0]).toContain(
      'expected a member who named ann as a delegate',
    )
  })
})

describe('instants', () => {
  it('read back as the same microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2254, 0, 1) }), fc.nat(999), (ms, micros) => {
        expect(parseInstant(instantText(ms * 1000 + micros))).toBe(ms * 1000 + micros)
      }),
    )
  })
})
