import type { CrmFormat, CrmTable } from './table.ts'
import { contentOf, countryOf, crmEvent, type CrmRecord, firstStage, leadMeaning, learnFirstStage, NO_STAGE, WrongRow } from './record.ts'

const SYSTEM = 'salesforce'
const event = (type: string, key: readonly string[], at: string, data: Readonly<Record<string, unknown>>) =>
  crmEvent(SYSTEM, type, key, at, data)
const idOf = (id: string): string => (id === '' ? '' : `${SYSTEM}:${id}`)
const linkTo = ({ style }: CrmRecord, id: string): string =>
  `${style.baseUrl === '' ? 'https://login.salesforce.com' : style.baseUrl}/${id}`
const required = (row: CrmRecord, ...columns: readonly string[]): string => {
  const at = row.moment(...columns)
  if (at === null) throw new WrongRow(columns[0] ?? '', 'expected a date or a time')
  return at
}
const changed = (row: CrmRecord): string =>
  required(row, 'last_modified_date', 'system_modstamp', '_fivetran_start', 'created_date', '_fivetran_synced')

/** Persons go by the id of their lead where they were one, so that a life does not begin anew with the conversion. */
const personOf = (contactId: string, known: ReadonlyMap<string, string>): string => idOf(known.get(contactId) ?? contactId)

const profileOf = (row: CrmRecord): Record<string, unknown> => ({
  email: row.text('email'),
  first_name: row.text('first_name'),
  last_name: row.text('last_name'),
  title: row.text('title'),
  department: row.text('department'),
  country: countryOf(row.text('country_code', 'mailing_country_code')),
  lead_source: row.text('lead_source'),
  owner_id: idOf(row.text('owner_id')),
})

const leads: CrmTable = {
  object: 'lead',
  has: ['id', 'status', 'is_converted', 'created_date'],
  learn: (row, known) => {
    const contact = row.text('converted_contact_id')
    if (contact !== '') known.set(contact, row.text('id'))
  },
  read: row => {
    const id = row.text('id')
    const person = idOf(id)
    const created = required(row, 'created_date')
    const profile = profileOf(row)
    const events = [
      event('person-created', ['lead', id, 'person'], created, { person_id: person, ...profile, external_url: linkTo(row, id) }),
      event('lead-created', ['lead', id, 'created'], created, {
        person_id: person,
        lead_id: id,
        lead_source: row.text('lead_source'),
        owner_id: idOf(row.text('owner_id')),
        external_url: linkTo(row, id),
      }),
    ]
    const status = row.text('status')
    const meaning = status === '' ? undefined : row.style.meaning('lead_status', status)
    const means = meaning === undefined ? null : leadMeaning(meaning)
    if (means !== null)
      events.push(
        event(means.type, ['lead', id, 'status', status.replaceAll(/[^!-~]/g, '_')], changed(row), {
          person_id: person,
          lead_id: id,
          ...means.data,
        }),
      )
    if (row.yes('is_converted')) {
      events.push(
        event('lead-converted', ['lead', id, 'converted'], required(row, 'converted_date', 'last_modified_date'), {
          person_id: person,
          lead_id: id,
          deal_id: idOf(row.text('converted_opportunity_id')),
          account_id: idOf(row.text('converted_account_id')),
          owner_id: idOf(row.text('owner_id')),
        }),
      )
    }
    if (row.yes('is_deleted'))
      events.push(
        event('record-excluded', ['lead', id, 'deleted'], changed(row), { record: `person:${person}`, reason: 'deleted', excluded: true }),
      )
    return events
  },
}

const contacts: CrmTable = {
  object: 'contact',
  has: ['id', 'account_id', 'last_name', 'email'],
  without: ['status', 'stage_name'],
  read: (row, known) => {
    const id = row.text('id')
    const person = personOf(id, known)
    const at = changed(row)
    const data = { person_id: person, ...profileOf(row), external_url: linkTo(row, id) }
    const account = row.text('account_id')
    return [
      event('person-updated', ['contact', id, contentOf(data)], at, data),
      ...(account === ''
        ? []
        : [
            event('identity-linked', ['contact', id, 'account', account], at, {
              identity: `person:${person}`,
              target: `account:${idOf(account)}`,
              rule: 'salesforce-contact',
              rule_version: '1',
              confidence_ppm: 1_000_000,
            }),
          ]),
    ]
  },
}

const accounts: CrmTable = {
  object: 'account',
  has: ['id', 'industry', 'annual_revenue', 'billing_country'],
  read: row => {
    const id = row.text('id')
    const website = row.text('website')
    const domain =
      website === ''
        ? ''
        : website
            .replace(/^\w+:\/\//, '')
            .replace(/^www\./, '')
            .replace(/[/?#].*$/, '')
    const data = {
      account_id: idOf(id),
      name: row.text('name'),
      industry: row.text('industry'),
      sic: row.text('sic'),
      employees: row.whole('number_of_employees'),
      revenue_minor: row.minor('annual_revenue', row.style.currency),
      currency: row.text('annual_revenue') === '' ? '' : row.style.currency,
      country: countryOf(row.text('billing_country_code')),
      owner_id: idOf(row.text('owner_id')),
      ...(/^[a-z0-9.-]+\.[a-z]{2,}$/i.test(domain) ? { domains: [domain.toLowerCase()] } : {}),
      external_url: linkTo(row, id),
    }
    return [event('account-updated', ['account', id, contentOf(data)], changed(row), data)]
  },
}

const dealData = (row: CrmRecord): Record<string, unknown> => ({
  deal_id: idOf(row.text('id')),
  amount_minor: row.minor('amount', row.text('currency_iso_code') || row.style.currency),
  currency: row.text('amount') === '' ? '' : row.text('currency_iso_code') || row.style.currency,
  close_date: row.day('close_date'),
})

const opportunities: CrmTable = {
  object: 'opportunity',
  has: ['id', 'stage_name', 'is_won', 'is_closed', 'close_date', 'created_date'],
  without: ['_fivetran_start'],
  read: (row, known) => {
    const id = row.text('id')
    const created = required(row, 'created_date')
    const stage = row.text('stage_name')
    const type = row.text('type')
    const meaning = stage === '' ? undefined : row.style.meaning('deal_stage', stage)
    const deal = dealData(row)
    const began = firstStage(known, id)
    const now = stage === '' || meaning === 'ignore' || row.yes('is_closed') ? NO_STAGE : (meaning ?? stage)
    const events = [
      event('deal-created', ['opportunity', id, 'created'], created, {
        ...deal,
        account_id: idOf(row.text('account_id')),
        stage: began === null ? now : (row.style.meaning('deal_stage', began) ?? began),
        deal_type: type === '' ? '' : (row.style.meaning('deal_type', type) ?? type),
        lead_source: row.text('lead_source'),
        campaign: row.text('campaign_id'),
        owner_id: idOf(row.text('owner_id')),
        external_url: linkTo(row, id),
      }),
    ]
    const closed = row.day('close_date')
    if (row.yes('is_closed') && closed !== null) {
      // nobody says at what time it was closed: the end of its close date, never before it was created
      const at = [created, `${closed}T23:59:59Z`].toSorted().at(-1) ?? created
      const outcome = row.yes('is_won') ? 'won' : 'lost'
      events.push(
        event('deal-closed', ['opportunity', id, 'closed', closed, outcome], at, { ...deal, outcome, reason: row.text('loss_reason') }),
      )
    } else if (began !== null && now !== NO_STAGE) {
      events.push(
        event(
          'deal-stage-changed',
          ['opportunity', id, 'stage', contentOf({ stage })],
          row.moment('last_stage_change_date', 'last_modified_date') ?? created,
          {
            deal_id: idOf(id),
            stage: now,
          },
        ),
      )
    }
    if (row.yes('is_deleted'))
      events.push(
        event(
          'deal-deleted',
          ['opportunity', id, 'deleted'],
          row.moment('system_modstamp', 'last_modified_date', '_fivetran_synced') ?? created,
          { deal_id: idOf(id), reason: 'deleted in Salesforce' },
        ),
      )
    return events
  },
  stated: row => {
    const currency = row.text('currency_iso_code') || row.style.currency
    const amount = row.minor('amount', currency)
    return {
      deal: {
        deal_id: idOf(row.text('id')),
        state: row.yes('is_closed') ? (row.yes('is_won') ? 'won' : 'lost') : 'open',
        amount_minor: amount,
        currency: amount === null ? '' : currency,
        close_date: row.day('close_date'),
        deleted: row.yes('is_deleted'),
      },
      at: row.moment('last_modified_date', 'system_modstamp', '_fivetran_synced') ?? required(row, 'created_date'),
    }
  },
}

const stageHistory: CrmTable = {
  object: 'opportunity history',
  has: ['id', 'stage_name', '_fivetran_start'],
  learn: (row, known) => learnFirstStage(known, row.text('id'), row.moment('_fivetran_start'), row.text('stage_name')),
  read: row => {
    const id = row.text('id')
    const at = required(row, '_fivetran_start')
    const stage = row.text('stage_name')
    const meaning = stage === '' ? undefined : row.style.meaning('deal_stage', stage)
    const deal = dealData(row)
    const events =
      stage === '' || meaning === 'ignore' || row.yes('is_closed')
        ? []
        : [event('deal-stage-changed', ['opportunity', id, 'stage', at], at, { deal_id: idOf(id), stage: meaning ?? stage })]
    if (deal['amount_minor'] !== null)
      events.push(
        event(
          'deal-amount-changed',
          ['opportunity', id, 'amount', contentOf({ amount: deal['amount_minor'], currency: deal['currency'], at })],
          at,
          { deal_id: idOf(id), amount_minor: deal['amount_minor'], currency: deal['currency'] },
        ),
      )
    return events
  },
}

/** Tasks and events: what sales did with whom. */
const activity = (
  object: string,
  has: readonly string[],
  typeOf: (row: CrmRecord) => string | null,
  when: readonly string[],
): CrmTable => ({
  object,
  has: ['id', 'who_id', 'what_id', 'owner_id', ...has],
  read: (row, known) => {
    const id = row.text('id')
    const who = row.text('who_id')
    const account = row.text('account_id')
    if (who === '' && account === '') throw new WrongRow('who_id', 'nobody to whom it was done: expected who_id or account_id')
    const kind = row.text('task_subtype', 'event_subtype', 'type')
    const what = row.text('what_id')
    const touchType = typeOf(row) ?? (kind === '' ? undefined : row.style.meaning('activity_type', kind))
    // a task can be anything: only what is known to have been done with somebody counts
    if (touchType === undefined || touchType === 'ignore') return []
    return [
      event('touch-recorded', [object, id], required(row, ...when), {
        subject: who === '' ? `account:${idOf(account)}` : `person:${personOf(who, known)}`,
        touch_type: touchType,
        direction: 'outbound',
        team: 'sales',
        member_id: idOf(row.text('owner_id')),
        deal_id: what.startsWith('006') ? idOf(what) : '',
        outcome: row.text('call_disposition'),
      }),
    ]
  },
})

const taskType = (row: CrmRecord): string | null => {
  const kind = row.text('task_subtype', 'type').toLowerCase()
  if (kind.includes('call')) return 'call'
  return kind.includes('mail') ? 'email_sent' : null
}

/** Tables of a Salesforce export by the columns of its API; leads before contacts, contacts before what refers to them. */
export const salesforce: CrmFormat = {
  system: SYSTEM,
  tables: [
    leads,
    opportunities,
    stageHistory,
    accounts,
    activity('task', ['task_subtype', 'status', 'activity_date'], taskType, ['completed_date_time', 'activity_date', 'created_date']),
    activity('event', ['start_date_time'], () => 'meeting', ['start_date_time', 'activity_date_time', 'activity_date']),
    contacts,
  ],
  fields: ['lead_status', 'deal_stage', 'deal_type', 'activity_type'],
}
