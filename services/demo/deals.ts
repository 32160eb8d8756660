import { DAY, HOUR, MINUTE, type Region, addMonths, afterOfficeTime, fiscalQuarterStart, isoDate, officeOpen } from './calendar.ts'
import { type Campaign, CONTENT, type Channel } from './campaigns.ts'
import { type Chance, weighted } from './chance.ts'
import { NO_ACCOUNT, type Account, accountId, personId } from './market.ts'
import { addPerson } from './records.ts'
import type { Member } from './staff.ts'
import { campaignOf, tellTouch } from './touches.ts'
import { type World, createQuota } from './world.ts'

export type DealType = 'new-business' | 'expansion' | 'renewal'

export type Deals = {
  /** The deal that a lead becomes or joins. */
  readonly fromLead: (lead: {
    readonly person: number
    readonly at: number
    readonly region: Region
    readonly owner: Member | null
    readonly channel: Channel
    readonly campaign: Campaign | null
  }) => { readonly id: string; readonly account: string | null; readonly known: number }
  /** A deal that an executive finds alone: a named account, or more business with a customer. */
  readonly fromSales: (at: number, region: Region) => void
  /** A customer since before the story. */
  readonly adoptCustomer: (account: number) => void
  readonly created: () => number
  /** What is known of deals in advance, renewals left out: only for people who guess at it. */
  readonly booked: () => readonly BookedDeal[]
}

/** One way of a deal from its record, or its return, to its close. Instants are milliseconds. */
export type BookedDeal = {
  readonly id: string
  readonly owner: string
  readonly team: string
  readonly told: number
  /** Day of the signature, or of the end. */
  readonly closes: number
  /** When the end is written down. */
  readonly known: number
  readonly won: boolean
  /** About, in whole euros. */
  readonly euros: number
}

/** Near enough for people who call a quarter. */
const DOLLARS_A_EURO = 1.09

const STAGES = ['discovery', 'qualified', 'proposal', 'negotiation'] as const
const SHARE_OF_CYCLE = [0.22, 0.27, 0.31, 0.2] as const
const CYCLE_DAYS = { smb: 50, mid_market: 70, enterprise: 98 } as const
const MEDIAN_AMOUNT = { smb: 13_000, mid_market: 34_000, enterprise: 88_000 } as const
const BOUNDS = { smb: [8_000, 28_000], mid_market: [16_000, 80_000], enterprise: [45_000, 180_000] } as const
const ROLES = ['champion', 'decision-maker', 'economic-buyer', 'influencer', 'user', 'blocker'] as const
const LOST_BECAUSE = weighted([
  ['no decision', 34],
  ['competitor', 27],
  ['price', 17],
  ['no budget', 12],
  ['missing feature', 10],
] as const)
const COMPETITORS = ['Northlight', 'Ledgerly', 'Tallyboard'] as const
const PRODUCTS = weighted([
  ['platform', 62],
  ['analytics', 26],
  ['connect', 12],
] as const)

/** An amount as people write it: no odd hundreds. */
const roundAsPeopleDo = (amount: number): number => {
  const step = amount < 20_000 ? 500 : amount < 60_000 ? 1_000 : 5_000
  return Math.round(amount / step) * step
}

const drawAmount = (chance: Chance, { segment, currency }: Account, type: DealType): number => {
  const [least, most] = BOUNDS[segment]
  const drawn = chance.logNormal(MEDIAN_AMOUNT[segment], 0.42) * (type === 'expansion' ? 0.5 : 1) * (currency === 'USD' ? 1.08 : 1)
  return roundAsPeopleDo(Math.min(most, Math.max(least, drawn)))
}

type Plan = {
  readonly id: string
  readonly account: number | null
  readonly type: DealType
  readonly owner: Member | null
  readonly region: Region
  readonly currency: string
  readonly team: string
  readonly contacts: { readonly person: number; readonly since: number }[]
}

export const createDeals = (world: World): Deals => {
  const { chance, market, staff, story, emit, onDay } = world
  const qualifies = createQuota(chance)
  const wins = createQuota(chance)
  const booked: BookedDeal[] = []
  let created = 0

  type Opening = {
    readonly account: number | null
    readonly at: number
    readonly region: Region
    readonly owner: Member | null
    readonly type: DealType
    readonly source: string
    readonly campaign: Campaign | null
    readonly person: number | null
  }

  const open = (opening: Opening): { readonly id: string; readonly known: number } => {
    const { at, region, owner, type } = opening
    const number = world.count('deal')
    created++
    const id = `d_${number}`
    const account = opening.account === null ? null : market.account(opening.account)
    const segment = account?.segment ?? 'smb'
    const currency = account?.currency ?? (region === 'emea' ? 'EUR' : 'USD')
    const team = type === 'renewal' ? 'success' : `sales-${region}`
    const cycle = chance.logNormal(CYCLE_DAYS[segment], 0.36) * DAY * (type === 'renewal' ? 0.75 : type === 'expansion' ? 0.7 : 1)
    const amount = account === null ? 9_000 : drawAmount(chance, account, type)
    const ready = chance.happens(type === 'renewal' ? 0.9 : 0.14)
    const guess = amount * (0.75 + 0.5 * chance.float())
    const told = at + chance.int(2, 30) * 1_000
    const plan: Plan = { id, account: opening.account, type, owner, region, currency, team, contacts: [] }
    if (opening.account !== null) market.setOpenDeal(opening.account, number, told)
    emit('deal-created', at, told, 'crm', {
      deal_id: id,
      ...(opening.account === null ? {} : { account_id: accountId(opening.account) }),
      pipeline: type === 'renewal' ? 'renewals' : 'sales',
      stage: ready ? 'qualified' : 'discovery',
      deal_type: type,
      product: PRODUCTS(chance),
      ...(owner === null ? {} : { owner_id: owner.id }),
      team,
      region,
      // one deal in three begins without an amount
      ...(type !== 'renewal' && chance.happens(0.33) ? {} : { amount_minor: roundAsPeopleDo(guess) * 100, currency, measure: 'acv' }),
      close_date: isoDate(at + cycle),
      lead_source: opening.source,
      ...(opening.campaign === null ? {} : { campaign: opening.campaign.id }),
      forecast_category: 'pipeline',
    })
    linkContacts(plan, opening.person, at, told, cycle)
    run(plan, { at, told, cycle, amount, ready, fits: account?.fits ?? false, segment })
    return { id, known: told }
  }

  /** The buying committee gathers: a champion first, others in the first half of the way. */
  const linkContacts = (plan: Plan, first: number | null, at: number, told: number, cycle: number): void => {
    const size = plan.account === null ? 1 : 1 + Math.min(5, Math.floor(chance.exponential(plan.type === 'new-business' ? 2.3 : 1.2)))
    const colleagues =
      plan.account === null ? [] : market.colleagues(plan.account, Math.max(at, story.start)).filter(person => person !== first)
    const link = (person: number, role: string, when: number, primary: boolean): void => {
      const known = Math.max(when + 10_000, told + 1_000)
      plan.contacts.push({ person, since: known })
      emit('deal-contact-linked', when, known, 'crm', { deal_id: plan.id, person_id: personId(person), buying_role: role, primary })
      if (chance.happens(0.02))
        emit('deal-contact-unlinked', known + 12 * DAY, known + 12 * DAY, 'crm', { deal_id: plan.id, person_id: personId(person) })
    }
    if (first !== null) link(first, 'champion', at, true)
    for (let place = plan.contacts.length; place < size; place++) {
      const when = place === 0 ? at : at + cycle * 0.5 * chance.float()
      const role = place === 0 ? 'champion' : (ROLES[1 + ((place + plan.id.length) % 5)] ?? 'user')
      const known = colleagues.pop()
      // new faces of a deal get a record when the executive first writes to them
      const enter = (): void => {
        const person =
          known ??
          addPerson(world, {
            account: plan.account ?? NO_ACCOUNT,
            occurred: when,
            known: Math.max(when, told) + 1_000,
            source: 'crm',
            leadSource: 'sales',
          })
        link(person, role, when + 3_000, place === 0)
      }
      if (known !== undefined || place === 0) enter()
      else if (when < story.end) enter()
    }
  }

  type Course = {
    readonly at: number
    readonly told: number
    readonly cycle: number
    readonly amount: number
    readonly ready: boolean
    readonly fits: boolean
    readonly segment: 'smb' | 'mid_market' | 'enterprise'
  }

  /** Decides how the deal goes and tells all of it. */
  const run = (plan: Plan, { at, told, cycle, amount, ready, fits, segment }: Course): void => {
    const { id, type, region, currency } = plan
    if (type === 'new-business' && chance.happens(0.008)) {
      const gone = at + chance.int(1, 9) * DAY
      const other = created > 50 && chance.happens(0.4)
      if (other) emit('deal-merged', gone, gone, 'crm', { deal_id: id, into_deal_id: `d_${created - 40}`, reason: 'entered twice' })
      else emit('deal-deleted', gone, gone, 'crm', { deal_id: id, reason: 'entered by mistake' })
      free(plan, gone)
      return
    }
    const becomesPipeline = type === 'renewal' || qualifies(ready ? 0.86 : type === 'expansion' ? 0.85 : fits ? 0.76 : 0.4)
    const regional = region === 'emea' ? 0.24 : region === 'americas' ? 0.235 : 0.21
    const chanceToWin =
      type === 'renewal'
        ? 0.86
        : type === 'expansion'
          ? 0.42
          : regional * (segment === 'smb' ? 1.1 : segment === 'enterprise' ? 0.9 : 1) * (fits ? 1.06 : 0.5)
    const won = becomesPipeline && wins(chanceToWin)
    const reached = won ? 3 : becomesPipeline ? (chance.happens(0.42) ? 1 : chance.happens(0.6) ? 2 : 3) : 0

    let entered = at
    let length = 0
    const skipped = chance.happens(0.08) ? 2 : 9
    for (let step = 0; step <= reached; step++) {
      const name = STAGES[step]
      if (name === undefined) break
      if (step > 0 && !(ready && step === 1) && step !== skipped) {
        emit('deal-stage-changed', entered, Math.max(entered + 20_000, told + 2_000), 'crm', { deal_id: id, stage: name })
        if (step === 2 && chance.happens(0.06)) {
          // back to the drawing board and forward again
          emit('deal-stage-changed', entered + 2 * DAY, entered + 2 * DAY + MINUTE, 'crm', { deal_id: id, stage: 'qualified' })
          emit('deal-stage-changed', entered + 4 * DAY, entered + 4 * DAY + MINUTE, 'crm', { deal_id: id, stage: 'proposal' })
        }
        if (step === 3 && chance.happens(0.04))
          emit('deal-stage-changed', entered + DAY, entered + DAY, 'crm', { deal_id: id, stage: 'negotiation' })
      }
      if (step === 1 || (step === 2 && chance.happens(0.4))) {
        const value = step === 1 ? amount : roundAsPeopleDo(amount * (0.88 + 0.2 * chance.float()))
        emit('deal-amount-changed', entered + HOUR, Math.max(entered + HOUR, told) + 30_000, 'crm', {
          deal_id: id,
          amount_minor: value * 100,
          currency,
          measure: 'acv',
        })
      }
      if (step >= 2)
        emit('deal-forecast-category-changed', entered + 2 * HOUR, Math.max(entered + 2 * HOUR, told) + 40_000, 'crm', {
          deal_id: id,
          forecast_category: step === 2 ? 'best-case' : won || chance.happens(0.5) ? 'commit' : 'best-case',
        })
      const stay = cycle * (SHARE_OF_CYCLE[step] ?? 0.2) * (ready && step === 0 ? 0 : 0.6 + 0.8 * chance.float())
      work(plan, step, entered, stay, told)
      length += stay
      entered = at + length
    }
    const pushes = chance.happens(0.48) ? (chance.happens(0.4) ? 2 : 1) : 0
    for (let push = 1; push <= pushes; push++) {
      const when = at + length * (0.4 + 0.25 * push)
      emit('deal-close-date-changed', when, Math.max(when, told) + MINUTE, 'crm', {
        deal_id: id,
        close_date: isoDate(when + (12 + chance.exponential(25)) * DAY),
      })
    }
    changeHands(plan, at + length * 0.5, told)
    const ends = officeOpen(region, endOfQuarterPull(at + Math.max(length * (won ? 1 : 1.08), 5 * DAY), won))
    close(plan, ends, told, amount, won, chance.happens(won ? 0 : 0.045))
  }

  /** Sales and customers alike push signatures into the last days of a fiscal quarter. */
  const endOfQuarterPull = (at: number, won: boolean): number => {
    const last = addMonths(fiscalQuarterStart(at), 3) - 1
    const away = last - at
    return won && away < 24 * DAY && chance.happens(0.5) ? last - chance.exponential(2.5 * DAY) - HOUR : at
  }

  const changeHands = (plan: Plan, at: number, told: number): void => {
    const known = Math.max(at, told) + MINUTE
    const other = chance.happens(0.05) ? staff.onDuty(chance, 'ae', plan.region, at) : null
    if (other !== null) emit('deal-owner-changed', at, known, 'crm', { deal_id: plan.id, owner_id: other.id, team: plan.team })
    if (plan.owner !== null && chance.happens(0.03)) {
      const second = staff.onDuty(chance, 'ae', plan.region, at)
      if (second !== null && second.id !== plan.owner.id)
        emit('deal-split-changed', at, known, 'crm', {
          deal_id: plan.id,
          splits: [
            { member_id: plan.owner.id, team: plan.team, share_ppm: 700_000 },
            { member_id: second.id, team: plan.team, share_ppm: 300_000 },
          ],
        })
    }
    if (chance.happens(0.02)) emit('deal-attributes-changed', at, known, 'crm', { deal_id: plan.id, partner: 'marketplace' })
  }

  const close = (plan: Plan, at: number, told: number, amount: number, won: boolean, comesBack: boolean): void => {
    const { id, account, type, currency, region } = plan
    const known = Math.max(at, told) + (chance.happens(0.06) ? chance.int(1, 4) * DAY : chance.int(1, 40) * MINUTE)
    const reason = won ? 'best fit' : LOST_BECAUSE(chance)
    // who writes it down days later says the day of the signature
    const final = roundAsPeopleDo(amount * (won ? 0.9 + 0.12 * chance.float() : 1))
    if (type !== 'renewal') {
      const euros = final / (currency === 'USD' ? DOLLARS_A_EURO : 1)
      booked.push({ id, owner: plan.owner?.id ?? '', team: plan.team, told, closes: at, known, won, euros })
    }
    emit('deal-closed', known, known + 1_000, 'crm', {
      deal_id: id,
      outcome: won ? 'won' : 'lost',
      reason,
      ...(reason === 'competitor' ? { competitor: chance.pick(COMPETITORS) } : {}),
      close_date: isoDate(at),
      ...(won ? { amount_minor: final * 100, currency, measure: 'acv' } : {}),
    })
    if (won) {
      if (chance.happens(0.02))
        emit('deal-amount-changed', known + 9 * DAY, known + 9 * DAY, 'crm', {
          deal_id: id,
          amount_minor: roundAsPeopleDo(final * 1.1) * 100,
          currency,
          measure: 'acv',
        })
      subscribe(plan, known, final)
    } else if (comesBack) {
      const back = afterOfficeTime(region, known + (14 + chance.exponential(20)) * DAY, 0)
      emit('deal-reopened', back, back + MINUTE, 'crm', { deal_id: id, stage: 'proposal', reason: 'budget found' })
      work(plan, 2, back, 18 * DAY, back)
      close(plan, officeOpen(region, back + (12 + chance.exponential(15)) * DAY), back, amount, chance.happens(0.5), false)
      return
    } else if (type === 'renewal' && account !== null) {
      emit('subscription-ended', known, known + HOUR, 'billing', {
        subscription_id: `s_${account}`,
        ended_on: isoDate(known + 30 * DAY),
        reason,
      })
      onDay(known, () => market.setCustomer(account, false))
    }
    free(plan, known)
  }

  const free = ({ account, id }: Plan, at: number): void => {
    if (account !== null) onDay(at, () => market.openDeal(account) === Number(id.slice(2)) && market.setOpenDeal(account, 0, 0))
  }

  const subscribe = ({ account, id, type, currency }: Plan, known: number, amount: number): void => {
    if (account === null) return
    const starts = known + 3 * DAY
    const record = {
      subscription_id: `s_${account}`,
      account_id: accountId(account),
      deal_id: id,
      amount_minor: amount * 100,
      currency,
      interval: 'year',
      product: 'platform',
      renews_on: isoDate(addMonths(Math.floor(starts / DAY) * DAY, 12)),
    }
    if (type === 'new-business') emit('subscription-started', starts, starts, 'billing', { ...record, starts_on: isoDate(starts) })
    else emit('subscription-changed', starts, starts, 'billing', { ...record, change: type, effective_on: isoDate(starts) })
    onDay(known, () => market.setCustomer(account, true))
    if (type !== 'expansion') onDay(known + 300 * DAY, day => renew(account, day))
  }

  const renew = (account: number, day: number): void => {
    if (!market.isCustomer(account) || market.openDeal(account) !== 0) return
    const region = market.region(account)
    open({
      account,
      at: officeOpen(region, day + 8 * HOUR),
      region,
      owner: staff.onDuty(chance, 'am', region, day),
      type: 'renewal',
      source: 'renewal',
      campaign: null,
      person: null,
    })
  }

  /** What both sides do while the deal is in a stage: meetings and mails of sales, visits and downloads of the committee. */
  const work = (plan: Plan, step: number, from: number, during: number, told: number): void => {
    const { contacts, owner, region, id, type } = plan
    const weeks = during / (7 * DAY)
    const intensity = (type === 'renewal' ? 0.7 : 1) * (step === 0 ? 4.6 : 4.2)
    for (let n = chance.poisson(weeks * intensity * Math.min(2, 0.7 + 0.2 * contacts.length)); n > 0; n--) {
      const at = from + during * chance.float()
      const present = contacts.filter(contact => contact.since <= at)
      const contact = present.length === 0 ? contacts[0] : chance.pick(present)
      if (contact === undefined) return
      const subject = `person:${personId(contact.person)}`
      const notKnownBefore = Math.max(told, contact.since) + 60_000
      const draw = chance.float()
      if (draw < 0.62) {
        const selling = SELLING(chance)
        const when = officeOpen(region, at)
        const others =
          selling === 'meeting'
            ? present.filter(other => other !== contact && chance.happens(0.4)).map(other => `person:${personId(other.person)}`)
            : []
        tellTouch(
          world,
          {
            subject,
            type: selling,
            at: when,
            channel: 'outbound',
            member: owner,
            team: type === 'renewal' ? 'success' : 'sales',
            outbound: selling !== 'reply',
            deal: id,
            notKnownBefore,
            ...(selling === 'meeting' ? { outcome: 'held', minutes: chance.int(20, 75) } : {}),
            ...(others.length > 0 ? { participants: others } : {}),
          },
          region,
        )
      } else {
        const channel = MARKETING(chance)
        const looks =
          channel === 'webinars'
            ? 'webinar_attended'
            : channel === 'events'
              ? 'event_attended'
              : chance.happens(0.2)
                ? 'download'
                : 'web_session'
        tellTouch(
          world,
          {
            subject,
            type: looks,
            at,
            channel,
            campaign: campaignOf(world, channel, at),
            notKnownBefore,
            ...(looks === 'download' ? { content: chance.pick(CONTENT)[0] } : looks === 'web_session' ? { pages: chance.int(2, 9) } : {}),
          },
          region,
        )
      }
    }
  }

  return {
    created: () => created,
    booked: () => booked,
    fromLead: ({ person, at, region, owner, channel, campaign }) => {
      const account = market.accountOf(person)
      const running = account === NO_ACCOUNT ? 0 : market.openDeal(account)
      if (running !== 0) {
        // the account is in talks already: one more voice in the committee
        const known = Math.max(at, market.dealKnown(account)) + 40_000
        emit('deal-contact-linked', at, known, 'crm', {
          deal_id: `d_${running}`,
          person_id: personId(person),
          buying_role: chance.pick(ROLES),
          primary: false,
        })
        return { id: `d_${running}`, account: accountId(account), known }
      }
      const known = account !== NO_ACCOUNT
      const deal = open({
        account: known ? account : null,
        at,
        region,
        owner,
        type: known && market.isCustomer(account) ? 'expansion' : 'new-business',
        source: channel,
        campaign,
        person,
      })
      return { ...deal, account: known ? accountId(account) : null }
    },
    fromSales: (at, region) => {
      const day = Math.floor(at / DAY) * DAY
      const more = chance.happens(0.36)
      let account = 0
      for (let tries = 0; tries < 60; tries++) {
        account = market.pick(chance, day, region, true)
        if (market.openDeal(account) === 0 && (market.isCustomer(account) === more || tries > 45)) break
      }
      if (market.openDeal(account) !== 0) return
      const customer = market.isCustomer(account)
      const campaign = campaignOf(world, 'outbound', day)
      open({
        account,
        at: officeOpen(region, at),
        region,
        owner: staff.onDuty(chance, customer ? 'am' : 'ae', region, at),
        type: customer ? 'expansion' : 'new-business',
        source: customer ? 'customer' : 'outbound',
        campaign: customer ? null : campaign,
        person: null,
      })
    },
    adoptCustomer: account => {
      if (market.isCustomer(account)) return
      market.setCustomer(account, true)
      const since = story.start - chance.int(10, 350) * DAY
      const record = market.account(account)
      const amount = drawAmount(chance, record, 'new-business')
      emit('subscription-started', since, since, 'billing', {
        subscription_id: `s_${account}`,
        account_id: record.id,
        starts_on: isoDate(since),
        renews_on: isoDate(addMonths(since, 12)),
        product: 'platform',
        amount_minor: amount * 100,
        currency: record.currency,
        interval: 'year',
      })
      onDay(since + 305 * DAY, day => renew(account, day))
    },
  }
}

const SELLING = weighted([
  ['email_sent', 34],
  ['reply', 22],
  ['meeting', 20],
  ['call_connected', 10],
  ['call_attempt', 11],
  ['call_voicemail', 3],
] as const)
const MARKETING = weighted<Channel>([
  ['direct', 30],
  ['organic_search', 18],
  ['email', 20],
  ['webinars', 9],
  ['events', 6],
  ['paid_search', 6],
  ['paid_social', 6],
  ['review_sites', 3],
])
