import type { AccordEvent, EventType } from '../../schemas/events/generated/types.ts'
import type { Dice } from './dice.ts'
import type { Telling } from './event.ts'

/** An event, and the ms that pass between its happening and its being known. */
export type Told = { readonly event: AccordEvent; readonly delayMs: number }

/** Who and what a company's history is about: small pools, so that its stories meet. */
export type Cast = {
  readonly persons: readonly string[]
  readonly accounts: readonly string[]
  readonly deals: readonly string[]
  /** Nodes that are neither persons nor accounts: cookies, hashed addresses, ids of other systems. */
  readonly aliases: readonly string[]
  readonly domains: readonly string[]
  readonly campaigns: readonly string[]
  readonly owners: readonly string[]
}

export type Teller = {
  readonly dice: Dice
  readonly cast: Cast
  /** A business instant (µs) on a day from `from` to `to`, counted from the company's first. */
  readonly day: (from: number, to: number) => number
  /** An instant as near `at + plus` (µs) as the company's clock allows. */
  readonly after: (at: number, plus: number) => number
  readonly tell: <T extends EventType>(type: T, telling: Omit<Telling<T>, 'event_id' | 'tenant'>) => Told
  /** Whether values are also taken away: cleared fields, deals of no account, owner, amount or date. */
  readonly emptied: boolean
}

export const HOUR = 3_600_000_000
export const DAY = 24 * HOUR
export const LAST_DAY = 520

const RESPONSE_TYPES = ['form', 'web_session', 'webinar_attended', 'reply', 'meeting', 'demo_request'] as const
const OTHER_TYPES = ['email_sent', 'email_opened', 'impression', 'call_no_answer'] as const
const CHANNELS = ['paid_search', 'organic', 'email', 'event', 'direct', 'direct', ''] as const
const TEAMS = ['marketing', 'sales', 'partner', ''] as const
const STAGES = ['discovery', 'qualified', 'proposal', 'negotiation'] as const
const LEAD_STAGES = ['mql', 'mql', 'sql', 'nurture'] as const

const isoDate = (micros: number): string => new Date(micros / 1000).toISOString().slice(0, 10)

/** An account becomes known, with domains that another may claim too, and changes them. */
export const accountStory = ({ dice, cast, day, tell, emptied }: Teller, account_id: string): readonly Told[] => {
  const domains = (): string[] => [...new Set(Array.from({ length: dice.between(0, 2) }, () => dice.pick(cast.domains)))]
  const told = [tell('account-updated', { occurred_at: day(0, 200), account_id, domains: domains(), name: account_id })]
  if (dice.chance(30)) told.push(tell('account-updated', { occurred_at: day(100, LAST_DAY), account_id, domains: domains() }))
  if (emptied && dice.chance(15)) told.push(tell('account-updated', { occurred_at: day(200, LAST_DAY), account_id, cleared: ['domains'] }))
  if (dice.chance(25)) told.push(...mergeStory({ dice, day, tell }, 'account', account_id, cast.accounts))
  return told
}

/** A person becomes known, belongs to employers, is merged with others, and goes through qualification. */
export const personStory = (teller: Teller, person_id: string): readonly Told[] => {
  const { dice, cast, day, tell, emptied } = teller
  const domain = (): string => (dice.chance(60) ? dice.pick(cast.domains) : '')
  const told = [tell('person-created', { occurred_at: day(0, 300), person_id, email_domain: domain() })]
  if (dice.chance(30)) told.push(tell('person-updated', { occurred_at: day(100, LAST_DAY), person_id, email_domain: domain() }))
  if (emptied && dice.chance(15))
    told.push(tell('person-updated', { occurred_at: day(200, LAST_DAY), person_id, cleared: ['email_domain'] }))
  if (dice.chance(65)) told.push(...employerStory(teller, `person:${person_id}`))
  if (dice.chance(40)) told.push(...mergeStory(teller, 'person', person_id, cast.persons))
  if (dice.chance(70)) told.push(...leadStory(teller, person_id))
  return told
}

/** One employer for ever, or two one after the other, or two at once; taken back now and then. */
const employerStory = ({ dice, cast, day, tell }: Teller, identity: string): readonly Told[] => {
  const [first, second] = dice.shuffle(cast.accounts).map(account => `account:${account}`)
  const change = day(150, 450)
  const link = (target: string, valid_from: number | null, valid_to: number | null): Told =>
    tell('identity-linked', { occurred_at: day(0, LAST_DAY), identity, target, rule: 'crm', rule_version: '1', valid_from, valid_to })
  const told = first === undefined ? [] : [link(first, null, dice.chance(50) ? change : null)]
  if (second !== undefined && dice.chance(60)) told.push(link(second, dice.chance(70) ? change : null, null))
  return [...told, ...takenBack({ dice, day, tell }, told, 20)]
}

/** An alias turns out, early or late, to be a person, two persons, or nobody but an account. */
export const aliasStory = ({ dice, cast, day, tell }: Teller, identity: string): readonly Told[] => {
  if (dice.chance(20)) return []
  const target = (): string => (dice.chance(85) ? `person:${dice.pick(cast.persons)}` : `account:${dice.pick(cast.accounts)}`)
  const told = Array.from({ length: dice.chance(25) ? 2 : 1 }, () => {
    const [valid_from, valid_to] = dice.chance(30) ? [day(0, 250), day(251, LAST_DAY)] : [null, null]
    return tell('identity-linked', {
      occurred_at: day(0, LAST_DAY),
      identity,
      target: target(),
      rule: 'form',
      rule_version: '2',
      valid_from,
      valid_to,
    })
  })
  return [...told, ...takenBack({ dice, day, tell }, told, 25)]
}

/** Some links are taken back, and some of these made again with other times. */
const takenBack = ({ dice, day, tell }: Pick<Teller, 'dice' | 'day' | 'tell'>, links: readonly Told[], percent: number): readonly Told[] =>
  links.flatMap(({ event: link }) => {
    if (link.type !== 'identity-linked' || !dice.chance(percent)) return []
    const { identity, target } = link
    const told = [tell('identity-unlinked', { occurred_at: day(50, LAST_DAY), identity, target, reason: 'wrong person' })]
    if (dice.chance(40))
      told.push(tell('identity-linked', { occurred_at: day(100, LAST_DAY), identity, target, valid_from: day(0, LAST_DAY) }))
    return told
  })

/** Merged into one or two others, perhaps undone, perhaps again; chains and circles come of themselves. */
const mergeStory = (
  { dice, day, tell }: Pick<Teller, 'dice' | 'day' | 'tell'>,
  kind: 'person' | 'account',
  from: string,
  pool: readonly string[],
): readonly Told[] =>
  Array.from({ length: dice.chance(25) ? 2 : 1 }, () => dice.pick(pool))
    .filter(into => into !== from)
    .flatMap(into => {
      const word = (on: boolean, first: number): Told =>
        kind === 'person'
          ? tell(on ? 'person-merged' : 'person-unmerged', { occurred_at: day(first, LAST_DAY), person_id: from, into_person_id: into })
          : tell(on ? 'account-merged' : 'account-unmerged', { occurred_at: day(first, LAST_DAY), account_id: from, into_account_id: into })
      const told = [word(true, 50)]
      if (dice.chance(30)) told.push(word(false, 100))
      if (dice.chance(15)) told.push(word(true, 150))
      return told
    })

/** A burst of touches of one subject: the same thing again within minutes, at half an hour to the second, and later. */
export const touchStory = (teller: Teller): readonly Told[] => {
  const { dice, cast, day, after, tell } = teller
  const subject = subjectFor(dice, cast)
  const touch_type = dice.chance(75) ? dice.pick(RESPONSE_TYPES) : dice.pick(OTHER_TYPES)
  const campaign = dice.chance(60) ? dice.pick(cast.campaigns) : ''
  let at = day(0, LAST_DAY)
  return Array.from({ length: dice.pick([1, 1, 1, 2, 3]) }).flatMap(() => {
    const content = {
      touch_type: dice.chance(85) ? touch_type : dice.pick(RESPONSE_TYPES),
      channel: dice.pick(CHANNELS),
      campaign,
      team: dice.pick(TEAMS),
      automatic: dice.chance(7),
    }
    const told = tell('touch-recorded', { occurred_at: at, subject, ...content })
    const second = amendments(teller, told.event.event_id, subject, at, content)
    at = after(at, dice.pick([HOUR / 12, HOUR / 4, HOUR / 2, HOUR, 5 * DAY]))
    return [told, ...second]
  })
}

const subjectFor = (dice: Dice, cast: Cast): string => {
  if (dice.chance(60) && cast.aliases.length > 0) return dice.pick(cast.aliases)
  return dice.chance(90) ? `person:${dice.pick(cast.persons)}` : `account:${dice.pick(cast.accounts)}`
}

type Content = Pick<Telling<'touch-corrected'>, 'touch_type' | 'channel' | 'campaign' | 'team' | 'automatic'>

/** Corrections and retractions, in any number and order: the last word counts. */
const amendments = (
  { dice, cast, day, after, tell }: Teller,
  touch_id: string,
  subject: string,
  at: number,
  content: Content,
): readonly Told[] => {
  const correct = (): Told =>
    tell('touch-corrected', {
      occurred_at: day(0, LAST_DAY),
      subject,
      touch_id,
      touched_at: dice.chance(50) ? after(at, 0) : after(at, dice.between(-20, 20) * DAY),
      ...content,
      channel: dice.pick(CHANNELS),
      campaign: dice.pick(cast.campaigns),
    })
  const retract = (): Told => tell('touch-retracted', { occurred_at: day(0, LAST_DAY), subject, touch_id, reason: 'test call' })
  const told: Told[] = []
  if (dice.chance(10)) told.push(correct())
  if (dice.chance(7)) told.push(retract())
  if (dice.chance(3)) told.push(correct())
  return told
}

/** One or two qualification cycles, with everything that can end one. */
const leadStory = ({ dice, cast, day, after, tell }: Teller, person_id: string): readonly Told[] => {
  const told: Told[] = []
  let at = day(100, 350)
  const next = (): number => (at = after(at, dice.between(1, 40) * DAY))
  for (let cycle = 0; cycle < dice.between(1, 3); cycle += 1) {
    if (dice.chance(80)) told.push(tell('lead-created', { occurred_at: at, person_id, lead_source: dice.pick(['web', 'event']) }))
    if (dice.chance(60)) told.push(tell('lead-assigned', { occurred_at: next(), person_id, owner_id: dice.pick(cast.owners) }))
    if (dice.chance(60)) told.push(tell('lead-stage-changed', { occurred_at: next(), person_id, stage: dice.pick(LEAD_STAGES) }))
    if (dice.chance(30)) told.push(tell('lead-stage-changed', { occurred_at: next(), person_id, stage: dice.pick(LEAD_STAGES) }))
    if (dice.chance(50)) told.push(tell('lead-accepted', { occurred_at: next(), person_id, owner_id: dice.pick(cast.owners) }))
    if (dice.chance(40)) told.push(tell('lead-converted', { occurred_at: next(), person_id, deal_id: dice.pick([...cast.deals, '']) }))
    if (dice.chance(20)) {
      const reason_class = dice.pick(['definitional', 'procedural', 'clerical'])
      told.push(tell('lead-rejected', { occurred_at: next(), person_id, reason_class, reason: 'no fit' }))
    }
    if (dice.chance(25)) told.push(tell('lead-recycled', { occurred_at: next(), person_id, reason: 'later' }))
    if (dice.chance(10)) told.push(tell('lead-disqualified', { occurred_at: next(), person_id, reason: 'no need' }))
    next()
  }
  return told
}

/** A deal from creation to close and after: re-saved, re-opened, moved, deleted, merged, with people coming and going. */
export const dealStory = (teller: Teller, deal_id: string): readonly Told[] => {
  const { dice, cast, day, after, tell, emptied } = teller
  const told: Told[] = []
  let at = day(300, 440)
  const next = (): number => (at = after(at, dice.between(0, 12) * DAY + dice.between(0, 5) * HOUR))
  const amount = (): { amount_minor: bigint; currency: string } => ({
    amount_minor: BigInt(dice.between(1, 500) * 1000),
    currency: dice.pick(['EUR', 'USD']),
  })
  const owner = (): { owner_id: string; team: string } => ({
    owner_id: dice.pick(cast.owners),
    team: dice.pick(['sales-emea', 'sales-amer']),
  })
  const some = (percent: number, make: () => Told): void => {
    if (dice.chance(percent)) told.push(make())
  }
  const stage = (): Told => tell('deal-stage-changed', { occurred_at: next(), deal_id, stage: dice.pick(STAGES) })
  const close = (): Told =>
    tell('deal-closed', {
      occurred_at: next(),
      deal_id,
      outcome: dice.chance(70) ? 'won' : 'lost',
      close_date: dice.chance(50) ? isoDate(at - dice.between(0, 6) * DAY) : null,
      ...(dice.chance(50) ? amount() : {}),
      stage: dice.chance(30) ? 'closed' : '',
    })

  some(95, () =>
    tell('deal-created', {
      occurred_at: at,
      deal_id,
      account_id: dice.chance(92) ? dice.pick(cast.accounts) : '',
      stage: dice.pick(STAGES),
      pipeline: dice.pick(['', 'direct-sales']),
      ...owner(),
      ...(dice.chance(70) ? amount() : {}),
      close_date: dice.chance(60) ? isoDate(at + 30 * DAY) : null,
    }),
  )
  for (let contact = 0; contact < dice.between(0, 3); contact += 1) {
    const person_id = dice.pick(cast.persons)
    some(85, () => tell('deal-contact-linked', { occurred_at: next(), deal_id, person_id, buying_role: dice.pick(['champion', '']) }))
    some(15, () => tell('deal-contact-unlinked', { occurred_at: next(), deal_id, person_id }))
  }
  for (let move = 0; move < dice.between(0, 4); move += 1) told.push(stage())
  some(30, () => tell('deal-amount-changed', { occurred_at: next(), deal_id, ...amount() }))
  some(25, () => tell('deal-close-date-changed', { occurred_at: next(), deal_id, close_date: isoDate(at + dice.between(0, 40) * DAY) }))
  some(20, () => tell('deal-owner-changed', { occurred_at: next(), deal_id, ...owner() }))
  some(10, () => tell('deal-attributes-changed', { occurred_at: next(), deal_id, pipeline: 'partners', product: 'suite' }))
  some(10, () => tell('deal-account-changed', { occurred_at: next(), deal_id, account_id: dice.pick(cast.accounts) }))
  if (emptied) {
    some(10, () => tell('deal-account-changed', { occurred_at: next(), deal_id, account_id: '' }))
    some(10, () => tell('deal-owner-changed', { occurred_at: next(), deal_id }))
    some(10, () => tell('deal-amount-changed', { occurred_at: next(), deal_id, amount_minor: null }))
    some(10, () => tell('deal-close-date-changed', { occurred_at: next(), deal_id, close_date: null }))
  }
  some(80, close)
  some(12, () => tell('deal-close-date-changed', { occurred_at: next(), deal_id, close_date: isoDate(at - 5 * DAY) }))
  some(12, () => tell('deal-reopened', { occurred_at: next(), deal_id, stage: emptied && dice.chance(50) ? '' : dice.pick(STAGES) }))
  some(12, close)
  some(6, () => tell('deal-deleted', { occurred_at: next(), deal_id, reason: 'duplicate' }))
  some(6, () =>
    tell('deal-merged', { occurred_at: next(), deal_id, into_deal_id: dice.pick(cast.deals.filter(other => other !== deal_id)) }),
  )
  return told
}
