import type { CrmFormat, CrmTable } from './table.ts'
import { contentOf, crmEvent, type CrmRecord, firstStage, leadMeaning, learnFirstStage, NO_STAGE, WrongRow } from './record.ts'

const SYSTEM = 'hubspot'
const event = (type: string, key: readonly string[], at: string, data: Readonly<Record<string, unknown>>) =>
  crmEvent(SYSTEM, type, key, at, data)
const idOf = (id: string): string => (id === '' ? '' : `${SYSTEM}:${id}`)
/** Object types as HubSpot numbers them in links. */
const linkTo = ({ style }: CrmRecord, object: '0-1' | '0-2' | '0-3', id: string): string =>
  `${style.baseUrl === '' ? 'https://app.hubspot.com' : style.baseUrl}/record/${object}/${id}`
const required = (row: CrmRecord, ...columns: readonly string[]): string => {
  const at = row.moment(...columns)
  if (at === null) throw new WrongRow(columns[0] ?? '', 'expected a date or a time')
  return at
}

const contacts: CrmTable = {
  object: 'contact',
  has: ['id', 'property_email', 'property_createdate'],
  read: row => {
    const id = row.text('id')
    const created = required(row, 'property_createdate', 'property_created_at')
    const person = idOf(id)
    const status = row.text('property_hs_lead_status', 'property_lifecyclestage')
    const meaning = status === '' ? undefined : row.style.meaning('lead_status', status)
    const means = meaning === undefined ? null : leadMeaning(meaning)
    const excluded = row.yes('_fivetran_deleted') || row.yes('is_deleted')
    return [
      event('person-created', ['contact', id, 'person'], created, {
        person_id: person,
        email: row.text('property_email').includes('@') ? row.text('property_email') : '',
        first_name: row.text('property_firstname'),
        last_name: row.text('property_lastname'),
        title: row.text('property_jobtitle'),
        external_url: linkTo(row, '0-1', id),
      }),
      event('lead-created', ['contact', id, 'created'], created, {
        person_id: person,
        lead_id: id,
        lead_source: row.text('property_hs_analytics_source'),
        owner_id: idOf(row.text('property_hubspot_owner_id')),
        external_url: linkTo(row, '0-1', id),
      }),
      ...(means === null
        ? []
        : [
            event(
              means.type,
              ['contact', id, 'status', contentOf({ status })],
              required(row, 'property_lastmodifieddate', '_fivetran_synced'),
              { person_id: person, lead_id: id, ...means.data },
            ),
          ]),
      ...(excluded
        ? [
            event('record-excluded', ['contact', id, 'deleted'], required(row, '_fivetran_synced', 'property_createdate'), {
              record: `person:${person}`,
              reason: 'deleted',
              excluded: true,
            }),
          ]
        : []),
    ]
  },
}

/** Every change of a property; the ones that say where a lead stands are those whose name `lead_property` maps to lead_status. */
const contactHistory: CrmTable = {
  object: 'contact history',
  has: ['contact_id', 'timestamp', 'name', 'value'],
  read: row => {
    const name = row.text('name')
    const means = ['hs_lead_status', 'lifecyclestage'].includes(name) ? 'lead_status' : row.style.meaning('lead_property', name)
    const value = row.text('value')
    if (means !== 'lead_status' || value === '') return []
    const meaning = row.style.meaning('lead_status', value)
    const said = meaning === undefined ? null : leadMeaning(meaning)
    if (said === null) return []
    const id = row.text('contact_id')
    const at = required(row, 'timestamp')
    return [
      event(said.type, ['contact', id, 'history', at, contentOf({ name, value })], at, { person_id: idOf(id), lead_id: id, ...said.data }),
    ]
  },
}

const companies: CrmTable = {
  object: 'company',
  has: ['id', 'property_name', 'property_industry'],
  read: row => {
    const id = row.text('id')
    const data = {
      account_id: idOf(id),
      name: row.text('property_name'),
      industry: row.text('property_industry'),
      revenue_minor: row.minor('property_annualrevenue', row.style.currency),
      currency: row.text('property_annualrevenue') === '' ? '' : row.style.currency,
      external_url: linkTo(row, '0-2', id),
    }
    return [
      event(
        'account-updated',
        ['company', id, contentOf(data)],
        required(row, 'property_hs_lastmodifieddate', 'property_createdate', '_fivetran_synced'),
        data,
      ),
    ]
  },
}

/** Stages are ids: their labels and which of them close a deal are in a table of their own. */
const stages: CrmTable = {
  object: 'deal stage',
  has: ['stage_id', 'label', 'closed_won', 'pipeline_id'],
  learn: (row, known) => {
    const id = row.text('stage_id')
    known.set(`stage ${id}`, row.text('label'))
    known.set(`closed ${id}`, row.yes('closed_won') ? 'won' : row.yes('is_closed') ? 'lost' : '')
  },
  read: () => [],
}

/** What entering a stage means: our stage's name, or how the deal ended. A stage of which nobody says anything keeps its label. */
const stageMeaning = ({ style }: CrmRecord, id: string, known: ReadonlyMap<string, string>): string => {
  const label = known.get(`stage ${id}`) ?? id
  const meaning = style.meaning('deal_stage', label)
  if (meaning !== undefined) return meaning
  return known.get(`closed ${id}`) || label
}

const deals: CrmTable = {
  object: 'deal',
  has: ['deal_id', 'deal_pipeline_id', 'deal_pipeline_stage_id', 'property_createdate'],
  read: (row, known) => {
    const id = row.text('deal_id')
    const created = required(row, 'property_createdate')
    const amount = row.minor('property_amount', row.style.currency)
    const stage = row.text('deal_pipeline_stage_id')
    const means = stage === '' ? '' : stageMeaning(row, stage, known)
    const began = firstStage(known, id)
    const now = means === '' || means === 'won' || means === 'lost' || means === 'ignore' ? NO_STAGE : means
    const type = row.text('property_dealtype')
    const closeDate = row.day('property_closedate')
    const common = { deal_id: idOf(id), amount_minor: amount, currency: amount === null ? '' : row.style.currency, close_date: closeDate }
    return [
      event('deal-created', ['deal', id, 'created'], created, {
        ...common,
        pipeline: row.text('deal_pipeline_id'),
        stage: began === null ? now : stageMeaning(row, began, known),
        deal_type: type === '' ? '' : (row.style.meaning('deal_type', type) ?? type),
        owner_id: idOf(row.text('owner_id')),
        external_url: linkTo(row, '0-3', id),
      }),
      ...(means !== 'won' && means !== 'lost'
        ? []
        : [
            event(
              'deal-closed',
              ['deal', id, 'closed', closeDate ?? '', means],
              [created, row.moment('property_closedate') ?? created].toSorted().at(-1) ?? created,
              { ...common, outcome: means },
            ),
          ]),
      ...(row.yes('is_deleted')
        ? [
            event('deal-deleted', ['deal', id, 'deleted'], row.moment('_fivetran_synced') ?? created, {
              deal_id: idOf(id),
              reason: 'deleted in HubSpot',
            }),
          ]
        : []),
    ]
  },
  stated: (row, known) => {
    const id = row.text('deal_id')
    const stage = row.text('deal_pipeline_stage_id')
    const amount = row.minor('property_amount', row.style.currency)
    return {
      deal: {
        deal_id: idOf(id),
        // what a stage means to HubSpot goes before what it was mapped to: a snapshot is what the CRM shows
        state: stateOf(known.get(`closed ${stage}`) || (stage === '' ? '' : stageMeaning(row, stage, known))),
        amount_minor: amount,
        currency: amount === null ? '' : row.style.currency,
        close_date: row.day('property_closedate'),
        deleted: row.yes('is_deleted'),
      },
      at: row.moment('property_hs_lastmodifieddate', '_fivetran_synced') ?? required(row, 'property_createdate'),
    }
  },
}

const stateOf = (means: string): 'open' | 'won' | 'lost' => (means === 'won' || means === 'lost' ? means : 'open')

const stageHistory: CrmTable = {
  object: 'deal stage history',
  has: ['deal_id', 'date_entered', 'value'],
  learn: (row, known) => learnFirstStage(known, row.text('deal_id'), row.moment('date_entered'), row.text('value')),
  read: (row, known) => {
    const id = row.text('deal_id')
    const means = stageMeaning(row, row.text('value'), known)
    if (means === 'ignore' || means === '') return []
    const at = required(row, 'date_entered')
    return means === 'won' || means === 'lost'
      ? [event('deal-closed', ['deal', id, 'stage', at], at, { deal_id: idOf(id), outcome: means })]
      : [event('deal-stage-changed', ['deal', id, 'stage', at], at, { deal_id: idOf(id), stage: means })]
  },
}

const dealContacts: CrmTable = {
  object: 'deal contact',
  has: ['contact_id', 'deal_id', 'type_id'],
  without: ['engagement_id'],
  read: row => {
    const [deal, contact] = [row.text('deal_id'), row.text('contact_id')]
    return [
      event('deal-contact-linked', ['deal', deal, 'contact', contact], required(row, 'created_at', '_fivetran_synced'), {
        deal_id: idOf(deal),
        person_id: idOf(contact),
      }),
    ]
  },
}

const mergedDeals: CrmTable = {
  object: 'merged deal',
  has: ['deal_id', 'merged_deal_id'],
  read: row => {
    const [into, merged] = [row.text('deal_id'), row.text('merged_deal_id')]
    return [
      event('deal-merged', ['deal', merged, 'merged', into], required(row, '_fivetran_synced'), {
        deal_id: idOf(merged),
        into_deal_id: idOf(into),
        reason: 'merged in HubSpot',
      }),
    ]
  },
}

const engagementContacts: CrmTable = {
  object: 'engagement contact',
  has: ['contact_id', 'engagement_id'],
  learn: (row, known) => {
    const key = `engagement ${row.text('engagement_id')}`
    if (!known.has(key)) known.set(key, row.text('contact_id'))
  },
  read: () => [],
}

const TOUCH_TYPES: Readonly<Record<string, string>> = { CALL: 'call', EMAIL: 'email_sent', MEETING: 'meeting', COMMUNICATION: 'message' }

/** What was done with a contact; notes and tasks are nothing that anybody noticed. */
const engagement = (object: string, has: readonly string[], touchType: string | null, when: readonly string[]): CrmTable => ({
  object,
  has: ['engagement_id', ...has],
  read: (row, known) => {
    const id = row.text('engagement_id')
    const type = touchType ?? TOUCH_TYPES[row.text('type').toUpperCase()]
    if (type === undefined) return []
    const contact = known.get(`engagement ${id}`)
    if (contact === undefined)
      throw new WrongRow('engagement_id', 'no contact is known of it: give the table of engagements and contacts too')
    const outcome = row.text('meeting_outcome')
    return [
      event('touch-recorded', [object, id], required(row, ...when), {
        subject: `person:${idOf(contact)}`,
        touch_type: type,
        direction: 'outbound',
        team: 'sales',
        member_id: idOf(row.text('property_hubspot_owner_id')),
        outcome: outcome === '' ? '' : (row.style.meaning('meeting_outcome', outcome) ?? ''),
      }),
    ]
  },
})

/** Tables of a HubSpot export by the columns of its API. */
export const hubspot: CrmFormat = {
  system: SYSTEM,
  tables: [
    stages,
    engagementContacts,
    contacts,
    contactHistory,
    deals,
    stageHistory,
    companies,
    mergedDeals,
    engagement('meeting', ['start_time', 'meeting_outcome'], 'meeting', ['start_time']),
    engagement('engagement', ['property_hs_timestamp', 'type'], null, ['property_hs_timestamp']),
    dealContacts,
  ],
  fields: ['lead_status', 'lead_property', 'deal_stage', 'deal_type', 'meeting_outcome'],
}
