import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../services/access/caller.ts'
import { hubspot } from '../../services/collector/import/crm/hubspot.ts'
import { salesforce } from '../../services/collector/import/crm/salesforce.ts'
import { type CrmFormat, importCrm, type ImportCrmOptions } from '../../services/collector/import/crm/table.ts'
import { type CollectorParts, collectorParts, RECORD_TOPICS } from '../support/collector-parts.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})
const caller: Caller = { tenant: 'acme', actor: 'key:cli', keyName: 'import', scopes: ['ingest', 'admin'], member: null }

const parts = async (): Promise<CollectorParts> => {
  const made = await collectorParts()
  cleanups.push(made.close)
  await made.access.createTenant('acme', 'Acme', 'key:test')
  return made
}

const importing = async (
  made: CollectorParts,
  format: CrmFormat,
  tables: Readonly<Record<string, string>>,
  more: Partial<ImportCrmOptions> = {},
) => {
  const folder = await mkdtemp(join(tmpdir(), 'accord-crm-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  const files = await Promise.all(
    Object.entries(tables).map(async ([name, text]) => {
      const file = join(folder, `${name}.csv`)
      await writeFile(file, text)
      return file
    }),
  )
  const refused: string[] = []
  const result = await importCrm(format, {
    intake: made.intake,
    caller,
    files,
    onReject: ({ line, column, reason }) => refused.push(`${line} ${column}: ${reason}`),
    ...more,
  })
  return { result, refused }
}
const recorded = async (made: CollectorParts) => made.events(...RECORD_TOPICS)
const ids = async (made: CollectorParts): Promise<number> => new Set((await recorded(made)).map(event => event.event_id)).size

// the columns are those of the vendors' own tables, cut down to what is read
const SALESFORCE = {
  contacts: `id,account_id,email,first_name,last_name,title,owner_id,last_modified_date,is_deleted
003A,001A,,J,C,CFO,005A,2026-03-02 10:00:00,FALSE
`,
  leads: `id,status,is_converted,created_date,converted_date,converted_contact_id,converted_opportunity_id,converted_account_id,lead_source,owner_id,last_modified_date,is_deleted
00QA,Converted,TRUE,2026-01-05 09:00:00,2026-02-01 12:00:00,003A,006A,001A,Webinar,005A,2026-02-01 12:00:00,FALSE
00QB,Bad phone,FALSE,2026-01-06 09:00:00,,,,,Webinar,005A,2026-01-09 08:00:00,FALSE
00QC,Mulling,FALSE,2026-01-07 09:00:00,,,,,Webinar,005A,2026-01-09 08:00:00,FALSE
`,
  opportunities: `id,account_id,amount,close_date,created_date,is_closed,is_won,is_deleted,stage_name,type,owner_id,lead_source,campaign_id,last_modified_date
006A,001A,1234.50,2026-04-30 00:00:00,2026-02-01 12:00:00,true,true,false,Closed Won,New,005A,Webinar,,2026-05-02 09:00:00
006B,001A,,2026-09-30 00:00:00,2026-03-01 12:00:00,false,false,false,Proposal/Price Quote,New,005A,,,2026-05-02 09:00:00
`,
  history: `_fivetran_start,id,amount,close_date,created_date,stage_name,is_closed,is_won
2026-02-01 12:00:00,006A,1000,2026-04-30 00:00:00,2026-02-01 12:00:00,Qualification,false,false
2026-03-01 12:00:00,006A,1234.50,2026-04-30 00:00:00,2026-02-01 12:00:00,Proposal/Price Quote,false,false
`,
  tasks: `id,who_id,what_id,owner_id,task_subtype,type,status,activity_date,account_id,call_disposition,created_date
00TA,003A,006A,005A,Call,,Completed,2026-02-03 10:00:00,001A,connected,2026-02-03 10:00:00
00TB,00QB,,005A,Task,,Completed,2026-01-07 10:00:00,,,2026-01-07 10:00:00
`,
}
const SALESFORCE_MEANINGS = {
  values: {
    lead_status: { Converted: 'ignore', 'Bad phone': 'disqualify:bad_data:phone' },
    deal_stage: { Qualification: 'qualified', 'Proposal/Price Quote': 'proposal', 'Closed Won': 'ignore' },
    deal_type: { New: 'new-business' },
  },
  set: { base_url: 'https://acme.my.salesforce.com' },
  currency: 'EUR',
}

describe('importing Salesforce', () => {
  it('makes one life of a lead and the contact that it became, with its deal, the deal’s way and what sales did', async () => {
    const made = await parts()
    const { result, refused } = await importing(made, salesforce, SALESFORCE, { mapping: SALESFORCE_MEANINGS })
    expect(refused).toEqual([])
    const events = await recorded(made)
    const of = (type: string) => events.filter(event => event.type === type)
    expect(of('lead-converted')).toMatchObject([
      { person_id: 'salesforce:00QA', deal_id: 'salesforce:006A', account_id: 'salesforce:001A' },
    ])
    expect(of('identity-linked').filter(event => 'rule' in event && event.rule === 'salesforce-contact')).toMatchObject([
      { identity: 'person:salesforce:00QA', target: 'account:salesforce:001A' },
    ])
    expect(of('lead-disqualified')).toMatchObject([{ person_id: 'salesforce:00QB', reason: 'bad_data', sub_reason: 'phone' }])
    expect(of('deal-created')).toMatchObject([
      {
        deal_id: 'salesforce:006A',
        stage: 'qualified',
        deal_type: 'new-business',
        amount_minor: 123_450n,
        currency: 'EUR',
        external_url: 'https://acme.my.salesforce.com/006A',
      },
      { deal_id: 'salesforce:006B', stage: 'proposal' },
    ])
    expect(of('deal-stage-changed').map(event => ('stage' in event ? event.stage : ''))).toEqual(['qualified', 'proposal'])
    expect(of('deal-closed')).toMatchObject([{ deal_id: 'salesforce:006A', outcome: 'won', close_date: '2026-04-30' }])
    expect(of('touch-recorded')).toMatchObject([
      { subject: 'person:salesforce:00QA', touch_type: 'call', team: 'sales', outcome: 'connected', deal_id: 'salesforce:006A' },
    ])
    expect(result.unmapped).toEqual([
      { field: 'activity_type', value: 'Task', rows: 1 },
      { field: 'lead_status', value: 'Mulling', rows: 1 },
    ])
  })

  it('adds nothing when an overlapping export comes again, and only what is new', async () => {
    const made = await parts()
    await importing(made, salesforce, SALESFORCE, { mapping: SALESFORCE_MEANINGS })
    const before = await ids(made)
    await importing(made, salesforce, SALESFORCE, { mapping: SALESFORCE_MEANINGS })
    expect(await ids(made)).toBe(before)
    const later = SALESFORCE.history + '2026-03-20 12:00:00,006A,1234.50,2026-04-30 00:00:00,2026-02-01 12:00:00,Negotiation,false,false\n'
    await importing(made, salesforce, { history: later }, { mapping: SALESFORCE_MEANINGS })
    expect(await ids(made)).toBe(before + 2)
  })

  it('keeps what the CRM shows of its deals, to compare with, unless the export has only some', async () => {
    const made = await parts()
    const { result } = await importing(made, salesforce, SALESFORCE, { mapping: SALESFORCE_MEANINGS })
    expect(result.snapshot).toMatchObject({ takenAt: expect.stringMatching(/^2026-05-02T09:00:00/), deals: 2 })
    expect((await recorded(made)).filter(event => event.type === 'crm-snapshot-taken')).toMatchObject([
      {
        system: 'salesforce',
        parts: 1,
        deals: [
          { deal_id: 'salesforce:006A', state: 'won', amount_minor: 123_450n, currency: 'EUR', close_date: '2026-04-30', deleted: false },
          { deal_id: 'salesforce:006B', state: 'open', amount_minor: null, currency: '', close_date: '2026-09-30' },
        ],
      },
    ])
    expect((await importing(made, salesforce, SALESFORCE, { mapping: SALESFORCE_MEANINGS, snapshot: false })).result.snapshot).toBeNull()
  })

  it('says what it would do and which values nobody gave a meaning, and writes nothing', async () => {
    const made = await parts()
    const { result } = await importing(made, salesforce, SALESFORCE, { dryRun: true })
    expect(result.accepted).toBeGreaterThan(10)
    expect(result.unmapped.filter(({ field }) => field === 'deal_stage')).toEqual([
      { field: 'deal_stage', value: 'Closed Won', rows: 1 },
      { field: 'deal_stage', value: 'Proposal/Price Quote', rows: 2 },
      { field: 'deal_stage', value: 'Qualification', rows: 2 },
    ])
    expect(await ids(made)).toBe(0)
  })

  it('refuses a meaning that is none, and a field that has none', async () => {
    const made = await parts()
    await expect(importing(made, salesforce, SALESFORCE, { mapping: { values: { lead_status: { Mulling: 'perhaps' } } } })).rejects.toThrow(
      'a lead status means stage:<stage>, accept',
    )
    await expect(importing(made, salesforce, SALESFORCE, { mapping: { values: { colour: { red: 'x' } } } })).rejects.toThrow(
      'there is no field colour',
    )
  })
})

describe('importing HubSpot', () => {
  const HUBSPOT = {
    deals: `deal_id,is_deleted,deal_pipeline_id,deal_pipeline_stage_id,owner_id,portal_id,property_dealname,property_amount,property_closedate,property_createdate
11,false,default,s9,7,42,,500.00,2026-03-31 10:00:00,2026-02-01 8:00:00
12,true,default,s1,7,42,,,,2026-02-02 08:00:00
`,
    stages: `stage_id,label,closed_won,is_closed,pipeline_id
s1,Appointment,FALSE,FALSE,default
s9,Done,TRUE,TRUE,default
`,
    entered: `deal_id,date_entered,value,source
11,2026-02-01 8:00:00,s1,CRM
11,2026-03-30 9:00:00,s9,CRM
`,
    contacts: `id,property_email,property_createdate,property_jobtitle,property_hs_lead_status,property_lastmodifieddate,_fivetran_synced
501,,2026-01-15 10:00:00,CFO,OPEN_DEAL,2026-02-01 10:00:00,2026-03-01 10:00:00
`,
    history: `contact_id,timestamp,source,name,value
501,2026-01-16 10:00:00.001,CRM,lifecyclestage,marketingqualifiedlead
501,2026-01-17 10:00:00.001,CRM,jobtitle,CFO
`,
    linked: `contact_id,deal_id,_fivetran_synced,type_id,category
501,11,2026-02-01 08:30:00,3,HUBSPOT_DEFINED
`,
    calls: `engagement_id,property_hs_createdate,property_hs_timestamp,type
77,2026-02-02 10:00:00,2026-02-02 10:00:00,CALL
78,2026-02-02 10:00:00,2026-02-02 10:00:00,NOTE
79,2026-02-02 10:00:00,2026-02-02 10:00:00,CALL
`,
    with: `contact_id,engagement_id,engagement_type,type_id
501,77,CALL,194
501,78,NOTE,194
`,
    else: `a,b\n1,2\n`,
  }

  it('puts nothing in of a deal that cannot be kept to compare with', async () => {
    const made = await parts()
    const deals = `deal_id,deal_pipeline_id,deal_pipeline_stage_id,property_createdate,property_hs_lastmodifieddate
13,default,s1,2026-02-02 08:00:00,2026-02-03 08:00:00
14,default,s1,2026-02-02 08:00:00,lately
`
    const { result, refused } = await importing(made, hubspot, { deals })
    expect([result.lines, result.accepted, result.rejected, refused]).toEqual([
      2,
      1,
      1,
      ['3 property_hs_lastmodifieddate: expected a date or a time'],
    ])
    expect((await recorded(made)).flatMap(each => (each.type === 'deal-created' ? [each.deal_id] : []))).toEqual(['hubspot:13'])
  })

  it('reads stages by their labels, closes by the stage that closes, and lists what it does not know', async () => {
    const made = await parts()
    const { result, refused } = await importing(made, hubspot, HUBSPOT, {
      mapping: {
        values: { deal_stage: { Appointment: 'qualified' }, lead_status: { OPEN_DEAL: 'accept', marketingqualifiedlead: 'stage:mql' } },
        currency: 'EUR',
      },
    })
    const events = await recorded(made)
    const of = (type: string) => events.filter(event => event.type === type)
    expect(of('deal-created')).toMatchObject([
      { deal_id: 'hubspot:11', stage: 'qualified', amount_minor: 50_000n, external_url: 'https://app.hubspot.com/record/0-3/11' },
      { deal_id: 'hubspot:12', stage: 'qualified' },
    ])
    expect(of('deal-closed').length).toBeGreaterThan(0)
    expect(of('deal-deleted')).toMatchObject([{ deal_id: 'hubspot:12' }])
    expect(of('crm-snapshot-taken')).toMatchObject([
      {
        deals: [
          { deal_id: 'hubspot:11', state: 'won', amount_minor: 50_000n, close_date: '2026-03-31' },
          { deal_id: 'hubspot:12', state: 'open', deleted: true },
        ],
      },
    ])
    expect(of('deal-contact-linked')).toMatchObject([{ deal_id: 'hubspot:11', person_id: 'hubspot:501' }])
    expect(of('lead-accepted')).toMatchObject([{ person_id: 'hubspot:501' }])
    expect(of('lead-stage-changed')).toMatchObject([{ person_id: 'hubspot:501', stage: 'mql' }])
    expect(of('touch-recorded')).toMatchObject([{ subject: 'person:hubspot:501', touch_type: 'call' }])
    expect(refused).toEqual(['4 engagement_id: no contact is known of it: give the table of engagements and contacts too'])
    expect(result.unmapped).toEqual([
      { field: 'deal_stage', value: 'Done', rows: 2 },
      { field: 'lead_property', value: 'jobtitle', rows: 1 },
    ])
    expect(result.ignoredFiles.map(file => file.split('/').at(-1))).toEqual(['else.csv'])
  })
})
