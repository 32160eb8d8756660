import { diceOf } from './dice.ts'

/** As `POST /v1/events` takes it. */
export type SentEvent = {
  readonly type: string
  readonly event_id: string
  readonly occurred_at: string
  readonly data: Readonly<Record<string, unknown>>
}

export type TrafficOptions = {
  readonly seed: number
  /** Milliseconds since the epoch: touches happen now, amendments are about the past minutes. */
  readonly now: () => number
  readonly accounts?: number
  readonly persons?: number
  readonly cookies?: number
  /** `calm`: mostly touches, as in a real company; `dense` (default): everything happens to everybody. */
  readonly mix?: keyof typeof MIXES
  /** Keeps the events of several companies apart. */
  readonly prefix?: string
}

export type Traffic = {
  /** The next events; among them some that were given before, as they were. */
  readonly next: (count: number) => readonly SentEvent[]
}

const CHANNELS = ['paid_search', 'organic', 'email', 'event', 'direct', 'referral'] as const
const TOUCHES = ['form', 'web_session', 'webinar_attended', 'reply', 'meeting', 'email_sent'] as const
/** Upper ends, in a thousand: sent again, touches, amendments, links, unlinks, leads, deals; the rest are persons. */
const MIXES = {
  dense: [40, 740, 800, 850, 870, 920, 980],
  calm: [40, 900, 915, 935, 940, 965, 992],
} as const
/** How many earlier events can still be sent again, corrected or undone. */
const MEMORY = 3000

/**
 * A live company without end: touches of people who are not known yet, links that arrive late and are taken back, corrections, leads, deals, and
 * everything now and then twice. Who sends it decides how fast.
 */
export const createTraffic = ({
  seed,
  now,
  accounts = 60,
  persons = 200,
  cookies = 400,
  mix = 'dense',
  prefix = '',
}: TrafficOptions): Traffic => {
  const dice = diceOf(seed)
  const sent: SentEvent[] = []
  const touches: SentEvent[] = []
  const links: SentEvent[] = []
  const deals = new Map<string, boolean>()
  let told = 0

  const name = (kind: string, count: number): string => `${prefix}${kind}${dice.between(1, count)}`
  const account = (): string => name('a', accounts)
  const person = (): string => name('p', persons)
  const cookie = (): string => `anonymous:${name('c', cookies)}`
  const remember = (list: SentEvent[], event: SentEvent): SentEvent => {
    list.push(event)
    if (list.length > MEMORY) list.splice(dice.between(0, MEMORY - 1), 1)
    return event
  }
  const tell = (type: string, data: SentEvent['data']): SentEvent => {
    told += 1
    const occurredAt = now() - dice.pick([0, 0, 0, dice.between(0, 600_000)])
    return { type, event_id: `${prefix}${type}-${told}`, occurred_at: new Date(occurredAt).toISOString(), data }
  }
  const content = (): SentEvent['data'] => ({
    touch_type: dice.pick(TOUCHES),
    channel: dice.pick(CHANNELS),
    campaign: `campaign-${dice.between(1, 5)}`,
  })
  const touch = (): SentEvent => {
    const subject = dice.chance(80) ? cookie() : dice.chance(90) ? `person:${person()}` : `account:${account()}`
    return remember(touches, tell('touch-recorded', { subject, ...content() }))
  }
  const amend = (): SentEvent => {
    if (touches.length === 0) return touch()
    const { event_id: touch_id, occurred_at: touched_at, data } = dice.pick(touches)
    const { subject } = data
    if (dice.chance(40)) return tell('touch-retracted', { subject, touch_id, reason: 'test' })
    return tell('touch-corrected', { subject, touch_id, touched_at, ...content() })
  }
  const link = (): SentEvent => {
    const toPerson = dice.chance(70)
    const identity = toPerson ? cookie() : `person:${person()}`
    return remember(
      links,
      tell('identity-linked', {
        identity,
        target: toPerson ? `person:${person()}` : `account:${account()}`,
        rule: 'form',
        rule_version: '1',
      }),
    )
  }
  const unlink = (): SentEvent => {
    if (links.length === 0) return link()
    const { identity, target } = dice.pick(links).data
    return tell('identity-unlinked', { identity, target, reason: 'wrong person' })
  }
  const lead = (): SentEvent => {
    const person_id = person()
    if (dice.chance(40)) return tell('lead-created', { person_id, lead_source: 'web' })
    if (dice.chance(60)) return tell('lead-stage-changed', { person_id, stage: dice.pick(['mql', 'sql', 'nurture']) })
    return dice.chance(60) ? tell('lead-accepted', { person_id }) : tell('lead-recycled', { person_id, reason: 'later' })
  }
  const deal = (): SentEvent => {
    const open = [...deals].filter(([, isOpen]) => isOpen).map(([id]) => id)
    if (open.length < 10 || dice.chance(25)) {
      const deal_id = `${prefix}d${deals.size + 1}`
      deals.set(deal_id, true)
      return tell('deal-created', { deal_id, account_id: account(), stage: 'discovery', owner_id: 'm1' })
    }
    const deal_id = dice.pick(open)
    const chance = dice.between(1, 100)
    if (chance <= 35) return tell('deal-stage-changed', { deal_id, stage: dice.pick(['qualified', 'proposal', 'negotiation']) })
    if (chance <= 60) return tell('deal-contact-linked', { deal_id, person_id: person(), buying_role: 'champion' })
    if (chance <= 70) return tell('deal-amount-changed', { deal_id, amount_minor: String(dice.between(1, 900) * 1000), currency: 'EUR' })
    deals.set(deal_id, false)
    const outcome = dice.chance(70) ? 'won' : 'lost'
    return tell('deal-closed', { deal_id, outcome, amount_minor: String(dice.between(1, 900) * 1000), currency: 'EUR' })
  }
  const someone = (): SentEvent => {
    const person_id = person()
    return tell('person-created', {
      person_id,
      name: `Somebody ${person_id}`,
      email: `${person_id}@company-${dice.between(1, accounts)}.example`,
    })
  }

  const [again, touched, amended, linked, unlinked, led, dealt] = MIXES[mix]
  const one = (): SentEvent => {
    const chance = dice.between(1, 1000)
    if (chance <= again && sent.length > 0) return dice.pick(sent)
    if (chance <= touched) return remember(sent, touch())
    if (chance <= amended) return remember(sent, amend())
    if (chance <= linked) return remember(sent, link())
    if (chance <= unlinked) return remember(sent, unlink())
    if (chance <= led) return remember(sent, lead())
    if (chance <= dealt) return remember(sent, deal())
    return remember(sent, someone())
  }
  return { next: count => Array.from({ length: count }, one) }
}
