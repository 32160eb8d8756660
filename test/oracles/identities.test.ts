import { describe, expect, it } from 'vitest'
import { event } from '../support/event.ts'
import { identitiesAt } from './identities.ts'
import { day, END, factsFrom, link, merge, mergeAccounts, unlink } from './logged.ts'

const person = (person_id: string, email_domain: string) =>
  event('person-created', { event_id: `created-${person_id}`, occurred_at: day(0), person_id, email_domain })
const account = (account_id: string, domains: string[], on = 0) =>
  event('account-updated', { event_id: `account-${account_id}-${on}`, occurred_at: day(on), account_id, domains })
const atWork = link(1, 'person:p', 'account:a')
const cookie = link(1, 'anonymous:c', 'person:p')

describe('whom a subject stands for on day 10', () => {
  it.each([
    { name: 'nobody, unlinked', told: [], subject: 'anonymous:c', persons: [], accounts: [] },
    { name: 'a person and its account', told: [cookie, atWork], subject: 'anonymous:c', persons: ['p'], accounts: ['a'] },
    {
      name: 'the account that an alias names itself',
      told: [link(1, 'salesforce:1', 'account:a')],
      subject: 'salesforce:1',
      persons: [],
      accounts: ['a'],
    },
    { name: 'the account that it is', told: [mergeAccounts(5, 'a', 'b')], subject: 'account:a', persons: [], accounts: ['b'] },
    {
      name: 'both persons behind one cookie',
      told: [cookie, link(2, 'anonymous:c', 'person:q'), atWork],
      subject: 'anonymous:c',
      persons: ['p', 'q'],
      accounts: ['a'],
    },
    {
      name: 'nobody after an unlink',
      told: [cookie, atWork, unlink(3, 'anonymous:c', 'person:p')],
      subject: 'anonymous:c',
      persons: [],
      accounts: [],
    },
    {
      name: 'a person linked again',
      told: [cookie, unlink(3, 'anonymous:c', 'person:p'), link(4, 'anonymous:c', 'person:p')],
      subject: 'anonymous:c',
      persons: ['p'],
      accounts: [],
    },
    {
      name: 'two employers at once',
      told: [atWork, link(2, 'person:p', 'account:b')],
      subject: 'person:p',
      persons: ['p'],
      accounts: ['a', 'b'],
    },
    {
      name: 'the employer of the day',
      told: [link(1, 'person:p', 'account:a', { valid_to: day(10) }), link(1, 'person:p', 'account:b', { valid_from: day(10) })],
      subject: 'person:p',
      persons: ['p'],
      accounts: ['b'],
    },
    {
      name: 'the last word on a validity',
      told: [link(1, 'person:p', 'account:a'), link(2, 'person:p', 'account:a', { valid_to: day(9) })],
      subject: 'person:p',
      persons: ['p'],
      accounts: [],
    },
    {
      name: 'the person that it was merged into',
      told: [cookie, merge(2, 'p', 'q'), link(1, 'person:q', 'account:b')],
      subject: 'anonymous:c',
      persons: ['q'],
      accounts: ['b'],
    },
    {
      name: 'the accounts of all who are one person',
      told: [atWork, link(1, 'person:q', 'account:b'), merge(2, 'p', 'q')],
      subject: 'person:q',
      persons: ['q'],
      accounts: ['a', 'b'],
    },
    {
      name: 'one account once its two were merged',
      told: [atWork, link(1, 'person:p', 'account:b'), mergeAccounts(2, 'a', 'b')],
      subject: 'person:p',
      persons: ['p'],
      accounts: ['b'],
    },
    {
      name: 'the account of the email domain',
      told: [person('p', 'a.example'), account('a', ['a.example'])],
      subject: 'person:p',
      persons: ['p'],
      accounts: ['a'],
    },
    {
      name: 'none, when two accounts claim the domain',
      told: [person('p', 'a.example'), account('a', ['a.example']), account('b', ['a.example'])],
      subject: 'person:p',
      persons: ['p'],
      accounts: [],
    },
    {
      name: 'the one that two claimants became',
      told: [person('p', 'a.example'), account('a', ['a.example']), account('b', ['a.example']), mergeAccounts(2, 'b', 'a')],
      subject: 'person:p',
      persons: ['p'],
      accounts: ['a'],
    },
    {
      name: 'no account by domain beside an explicit one',
      told: [person('p', 'a.example'), account('a', ['a.example']), link(1, 'person:p', 'account:b')],
      subject: 'person:p',
      persons: ['p'],
      accounts: ['b'],
    },
    {
      name: 'the domain again after the employer was left',
      told: [person('p', 'a.example'), account('a', ['a.example']), link(1, 'person:p', 'account:b', { valid_to: day(9) })],
      subject: 'person:p',
      persons: ['p'],
      accounts: ['a'],
    },
    {
      name: 'the latest domains of an account',
      told: [person('p', 'a.example'), account('a', ['a.example']), account('a', ['z.example'], 3)],
      subject: 'person:p',
      persons: ['p'],
      accounts: [],
    },
    {
      name: 'an account whose update said nothing of domains',
      told: [person('p', 'a.example'), account('a', ['a.example']), account('a', [], 3)],
      subject: 'person:p',
      persons: ['p'],
      accounts: ['a'],
    },
    {
      name: 'none, when merged persons point to two accounts',
      told: [
        person('p', 'a.example'),
        person('q', 'b.example'),
        account('a', ['a.example']),
        account('b', ['b.example']),
        merge(2, 'p', 'q'),
      ],
      subject: 'person:p',
      persons: ['q'],
      accounts: [],
    },
    {
      name: 'none, when the domain was cleared',
      told: [
        person('p', 'a.example'),
        account('a', ['a.example']),
        event('person-updated', { event_id: 'u', occurred_at: day(3), person_id: 'p', cleared: ['email_domain'] }),
      ],
      subject: 'person:p',
      persons: ['p'],
      accounts: [],
    },
    {
      name: 'nobody through an address that is no person',
      told: [link(1, 'anonymous:c', 'email:e'), link(1, 'email:e', 'person:p')],
      subject: 'anonymous:c',
      persons: [],
      accounts: [],
    },
  ])('$name', ({ told, subject, persons, accounts }) => {
    const placement = identitiesAt(factsFrom(...told), END).at(subject, day(10))
    expect(placement).toEqual({ persons: persons.map(id => `person:${id}`), accounts: accounts.map(id => `account:${id}`) })
  })

  it('knows a link only from the instant it was recorded, for touches of any age', () => {
    const facts = factsFrom({ event: cookie, late: 30 }, atWork)
    expect(identitiesAt(facts, day(30) / 1000 - 1).at('anonymous:c', day(10)).accounts).toEqual([])
    expect(identitiesAt(facts, day(30) / 1000).at('anonymous:c', day(10)).accounts).toEqual(['account:a'])
  })

  it('lets the later happening decide, not the later arrival', () => {
    const facts = factsFrom({ event: cookie, late: 40 }, unlink(20, 'anonymous:c', 'person:p'))
    expect(identitiesAt(facts, END).at('anonymous:c', day(10)).persons).toEqual([])
  })
})
