/** What a name may try: to run, and to become a formula in a spreadsheet. */
export const HOSTILE_NAME = '<img src=x onerror="window.ranFromAName=1">'
export const HOSTILE_FORMULA = '=HYPERLINK("https://evil.example","pay")'

type Event = {
  readonly type: string
  readonly event_id: string
  readonly occurred_at: string
  readonly data: Readonly<Record<string, unknown>>
}

const DAY = 86_400_000
const MEMBERS = [
  { member_id: 'vp-sales', function: 'sales', role: 'manager', team: 'sales', approver: true },
  { member_id: 'cmo', function: 'marketing', role: 'manager', team: 'marketing', approver: true },
  { member_id: 'sdr-1', function: 'sales', role: 'sdr', team: 'sales', approver: false },
  { member_id: 'ae-1', function: 'sales', role: 'ae', team: 'sales', approver: false },
]
const LEADS = 24
const OPEN_LEADS = 6
const DEALS = 9
const WON = 4

/**
 * Ten weeks of a small company that ends at `now`: leads from two campaigns, of which the last wait for a decision, deals of which some are won, spend,
 * members, and a campaign and an account with hostile names. The same for the same `now`.
 */
export const smallCompany = (now: number): readonly Event[] => {
  const events: Event[] = []
  const say = (type: string, daysAgo: number, data: Readonly<Record<string, unknown>>): void => {
    events.push({ type, event_id: `small-${events.length}`, occurred_at: new Date(now - daysAgo * DAY).toISOString(), data })
  }
  const date = (daysAgo: number): string => new Date(now - daysAgo * DAY).toISOString().slice(0, 10)

  say('tenant-configured', 75, {
    name: 'Small company',
    zone: 'UTC',
    fiscal_year_start_month: 1,
    currency: 'EUR',
    measure: 'acv',
    lawful_basis: 'legitimate-interest',
  })
  for (const member of MEMBERS) say('member-changed', 75, { ...member, zone: 'UTC', active: true })
  say('campaign-planned', 74, {
    campaign: 'c_1',
    name: HOSTILE_NAME,
    channel: 'paid_search',
    campaign_type: 'paid_search',
    owner_id: 'cmo',
    starts_on: date(74),
    ends_on: date(-20),
    budget_minor: 900_000,
    currency: 'EUR',
    team: 'marketing',
    talking_points: ['ask what they searched for'],
  })
  say('campaign-planned', 74, {
    campaign: 'c_2',
    name: HOSTILE_FORMULA,
    channel: 'webinars',
    campaign_type: 'webinar',
    owner_id: 'cmo',
    starts_on: date(30),
    ends_on: date(10),
    budget_minor: 300_000,
    currency: 'EUR',
    team: 'marketing',
  })
  for (const [campaign, channel, amount] of [
    ['c_1', 'paid_search', 640_000],
    ['c_2', 'webinars', 280_000],
  ] as const)
    say('spend-recorded', 9, {
      spend_id: `spend-${campaign}`,
      campaign,
      channel,
      category: 'media',
      team: 'marketing',
      currency: 'EUR',
      amount_minor: amount,
      starts_on: date(60),
      ends_on: date(10),
    })
  for (let i = 1; i <= LEADS; i++) {
    const [person, account, lead] = [`p_${i}`, `a_${Math.ceil(i / 2)}`, `l_${i}`]
    const age = 66 - i * 2.6
    const waits = i > LEADS - OPEN_LEADS
    if (i % 2 === 1)
      say('account-updated', 70, {
        account_id: account,
        name: i === 1 ? HOSTILE_NAME : `Account ${account}`,
        industry: 'software',
        country: 'DE',
        region: 'emea',
        segment: 'smb',
        owner_id: 'ae-1',
      })
    say('person-created', age + 1, { person_id: person, title: 'Head of operations', country: 'DE', region: 'emea' })
    say('identity-linked', age + 1, { identity: `person:${person}`, target: `account:${account}`, rule: 'crm-contact', rule_version: '1' })
    const campaign = i % 3 === 0 ? 'c_2' : 'c_1'
    const channel = campaign === 'c_1' ? 'paid_search' : 'webinars'
    say('touch-recorded', age, {
      subject: `person:${person}`,
      touch_type: campaign === 'c_1' ? 'form' : 'webinar_attended',
      channel,
      campaign,
      direction: 'inbound',
      team: 'marketing',
    })
    say('lead-created', age - 0.01, { person_id: person, lead_id: lead, lead_source: channel, channel, region: 'emea' })
    say('lead-stage-changed', age - 0.2, { person_id: person, lead_id: lead, stage: 'mql' })
    say('lead-assigned', age - 0.21, { person_id: person, lead_id: lead, owner_id: 'sdr-1', handoff: 'marketing-sdr', team: 'sales' })
    if (waits) continue
    say('touch-recorded', age - 0.5, {
      subject: `person:${person}`,
      touch_type: 'call_connected',
      channel: 'outbound',
      direction: 'outbound',
      team: 'sales',
      member_id: 'sdr-1',
    })
    say('lead-accepted', age - 0.6, { person_id: person, lead_id: lead, owner_id: 'sdr-1', handoff: 'marketing-sdr', team: 'sales' })
    if (i > DEALS) continue
    const deal = `d_${i}`
    say('deal-created', age - 3, {
      deal_id: deal,
      account_id: account,
      pipeline: 'sales',
      stage: 'discovery',
      deal_type: 'new-business',
      product: 'platform',
      owner_id: 'ae-1',
      team: 'sales',
      region: 'emea',
      amount_minor: 1_000_000 + i * 50_000,
      currency: 'EUR',
      measure: 'acv',
      close_date: date(i <= WON ? age - 12 : -15),
      forecast_category: 'commit',
    })
    say('deal-contact-linked', age - 3, { deal_id: deal, person_id: person, buying_role: 'champion', primary: true })
    say('lead-converted', age - 3, { person_id: person, lead_id: lead, deal_id: deal, account_id: account, owner_id: 'ae-1' })
    say('deal-stage-changed', age - 6, { deal_id: deal, stage: 'qualified' })
    if (i <= WON) say('deal-closed', age - 12, { deal_id: deal, outcome: 'won', close_date: date(age - 12) })
  }
  return events.toSorted((a, b) => (a.occurred_at < b.occurred_at ? -1 : 1))
}
