import { CONTENT } from './campaigns.ts'
import {
  DAY,
  FISCAL_YEAR_START_MONTH,
  HOUR,
  MINUTE,
  REGIONS,
  addMonths,
  fiscalQuarterName,
  fiscalQuarterStart,
  isoDate,
} from './calendar.ts'
import { zoneOfMember } from './staff.ts'
import type { World } from './world.ts'

/** What the company knew about itself on the first day, and what is agreed and announced on later days. */
export const layFoundations = (world: World): void => {
  const { story, emit } = world
  const opening = story.start + MINUTE
  emit('tenant-configured', opening, opening, 'erp', {
    name: 'Demo company',
    zone: 'Europe/Berlin',
    fiscal_year_start_month: FISCAL_YEAR_START_MONTH,
    currency: 'EUR',
    measure: 'acv',
    lawful_basis: 'legitimate-interest',
  })
  tellRates(world)
  tellMembers(world)
  tellTargets(world)
  tellFinance(world)
  tellCampaigns(world)
  tellContent(world)
}

const tellRates = ({ story, emit, chance }: World): void => {
  let rate = 1.085
  for (
    let month = addMonths(story.start, 0) - (new Date(story.start).getUTCDate() - 1) * DAY;
    month < story.end;
    month = addMonths(month, 1)
  ) {
    rate = Math.min(1.19, Math.max(0.99, rate + 0.012 * chance.normal()))
    const known = Math.max(story.start, month) + 6 * HOUR
    emit('fx-rate-recorded', month, known, 'erp', {
      base_currency: 'EUR',
      quote_currency: 'USD',
      rate_on: isoDate(month),
      rate: rate.toFixed(4),
      provider: 'central bank',
    })
  }
}

const tellMembers = ({ story, staff, emit, onDay }: World): void => {
  for (const member of staff.members) {
    const record = {
      member_id: member.id,
      function: member.function,
      role: member.role,
      team: member.team,
      ...(member.manager === null ? {} : { manager_id: member.manager }),
      zone: zoneOfMember(member),
      calendar: `office-${member.region}`,
      region: member.region,
      ...(member.capacityPerWeek === null ? {} : { capacity_leads: member.capacityPerWeek }),
      ...(member.minutesPerWeek === null ? {} : { capacity_minutes: member.minutesPerWeek }),
      approver: member.role === 'manager',
      attributes: { title: member.title },
    }
    const joined = Math.max(member.from, story.start) + 2 * MINUTE
    emit('member-changed', joined, joined, 'hr', { ...record, active: true })
    // who leaves is taken off the list the next morning
    if (member.to < story.end) emit('member-changed', member.to, member.to + 9 * HOUR, 'hr', { ...record, active: false })
  }
  // the manager of the region that fails looks after its open leads herself: a change of role that dimensions must follow
  const manager = staff.members.find(member => member.id === `manager-${story.badRegion}`)
  if (manager !== undefined)
    onDay(story.badStart + 30 * DAY, day =>
      emit('member-changed', day + 10 * HOUR, day + 10 * HOUR, 'hr', {
        member_id: manager.id,
        function: 'sales',
        role: 'manager',
        team: manager.team,
        manager_id: 'vp-sales',
        zone: zoneOfMember(manager),
        calendar: `office-${manager.region}`,
        region: manager.region,
        capacity_leads: 20,
        capacity_minutes: 480,
        approver: true,
        delegates: ['vp-sales'],
      }),
    )
}

/** New revenue a quarter, whole euros at scale 1; grows by 4 % a quarter. */
export const REVENUE_TARGET = 1_450_000
export const MQL_TARGET = 830
const REGION_SHARE = { emea: 0.47, americas: 0.37, apac: 0.16 } as const

const tellTargets = ({ story, scale, emit }: World): void => {
  let growth = 1
  for (let quarter = fiscalQuarterStart(story.start); quarter < story.end; quarter = addMonths(quarter, 3)) {
    const known = Math.max(story.start + 3 * MINUTE, quarter - 10 * DAY)
    const period = fiscalQuarterName(quarter)
    const bounds = { period, from_on: isoDate(quarter), to_on: isoDate(addMonths(quarter, 3)) }
    for (const region of REGIONS) {
      const revenue = Math.round((REVENUE_TARGET * scale * growth * REGION_SHARE[region]) / 10_000) * 10_000
      for (const [metric, factor] of [
        ['revenue', 1],
        ['pipeline', 4],
      ] as const)
        emit('target-set', known, known, 'erp', {
          target_id: `${metric}-${period}-${region}`,
          metric,
          ...bounds,
          amount_minor: revenue * factor * 100,
          currency: 'EUR',
          region,
          team: `sales-${region}`,
        })
      emit('target-set', known, known, 'erp', {
        target_id: `mql-${period}-${region}`,
        metric: 'mql',
        ...bounds,
        count: Math.round(MQL_TARGET * scale * growth * REGION_SHARE[region]),
        region,
        team: 'marketing',
      })
    }
    growth *= 1.04
  }
}

/** What finance knows and the log can't, said once a year. */
const FINANCE = [
  { name: 'gross-margin', ratio_ppm: 780_000 },
  // a month
  { name: 'arpa', amount_minor: 310_000, currency: 'EUR' },
  { name: 'churn', ratio_ppm: 14_000 },
] as const

const tellFinance = ({ story, emit }: World): void => {
  for (let quarter = fiscalQuarterStart(story.start); quarter < story.end; quarter = addMonths(quarter, 12)) {
    const known = Math.max(story.start + 3 * MINUTE, quarter + 5 * DAY)
    for (const { name, ...value } of FINANCE)
      emit('finance-input-recorded', known, known, 'erp', {
        input_id: `${name}-${isoDate(quarter)}`,
        name,
        from_on: isoDate(quarter),
        to_on: isoDate(addMonths(quarter, 12)),
        ...value,
      })
  }
}

const tellCampaigns = ({ story, campaigns, scale, emit }: World): void => {
  for (const campaign of campaigns) {
    const planned = Math.max(story.start + 4 * MINUTE, campaign.from - 21 * DAY)
    // what runs on the last day goes on until the fiscal year ends
    const to = campaign.to < story.end ? campaign.to : fiscalYearEnd(story.end)
    const days = Math.round((to - campaign.from) / DAY)
    const budget = Math.round(((campaign.lump + campaign.perDay * days * 0.72) * scale) / 500) * 500
    emit('campaign-planned', planned, planned, 'marketing-calendar', {
      campaign: campaign.id,
      name: campaign.name,
      channel: campaign.channel,
      campaign_type: campaign.channel,
      offer: campaign.offer,
      url: `https://www.accord-demo.example/${campaign.offer.replaceAll(' ', '-')}`,
      description: `${campaign.name}: ${campaign.offer} for ${campaign.personas.join(' and ')}`,
      talking_points: [`ask what made them look at the ${campaign.offer}`, 'offer a call within the day'],
      follow_up_template: `follow-up-${campaign.offer.replaceAll(' ', '-')}`,
      personas: campaign.personas.map(persona => persona.replaceAll(' ', '-')),
      owner_id: campaign.owner,
      starts_on: isoDate(campaign.from),
      ends_on: isoDate(to - DAY),
      ...(budget > 0 ? { budget_minor: budget * 100, currency: campaign.currency } : {}),
      team: campaign.channel === 'outbound' ? 'sales' : campaign.channel === 'partner' ? 'partner' : 'marketing',
    })
    emit('campaign-alias-added', planned, planned + MINUTE, 'marketing-calendar', {
      campaign: campaign.id,
      system: 'utm',
      alias: aliasOf(campaign.name),
    })
    if (campaign.alias !== null) {
      const [platform = '', id = ''] = campaign.alias.split(':')
      emit('campaign-alias-added', planned, planned + 2 * MINUTE, 'marketing-calendar', {
        campaign: campaign.id,
        system: `${platform}-ads`,
        alias: id,
      })
    }
    if (campaign.automation && campaign.channel === 'paid_social')
      emit('campaign-cancelled', campaign.to, campaign.to + 9 * HOUR, 'marketing-calendar', {
        campaign: campaign.id,
        reason: 'leads outside the ideal customer profile',
      })
  }
}

/** First instant of the fiscal year after the one of an instant. */
const fiscalYearEnd = (at: number): number => {
  let quarter = addMonths(fiscalQuarterStart(at), 3)
  while (new Date(quarter).getUTCMonth() + 1 !== FISCAL_YEAR_START_MONTH) quarter = addMonths(quarter, 3)
  return quarter
}

/** The campaign as it stands in a link: lower case, dashes. */
export const aliasOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')

const tellContent = ({ story, emit }: World): void => {
  for (const [index, [id, kind, stage]] of CONTENT.entries()) {
    const from = story.start + 5 * MINUTE + (index % 5 === 4 ? 150 * DAY : 0)
    const record = {
      content_id: id,
      title: id.replaceAll('-', ' '),
      kind,
      stage,
      owner_id: 'content-lead',
      authors: ['content-lead'],
      approved_by: 'cmo',
      url: `https://www.accord-demo.example/library/${id}`,
    }
    emit('content-published', from, from, 'content-library', { ...record, version: 1 })
    if (index % 3 === 0) emit('content-published', from + 260 * DAY, from + 260 * DAY, 'content-library', { ...record, version: 2 })
  }
  const retired = story.badEnd + 2 * DAY
  emit('content-retired', retired, retired, 'content-library', { content_id: 'automation-kit', reason: 'attracts the wrong readers' })
}
