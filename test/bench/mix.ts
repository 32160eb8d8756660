import type { WritableEvent } from '../../schemas/events/generated/types.ts'
import { type Dice, diceOf } from '../support/dice.ts'
import { event } from '../support/event.ts'

const CHANNELS = ['paid-search', 'organic-search', 'email', 'webinar', 'event', 'outbound', 'partner', 'social']
const STAGES = ['discovery', 'proposal', 'negotiation']
const DAY = 86_400_000_000

/** A company that goes on: who there is, and what happens next. */
export type Mix = {
  /** Tenant, accounts, and the persons in them: what was there before. */
  readonly founding: () => Generator<WritableEvent>
  /** What is said next: of 100 events about 89 touches, 5 said before, 2 late links, 1 unlinked again, 2 corrections, 1 about a deal. */
  readonly next: () => WritableEvent
}

/** A company of an account for 500 events (at least 800), with ten persons and two deals in each; the same seed, the same story. Instants lie in the year before `until` (ms). */
export const mix = ({ events, until, seed = 1 }: { readonly events: number; readonly until: number; readonly seed?: number }): Mix => {
  const dice: Dice = diceOf(seed)
  const accounts = Math.max(800, Math.round(events / 500))
  const persons = accounts * 10
  const deals = accounts * 2
  const recent: WritableEvent[] = []
  const touched: { readonly event_id: string; readonly subject: string; readonly occurred_at: number; readonly channel: string }[] = []
  const linked: { readonly identity: string; readonly target: string }[] = []
  const begin = until * 1000 - 365 * DAY
  let told = 0

  const when = (): number => begin + dice.between(0, 360 * 86_400) * 1_000_000 + dice.between(0, 999_999)
  const id = (): string => `m-${seed}-${(told += 1)}`
  const account = (): string => `a_${dice.between(1, accounts)}`
  const person = (): string => `p_${dice.between(1, persons)}`
  const anonymous = (): string =>
    `anonymous:${dice
      .between(1, persons * 2)
      .toString(16)
      .padStart(10, '0')}`

  const touch = (): WritableEvent => {
    const said = event('touch-recorded', {
      event_id: id(),
      occurred_at: when(),
      source: 'website',
      subject: dice.chance(60) ? `person:${person()}` : anonymous(),
      touch_type: dice.pick(['session', 'form', 'download', 'email-clicked', 'meeting']),
      channel: dice.pick(CHANNELS),
      campaign: `campaign-${dice.between(1, 40)}`,
      utm_source: 'newsletter',
      team: 'marketing',
      direction: 'inbound',
      session_id: `s_${dice.between(1, 2 ** 30).toString(36)}`,
      page_url: `https://www.example.com/product/${dice.between(1, 200)}`,
    })
    touched[told % 5000] = said
    return said
  }
  const link = (): WritableEvent => {
    const made = { identity: anonymous(), target: `person:${person()}` }
    linked[told % 1000] = made
    return event('identity-linked', { event_id: id(), occurred_at: when(), ...made, rule: 'form@1', confidence_ppm: 1_000_000 })
  }
  const unlink = (): WritableEvent => {
    if (linked.length === 0) return link()
    const { identity, target } = dice.pick(linked.filter(Boolean))
    return event('identity-unlinked', { event_id: id(), occurred_at: until * 1000, identity, target })
  }
  const correct = (): WritableEvent => {
    const { event_id, subject, occurred_at } = dice.pick(touched.filter(Boolean))
    return event('touch-corrected', {
      event_id: id(),
      occurred_at: until * 1000,
      touch_id: event_id,
      subject,
      touched_at: occurred_at,
      touch_type: 'form',
      channel: dice.pick(CHANNELS),
    })
  }
  const deal = (): WritableEvent => {
    const deal_id = `d_${dice.between(1, deals)}`
    const about = { event_id: id(), occurred_at: when(), deal_id }
    const percent = dice.between(1, 100)
    if (percent <= 50) return event('deal-stage-changed', { ...about, stage: dice.pick(STAGES) })
    if (percent <= 75) return event('deal-contact-linked', { ...about, person_id: person() })
    return event('deal-closed', { ...about, outcome: dice.pick(['won', 'lost']), stage: 'closed' })
  }

  return {
    founding: function* () {
      yield event('tenant-configured', { event_id: id(), occurred_at: begin, zone: 'Europe/Berlin', currency: 'EUR' })
      for (let number = 1; number <= persons; number += 1) {
        const target = `account:a_${((number - 1) % accounts) + 1}`
        yield event('identity-linked', {
          event_id: id(),
          occurred_at: begin,
          identity: `person:p_${number}`,
          target,
          rule: 'crm@1',
          confidence_ppm: 1_000_000,
        })
      }
      for (let number = 1; number <= deals; number += 1) {
        yield event('deal-created', {
          event_id: id(),
          occurred_at: when(),
          deal_id: `d_${number}`,
          account_id: account(),
          pipeline: 'new',
          stage: 'discovery',
          amount_minor: BigInt(dice.between(500_000, 20_000_000)),
          currency: 'EUR',
        })
      }
      // something to repeat and to correct
      yield touch()
    },
    next: () => {
      const percent = dice.between(1, 100)
      if (percent <= 5 && recent.length > 0) return dice.pick(recent.filter(Boolean))
      const said = percent <= 7 ? link() : percent <= 8 ? unlink() : percent <= 10 ? correct() : percent <= 11 ? deal() : touch()
      recent[told % 2000] = said
      return said
    },
  }
}

/** The founding and then as many events as are missing. */
export const mixed = function* (options: Parameters<typeof mix>[0]): Generator<WritableEvent> {
  const { founding, next } = mix(options)
  let count = 0
  for (const said of founding()) {
    yield said
    count += 1
  }
  for (; count < options.events; count += 1) yield next()
}
