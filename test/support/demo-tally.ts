import { fiscalQuarterName, fiscalQuarterStart } from '../../services/demo/calendar.ts'
import type { InputEvent } from '../../services/demo/company.ts'

export type QuarterTally = {
  leads: number
  handedOver: number
  accepted: number
  newDeals: number
  hours: number[]
  medianHoursToTouch: number
}
export type DealTally = {
  type: string
  created: number
  qualifiedAt: number | null
  outcome: string | null
  days: number
  amountMinor: number
}

export type Tally = {
  readonly types: Map<string, number>
  readonly accounts: Set<string>
  readonly sellers: Map<string, { active: boolean; zone: string }>
  readonly spendCurrencies: Set<string>
  readonly rejections: Map<string, number>
  readonly quarters: Map<string, QuarterTally>
  readonly deals: readonly DealTally[]
  readonly disorder: Record<string, number>
  readonly dangling: Record<string, number>
  readonly firstKnown: string
  readonly lastKnown: string
  readonly linkedWeeksLater: number
  readonly loggedDaysLater: number
  readonly leadsOfOnePerson: number
}

const DAY = 86_400_000
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

const count = (counts: Record<string, number>, key: string): void => {
  counts[key] = (counts[key] ?? 0) + 1
}

/** Counts what a stream of demo events says, without knowing how it was made. */
export const tallyOf = (events: Iterable<InputEvent>): Tally => {
  const types = new Map<string, number>()
  const accounts = new Set<string>()
  const sellers = new Map<string, { active: boolean; zone: string }>()
  const spendCurrencies = new Set<string>()
  const rejections = new Map<string, number>()
  const quarters = new Map<string, QuarterTally>()
  const deals = new Map<string, DealTally & { region: string }>()
  const persons = new Set<string>()
  const touches = new Set<string>()
  const leadsOf = new Map<string, number>()
  const handedOver = new Map<string, { at: number; region: string }>()
  const firstSeen = new Map<string, number>()
  const disorder: Record<string, number> = {}
  const dangling: Record<string, number> = {}
  let [firstKnown, lastKnown, linkedWeeksLater, loggedDaysLater] = ['', '', 0, 0]

  const quarter = (at: number, region: string): QuarterTally => {
    const key = `${fiscalQuarterName(fiscalQuarterStart(at))} ${region}`
    let found = quarters.get(key)
    if (found === undefined)
      quarters.set(key, (found = { leads: 0, handedOver: 0, accepted: 0, newDeals: 0, hours: [], medianHoursToTouch: 0 }))
    return found
  }
  const node = (type: string, name: string): void => {
    const [kind, id] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)]
    if ((kind === 'person' && !persons.has(id)) || (kind === 'account' && !accounts.has(id))) count(dangling, `${type} ${kind}`)
    if (!['person', 'account', 'anonymous'].includes(kind)) count(dangling, `${type} of unknown kind ${kind}`)
  }

  for (const { type, event_id: id, occurred_at: occurred, known_at: known, data } of events) {
    add(types, type)
    if (firstKnown === '') firstKnown = known
    if (known < lastKnown) count(disorder, type)
    if (occurred > known) count(disorder, `${type} before it happened`)
    lastKnown = known
    const at = Date.parse(occurred)
    const late = Date.parse(known) - at

    if (type === 'person-created') persons.add(text(data['person_id']))
    if (type === 'account-updated') accounts.add(text(data['account_id']))
    if (type === 'deal-created')
      deals.set(text(data['deal_id']), {
        type: text(data['deal_type']),
        region: text(data['region']),
        created: at,
        qualifiedAt: data['stage'] === 'qualified' ? at : null,
        outcome: null,
        days: 0,
        amountMinor: 0,
      })
    if (type === 'touch-recorded') touches.add(id)
    for (const field of ['person_id', 'into_person_id'])
      if (field in data && !persons.has(text(data[field]))) count(dangling, `${type} ${field}`)
    for (const field of ['account_id', 'into_account_id', 'parent_account_id'])
      if (field in data && !accounts.has(text(data[field]))) count(dangling, `${type} ${field}`)
    for (const field of ['deal_id', 'into_deal_id']) if (field in data && !deals.has(text(data[field]))) count(dangling, `${type} ${field}`)
    for (const field of ['subject', 'identity', 'target', 'record']) if (field in data) node(type, text(data[field]))
    if ('touch_id' in data && !touches.has(text(data['touch_id']))) count(dangling, `${type} touch_id`)

    const person = text(data['person_id'])
    if (type === 'touch-recorded') {
      const subject = text(data['subject'])
      if (!firstSeen.has(subject)) firstSeen.set(subject, at)
      if (late > DAY) loggedDaysLater++
      const waiting = handedOver.get(subject)
      if (waiting !== undefined && text(data['member_id']).startsWith('sdr-')) {
        quarter(waiting.at, waiting.region).hours.push((at - waiting.at) / 3_600_000)
        handedOver.delete(subject)
      }
    }
    if (type === 'identity-linked' && at - (firstSeen.get(text(data['identity'])) ?? at) > 14 * DAY) linkedWeeksLater++
    if (type === 'lead-created') {
      quarter(at, text(data['region'])).leads++
      add(leadsOf, person)
    }
    if (type === 'lead-assigned' && data['handoff'] === 'marketing-sdr' && !('previous_owner_id' in data)) {
      const region = text(data['team']).replace('sales-', '')
      quarter(at, region).handedOver++
      handedOver.set(`person:${person}`, { at, region })
    }
    if (type === 'lead-accepted') quarter(at, text(data['team']).replace('sales-', '')).accepted++
    if (type === 'lead-rejected') add(rejections, text(data['reason_class']))
    if (type === 'spend-recorded') spendCurrencies.add(text(data['currency']))
    if (type === 'member-changed' && ['sdr', 'ae', 'am'].includes(text(data['role'])))
      sellers.set(text(data['member_id']), { active: data['active'] === true, zone: text(data['zone']) })
    const deal = deals.get(text(data['deal_id']))
    if (deal !== undefined) {
      if (type === 'deal-created' && deal.type === 'new-business') quarter(at, deal.region).newDeals++
      if (type === 'deal-stage-changed' && data['stage'] === 'qualified') deal.qualifiedAt ??= at
      if (type === 'deal-closed')
        Object.assign(deal, {
          outcome: text(data['outcome']),
          days: (at - deal.created) / DAY,
          amountMinor: Number(data['amount_minor'] ?? 0),
        })
    }
  }
  for (const found of quarters.values())
    found.medianHoursToTouch = found.hours.toSorted((a, b) => a - b)[Math.floor(found.hours.length / 2)] ?? Number.NaN
  return {
    types,
    accounts,
    sellers,
    spendCurrencies,
    rejections,
    quarters,
    deals: [...deals.values()],
    disorder,
    dangling,
    firstKnown,
    lastKnown,
    linkedWeeksLater,
    loggedDaysLater,
    leadsOfOnePerson: [...leadsOf.values()].filter(leads => leads > 1).length,
  }
}
