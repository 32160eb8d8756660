import { DAY, HOUR, MINUTE, type Region, REGIONS, afterOfficeTime, officeOpen } from './calendar.ts'
import { type Campaign, CONTENT, type Channel } from './campaigns.ts'
import { weighted } from './chance.ts'
import type { Deals } from './deals.ts'
import { NO_ACCOUNT, personId } from './market.ts'
import { addPerson } from './records.ts'
import type { Member } from './staff.ts'
import { firstTouchHours, forgottenShare, programmeRuns } from './story.ts'
import { type TouchType, campaignOf, momentOf, tellTouch, workingDay } from './touches.ts'
import { type World, createQuota } from './world.ts'

type Way = {
  readonly channel: Channel
  /** How many leads begin here, in parts of all. */
  readonly weight: number
  /** Chance that the account is inside the ideal customer profile. */
  readonly good: number
  readonly began: ReturnType<typeof weighted<TouchType>>
}

const way = (channel: Channel, weight: number, good: number, began: readonly (readonly [TouchType, number])[]): Way => ({
  channel,
  weight,
  good,
  began: weighted(began),
})

const WAYS: readonly Way[] = [
  way('paid_search', 17, 0.64, [
    ['form', 3],
    ['demo_request', 2.5],
    ['contact_request', 1.5],
    ['trial_start', 1.5],
    ['download', 1.5],
  ]),
  way('organic_search', 20, 0.66, [
    ['form', 3],
    ['demo_request', 2],
    ['contact_request', 1.5],
    ['trial_start', 1.5],
    ['download', 2],
  ]),
  way('paid_social', 11, 0.46, [
    ['download', 6],
    ['form', 3],
    ['demo_request', 1],
  ]),
  way('webinars', 11, 0.62, [['webinar_attended', 1]]),
  way('events', 9, 0.7, [['event_attended', 1]]),
  way('email', 8, 0.68, [
    ['form', 4],
    ['download', 4],
    ['demo_request', 2],
  ]),
  way('content_syndication', 7, 0.38, [['download', 1]]),
  way('direct', 6, 0.62, [
    ['contact_request', 4],
    ['demo_request', 4],
    ['chat', 2],
    ['inbound_call', 1],
  ]),
  way('organic_social', 3, 0.52, [
    ['form', 1],
    ['download', 1],
  ]),
  way('review_sites', 3, 0.74, [
    ['demo_request', 5],
    ['contact_request', 3],
    ['trial_start', 2],
  ]),
  way('partner', 3, 0.78, [
    ['referral', 2],
    ['meeting', 1],
  ]),
  way('referral', 2, 0.82, [['referral', 1]]),
]
const AUTOMATION = way('paid_social', 0, 0.2, [
  ['download', 7],
  ['webinar_attended', 3],
])
const AGAIN = way('email', 0, 0.6, [
  ['form', 3],
  ['webinar_attended', 2],
  ['contact_request', 2],
  ['download', 1],
])
const PICK_WAY = weighted(WAYS.map(entry => [entry, entry.weight] as const))

const HAND_RAISING: ReadonlySet<TouchType> = new Set([
  'demo_request',
  'contact_request',
  'trial_start',
  'inbound_call',
  'chat',
  'referral',
  'meeting',
])
const PICK_REGION = weighted<Region>(REGIONS.map(region => [region, region === 'emea' ? 45 : region === 'americas' ? 38 : 17]))

/** One qualification cycle on its way. */
type Journey = {
  readonly person: number
  readonly lead: string
  readonly region: Region
  readonly good: boolean
  readonly handRaiser: boolean
  readonly programme: boolean
  readonly channel: Channel
  readonly campaign: Campaign | null
  readonly content: string
}

export type Leads = { readonly start: (day: number) => void; readonly startProgramme: (day: number) => void }

export const createLeads = (world: World, deals: Deals): Leads => {
  const { chance, market, staff, story, emit, onDay } = world
  const qualifies = createQuota(chance)
  const sells = createQuota(chance)
  const converts = createQuota(chance)
  const open = new Set<number>()

  const begin = (day: number, chosen: Way, programme: boolean): void => {
    const region = programme ? (chance.happens(0.82) ? story.badRegion : 'emea') : PICK_REGION(chance)
    const good = chance.happens(chosen.good)
    const nowhere = !good && chance.happens(programme ? 0.45 : 0.12)
    const account = nowhere ? NO_ACCOUNT : market.pick(chance, day, region, good)
    const colleagues = account === NO_ACCOUNT ? [] : market.colleagues(account, day)
    const known = colleagues.filter(person => !open.has(person))
    const person = known.length > 2 && chance.happens(0.26) ? chance.pick(known) : null
    const at = momentOf(chance, workingDayOrNot(day), region, 'web')
    const rest = { region, good, programme, chosen, account }
    // two of five begin without a name; most of these say it within weeks, on the form
    if (person === null && chance.happens(programme ? 0.25 : 0.42)) {
      const visitor = `anonymous:w${world.count('nameless').toString(36)}`
      const wait = chance.exponential(11 * DAY)
      wander(visitor, at, wait, chosen.channel, programme)
      onDay(at + wait, later => create({ ...rest, person: null, visitor, at: Math.max(at + wait, later) }))
      return
    }
    create({ ...rest, person, visitor: null, at })
  }
  const workingDayOrNot = (day: number): number => (chance.happens(0.5) ? workingDay(day) : day)

  const wander = (subject: string, from: number, during: number, channel: Channel, programme: boolean): void => {
    const visits = 1 + Math.min(4, Math.floor(chance.exponential(1.4)))
    for (let visit = 0; visit < visits; visit++) {
      const at = from + during * (visit / (visits + 0.5))
      const paid = channel === 'paid_search' || channel === 'paid_social'
      tellTouch(world, {
        subject,
        type: visit === 0 && paid ? 'ad_click_session' : 'web_session',
        at,
        channel: visit === 0 ? channel : 'direct',
        campaign: visit === 0 ? campaignOf(world, channel, at, programme) : null,
        pages: chance.int(1, 7),
      })
    }
  }

  type Beginning = {
    readonly region: Region
    readonly good: boolean
    readonly programme: boolean
    readonly chosen: Way
    readonly account: number
    readonly person: number | null
    readonly visitor: string | null
    readonly at: number
  }

  const create = ({ region, good, programme, chosen, account, person: existing, visitor, at }: Beginning): void => {
    const type = chosen.began(chance)
    const channel = type === 'webinar_attended' ? 'webinars' : chosen.channel
    const campaign = campaignOf(world, channel, at, programme) ?? campaignOf(world, chosen.channel, at, programme)
    const person =
      existing ?? addPerson(world, { account, occurred: at, known: at + 2_000, source: 'marketing-automation', leadSource: chosen.channel })
    open.add(person)
    const subject = `person:${personId(person)}`
    const content = programme ? 'automation-kit' : chance.pick(CONTENT)[0]
    // a form is filled in by the visitor that the site knows; the name comes with it
    tellTouch(
      world,
      {
        subject: visitor ?? subject,
        type,
        at,
        channel,
        campaign,
        ...(type === 'download' ? { content } : {}),
        ...(type === 'referral' || chosen.channel === 'partner' ? { team: chosen.channel === 'partner' ? 'partner' : 'success' } : {}),
        notKnownBefore: at + 3_000,
      },
      region,
    )
    if (visitor !== null) {
      emit('identity-linked', at, at + 4_000, 'web-analytics', {
        identity: visitor,
        target: subject,
        rule: 'form-cookie',
        rule_version: '1',
      })
      if (chance.happens(0.22)) {
        // the same person on a second device, recognised only weeks later: old touches find their account then
        const device = `anonymous:x${world.count('device').toString(36)}`
        wander(device, at + HOUR, 12 * DAY, 'organic_search', false)
        const linked = at + (14 + chance.exponential(24)) * DAY
        emit('identity-linked', linked, linked + MINUTE, 'web-analytics', {
          identity: device,
          target: subject,
          rule: 'login',
          rule_version: '2',
          confidence_ppm: 920_000,
        })
        if (chance.happens(0.04)) {
          const undone = linked + chance.exponential(20 * DAY) + HOUR
          emit('identity-unlinked', undone, undone, 'web-analytics', { identity: device, target: subject, reason: 'shared device' })
        }
      }
    }
    const created = at + chance.int(20, 90) * 1_000
    const lead = `l_${world.count('lead')}`
    emit('lead-created', created, created + 3_000, 'marketing-automation', {
      person_id: personId(person),
      lead_id: lead,
      lead_source: chosen.channel,
      channel,
      ...(campaign === null ? {} : { campaign: campaign.id }),
      ...(account === NO_ACCOUNT ? {} : { region }),
    })
    const handRaiser = HAND_RAISING.has(type)
    qualify({ person, lead, region, good, handRaiser, programme, channel, campaign, content }, at, created + 60_000)
  }

  const qualify = (journey: Journey, at: number, scored: number): void => {
    const { person, lead, good, handRaiser, programme } = journey
    const readiness = handRaiser ? 'hand-raiser' : programme || chance.happens(0.4) ? 'sales-ready' : 'unready'
    emit('score-recorded', scored, scored + 1_000, 'marketing-automation', {
      person_id: personId(person),
      lead_id: lead,
      model: 'engagement',
      // the model counted every kit and webinar until the bad quarter showed what that does
      model_version: at < story.badEnd ? '1' : '2',
      points: (handRaiser ? 80 : readiness === 'sales-ready' ? 55 : 25) + chance.int(0, 20),
      fit: good ? 'good' : 'bad',
      readiness,
      bucket: `${good ? 'good' : 'bad'}/${readiness}`,
    })
    const probability = programme ? 0.86 : handRaiser ? 0.96 : readiness === 'sales-ready' ? (good ? 0.72 : 0.5) : good ? 0.24 : 0.12
    if (!qualifies(probability)) {
      close(journey)
      if (chance.happens(0.14)) again(journey, at)
      return
    }
    const warm = handRaiser || programme ? chance.int(1, 6) * MINUTE : chance.exponential(2.5 * DAY)
    if (warm > HOUR) respond(journey, scored + warm / 2)
    onDay(scored + warm, day => handOver(journey, Math.max(scored + warm, day), 'lead'))
  }

  const respond = ({ person, channel, content }: Journey, at: number): void => {
    const mail = chance.happens(0.5)
    const during = chance.pick(['web_session', 'download', 'web_session', 'chat'] as const)
    tellTouch(world, {
      subject: `person:${personId(person)}`,
      type: during,
      at,
      channel: mail ? 'email' : channel === 'webinars' || channel === 'events' ? 'direct' : channel,
      campaign: mail ? campaignOf(world, 'email', at) : null,
      ...(during === 'download' ? { content } : { pages: chance.int(2, 8) }),
    })
  }

  const stage = ({ person, lead }: Journey, to: string, at: number, owner: Member | null): void => {
    emit('lead-stage-changed', at, at + 2_000, 'crm', {
      person_id: personId(person),
      lead_id: lead,
      stage: to,
      ...(owner === null ? {} : { owner_id: owner.id }),
    })
  }

  const handOver = (journey: Journey, at: number, from: string): void => {
    const { person, lead, region, handRaiser } = journey
    const ids = { person_id: personId(person), lead_id: lead }
    // every twentieth hand-raiser goes straight to a meeting: stages are skipped
    if (handRaiser && from === 'lead' && chance.happens(0.05)) {
      const executive = staff.onDuty(chance, 'ae', region, at)
      meet(journey, at, executive, 'skip')
      return
    }
    stage(journey, 'mql', at, null)
    if (chance.happens(0.03)) stage(journey, 'mql', at + chance.int(2, 40) * HOUR, null) // saved again in the stage it is in
    const assigned = at + chance.int(3, 30) * MINUTE
    const manager = staff.members.find(member => member.id === `manager-${region}`) ?? null
    const first = staff.onDuty(chance, 'sdr', region, assigned) ?? manager
    emit('lead-assigned', assigned, assigned + 1_000, 'crm', {
      ...ids,
      ...(first === null ? { queue: `inbound-${region}` } : { owner_id: first.id }),
      handoff: 'marketing-sdr',
      team: `sales-${region}`,
      rule: 'round-robin@1',
    })
    if (chance.happens(forgottenShare(story, region, assigned))) {
      const given = assigned + (25 + chance.exponential(15)) * DAY
      onDay(given, day => {
        if (chance.happens(0.5)) emit('lead-recycled', day + 9 * HOUR, day + 9 * HOUR, 'crm', { ...ids, reason: 'no follow-up' })
        close(journey)
      })
      return
    }
    let owner = first
    const patience = chance.logNormal(firstTouchHours(story, region, assigned) * HOUR * (handRaiser ? 0.6 : 1.3), 0.85)
    let touched = afterOfficeTime(region, assigned, patience)
    if (chance.happens(0.06)) {
      const passed = assigned + patience / 2
      owner = staff.onDuty(chance, 'sdr', region, passed) ?? owner
      emit('lead-assigned', passed, passed + 1_000, 'crm', {
        ...ids,
        ...(owner === null ? {} : { owner_id: owner.id }),
        ...(first === null ? {} : { previous_owner_id: first.id }),
        handoff: 'marketing-sdr',
        team: `sales-${region}`,
        reason: 'vacation',
      })
      touched = Math.max(touched, passed + 20 * MINUTE)
    }
    decide(journey, touched, owner, touched - assigned)
  }

  const decide = (journey: Journey, at: number, owner: Member | null, delay: number): void => {
    const { person, lead, region, good, handRaiser, programme } = journey
    const ids = { person_id: personId(person), lead_id: lead, ...(owner === null ? {} : { owner_id: owner.id }) }
    const definitional = good ? 0.04 : programme ? 0.56 : handRaiser ? 0.22 : 0.36
    const draw = chance.float()
    if (draw < definitional) {
      emit('lead-rejected', at, at + MINUTE, 'crm', {
        ...ids,
        reason_class: 'definitional',
        reason: chance.pick(['outside the ideal customer profile', 'student', 'too small', 'no project']),
        handoff: 'marketing-sdr',
      })
      if (chance.happens(0.3))
        emit('feedback-recorded', at, at + 5 * MINUTE, 'crm', {
          person_id: personId(person),
          lead_id: lead,
          kind: 'quality',
          value: 'not our customer',
          rating: 1,
          ...(journey.campaign === null ? {} : { campaign: journey.campaign.id }),
        })
      close(journey)
      return
    }
    if (draw < definitional + 0.05) {
      // wrong region or a missing number: put right and handed over again, the journey goes on
      const procedural = chance.happens(0.6)
      emit('lead-rejected', at, at + MINUTE, 'crm', {
        ...ids,
        reason_class: procedural ? 'procedural' : 'clerical',
        reason: procedural ? 'wrong region' : 'no phone number',
        handoff: 'marketing-sdr',
      })
      onDay(at + DAY, day => handOver(journey, officeOpen(region, Math.max(day, at + DAY)), 'rejected'))
      return
    }
    const accepted = at + chance.int(1, 20) * MINUTE
    emit('lead-accepted', accepted, accepted + 1_000, 'crm', { ...ids, handoff: 'marketing-sdr', team: `sales-${region}` })
    stage(journey, 'sal', accepted + 1_000, owner)
    pursue(journey, at, owner, delay)
  }

  /** Calls and mails until somebody answers or the representative gives up. */
  const pursue = (journey: Journey, from: number, owner: Member | null, delay: number): void => {
    const { person, region, good, handRaiser } = journey
    const contact = { subject: `person:${personId(person)}`, channel: 'outbound' as const, member: owner, team: 'sales', outbound: true }
    const cold = 1 / (1 + delay / (60 * HOUR))
    const answers = (handRaiser ? 0.5 : good ? 0.34 : 0.22) * (0.35 + 0.65 * cold)
    const tries = chance.int(4, 8)
    let at = from
    for (let attempt = 1; attempt <= tries; attempt++) {
      if (attempt % 3 === 0) tellTouch(world, { ...contact, type: 'email_sent', at }, region)
      else if (chance.happens(answers)) {
        const how = chance.happens(0.62)
        tellTouch(
          world,
          {
            ...contact,
            type: how ? 'call_connected' : 'reply',
            at,
            outbound: how,
            outcome: how ? 'connected' : 'replied',
            ...(how ? { minutes: chance.int(2, 18) } : {}),
          },
          region,
        )
        meet(journey, at, owner, 'sdr')
        return
      } else
        tellTouch(world, { ...contact, type: chance.happens(0.3) ? 'call_voicemail' : 'call_attempt', at, outcome: 'no-answer' }, region)
      at = afterOfficeTime(region, at + chance.int(10, 60) * HOUR, chance.int(0, 6) * HOUR)
    }
    leave(journey, at, owner, 'unreachable')
  }

  const leave = (journey: Journey, at: number, owner: Member | null, reason: string): void => {
    const ids = { person_id: personId(journey.person), lead_id: journey.lead, ...(owner === null ? {} : { owner_id: owner.id }) }
    const recycled = journey.good && chance.happens(0.62)
    if (recycled)
      emit('lead-recycled', at, at + MINUTE, 'crm', {
        ...ids,
        reason: reason === 'unreachable' ? 'timing' : reason,
        return_at: new Date(Math.round(at + 90 * DAY)).toISOString(),
      })
    else
      emit('lead-disqualified', at, at + MINUTE, 'crm', {
        ...ids,
        reason,
        ...(reason === 'no-budget' ? { sub_reason: 'next fiscal year' } : {}),
      })
    close(journey)
    if (recycled) again(journey, at)
  }

  const meet = (journey: Journey, from: number, owner: Member | null, by: 'sdr' | 'skip'): void => {
    const { person, region, good, handRaiser } = journey
    const at = afterOfficeTime(region, from + chance.exponential(4 * DAY) + 4 * HOUR, chance.int(0, 7) * HOUR)
    const held = chance.happens(0.84)
    tellTouch(
      world,
      {
        subject: `person:${personId(person)}`,
        type: 'meeting',
        at,
        channel: 'outbound',
        member: owner,
        team: 'sales',
        outbound: true,
        outcome: held ? 'held' : 'no-show',
        minutes: 30,
      },
      region,
    )
    const fits = (good ? 0.66 : 0.2) * (handRaiser ? 1.12 : 0.95)
    if (!sells(held ? fits : fits * 0.4)) {
      leave(
        journey,
        at + HOUR,
        owner,
        good ? chance.pick(['timing', 'no-budget', 'no-need']) : chance.pick(['no-fit', 'no-budget', 'bad-data']),
      )
      return
    }
    const sql = at + 40 * MINUTE
    stage(journey, 'sql', sql, owner)
    if (by === 'sdr' && chance.happens(0.02)) stage(journey, 'sal', sql + 2 * DAY, owner) // sent back, without a new decision
    const executive = staff.onDuty(chance, 'ae', region, sql)
    const ids = { person_id: personId(person), lead_id: journey.lead }
    if (executive !== null && by === 'sdr')
      emit('lead-assigned', sql + HOUR, sql + HOUR, 'crm', {
        ...ids,
        owner_id: executive.id,
        handoff: 'sdr-ae',
        team: `sales-${region}`,
        ...(owner === null ? {} : { previous_owner_id: owner.id }),
      })
    if (!converts(0.78)) {
      leave(journey, sql + (18 + chance.exponential(14)) * DAY, executive, chance.pick(['timing', 'no-budget', 'no-need']))
      return
    }
    const converted = afterOfficeTime(region, sql + 2 * HOUR, chance.exponential(22 * HOUR))
    onDay(converted, () => {
      const deal = deals.fromLead({ person, at: converted, region, owner: executive, channel: journey.channel, campaign: journey.campaign })
      const told = Math.max(converted + MINUTE, deal.known) + 5_000
      emit('lead-converted', converted + MINUTE, told, 'crm', {
        ...ids,
        deal_id: deal.id,
        ...(deal.account === null ? {} : { account_id: deal.account }),
        ...(executive === null ? {} : { owner_id: executive.id }),
      })
      close(journey)
    })
  }

  const close = (journey: Journey): void => {
    open.delete(journey.person)
  }

  /** A second life: the same person answers again months later. */
  const again = (journey: Journey, at: number): void => {
    if (!chance.happens(0.34)) return
    onDay(at + (55 + chance.exponential(50)) * DAY, day => {
      const { person, region, good } = journey
      if (open.has(person) || !market.isReachable(person, day)) return
      create({
        region,
        good,
        programme: false,
        chosen: AGAIN,
        account: market.accountOf(person),
        person,
        visitor: null,
        at: momentOf(chance, workingDay(day), region, 'office'),
      })
    })
  }

  return {
    start: day => begin(day, PICK_WAY(chance), false),
    startProgramme: day => {
      if (programmeRuns(story, day)) begin(day, AUTOMATION, true)
    },
  }
}
