import type { AccordEvent, EventOf, EventType } from '../../schemas/events/generated/types.ts'
import type { ChangeKind } from '../domain/projections/affected.ts'
import { EVER, FOREVER } from '../domain/time.ts'
import type { RowBuffer, TableRows } from '../store/row-buffer.ts'
import { tsvMicros, tsvText, tsvTexts } from '../store/tsv.ts'
import { writePayload } from './payload.ts'

/** An event with its place in the log. */
export type Recorded = {
  readonly event: AccordEvent
  /** What the fact is about and what it is keyed by in the log (services/README.md). */
  readonly subject: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** ms; per partition the greatest so far. */
  readonly appendedAt: number
}

export type FactTable = 'touch_facts' | 'link_facts' | 'lead_facts' | 'deal_facts' | 'consent_facts' | 'spend_facts' | 'record_facts'

export const eventColumns = [
  'tenant',
  'event_id',
  'type',
  'subject',
  'occurred_at',
  'recorded_at',
  'appended_at',
  'source',
  'actor',
  'topic',
  'partition',
  'offset',
  'payload',
] as const
export const changeColumns = ['tenant', 'appended_at', 'kind', 'key', 'event_id', 'touch'] as const

const place = ['tenant', 'subject', 'event_id', 'type', 'occurred_at', 'recorded_at', 'appended_at', 'partition', 'offset'] as const

export const factColumns: Readonly<Record<FactTable, readonly string[]>> = {
  touch_facts: [
    ...place,
    'touch_id',
    'touched_at',
    'touch_type',
    'channel',
    'campaign',
    'utm_source',
    'utm_medium',
    'utm_term',
    'content',
    'outcome',
    'direction',
    'team',
    'automatic',
    'member',
    'precision',
  ],
  link_facts: [...place, 'relation', 'target', 'linked', 'domains', 'valid_from', 'valid_to', 'rule', 'confidence_ppm'],
  lead_facts: [...place, 'stage', 'owner', 'reason_class', 'reason', 'deal_id', 'lead_source'],
  deal_facts: [
    ...place,
    'account',
    'stage',
    'pipeline',
    'deal_type',
    'product',
    'owner',
    'team',
    'amount',
    'currency',
    'close_date',
    'outcome',
    'reason',
    'competitor',
    'person',
    'buying_role',
    'into_deal',
    'lead_source',
    'forecast_category',
    'cleared',
  ],
  consent_facts: [...place, 'purpose', 'channel', 'granted', 'expires_at'],
  spend_facts: [
    ...place,
    'amount',
    'currency',
    'starts_on',
    'ends_on',
    'committed',
    'category',
    'campaign',
    'channel',
    'team',
    'system',
    'ad_account',
    'ad_group',
    'utm_source',
    'utm_medium',
    'utm_content',
    'vendor',
    'product',
    'region',
    'segment',
    'impressions',
    'clicks',
  ],
  record_facts: [...place, 'payload'],
}

/** Records that decide which touches count, and under which campaign. */
const RECORD_KINDS: ReadonlyMap<EventType, ChangeKind> = new Map([
  ['record-excluded', 'exclusion'],
  ['campaign-alias-added', 'campaign'],
  ['campaign-alias-removed', 'campaign'],
  ['campaign-planned', 'campaign'],
])

/** What a fact of each table can change; a link fact by what it says, a record by its type. */
const kindOf = (table: FactTable, type: EventType, subject: string, cells: string): ChangeKind => {
  switch (table) {
    case 'touch_facts':
      return 'touch'
    case 'link_facts':
      return cells.startsWith('merge')
        ? 'merge'
        : cells.startsWith('domains')
          ? 'domains'
          : subject.startsWith('person:')
            ? 'placement'
            : 'link'
    case 'lead_facts':
      return 'lead'
    case 'deal_facts':
      return 'deal'
    case 'consent_facts':
      return 'consent'
    // no projection is made from what was spent: figures read it as it is
    case 'spend_facts':
      return 'record'
    case 'record_facts':
      return RECORD_KINDS.get(type) ?? 'record'
    default:
      return table satisfies never
  }
}

/** Knowledge time (design D4): when the log had it, or, on a backfill, when the source knew it; never after the log. */
const recordedAt = ({ event, appendedAt }: Recorded): number =>
  event.known_at === null ? appendedAt : Math.min(Math.floor(event.known_at / 1000), appendedAt)

/** The cells that every fact begins with. */
const writePlace = (to: RowBuffer, recorded: Recorded): void => {
  const { event, subject, appendedAt, partition, offset } = recorded
  to.text(event.tenant)
  to.tab()
  to.text(subject)
  to.tab()
  to.text(event.event_id)
  to.tab()
  to.raw(event.type)
  to.tab()
  to.micros(event.occurred_at)
  to.tab()
  to.millis(recordedAt(recorded))
  to.tab()
  to.millis(appendedAt)
  to.tab()
  to.raw(String(partition))
  to.tab()
  to.raw(String(offset))
}

/** Writes the row of `events`. */
export const writeEvent = (to: RowBuffer, recorded: Recorded): void => {
  const { event, subject, topic, partition, offset, appendedAt } = recorded
  to.text(event.tenant)
  to.tab()
  to.text(event.event_id)
  to.tab()
  to.raw(event.type)
  to.tab()
  to.text(subject)
  to.tab()
  to.micros(event.occurred_at)
  to.tab()
  to.millis(recordedAt(recorded))
  to.tab()
  to.millis(appendedAt)
  to.tab()
  to.text(event.source)
  to.tab()
  to.text(event.actor)
  to.tab()
  to.raw(topic)
  to.tab()
  to.raw(String(partition))
  to.tab()
  to.raw(String(offset))
  to.tab()
  writePayload(to, event)
  to.endRow()
}

type Touch = EventOf<'touch-recorded'> | EventOf<'touch-corrected'>

const writeTouch = (to: RowBuffer, event: Touch, touchId: string, touchedAt: number): void => {
  to.text(touchId)
  to.tab()
  to.micros(touchedAt)
  to.tab()
  to.text(event.touch_type)
  to.tab()
  to.text(event.channel)
  to.tab()
  to.text(event.campaign)
  to.tab()
  to.text(event.utm_source)
  to.tab()
  to.text(event.utm_medium)
  to.tab()
  to.text(event.utm_term)
  to.tab()
  to.text(event.content_id === '' ? event.utm_content : event.content_id)
  to.tab()
  to.text(event.outcome)
  to.tab()
  to.text(event.direction)
  to.tab()
  to.text(event.team)
  to.tab()
  to.raw(event.automatic ? '1' : '0')
  to.tab()
  to.text(event.member_id)
  to.tab()
  to.text(event.precision)
}

type LinkCells = {
  readonly relation: 'link' | 'merge' | 'domains'
  readonly target?: string
  readonly linked?: boolean
  readonly domains?: readonly string[]
  readonly validFrom?: number | null
  readonly validTo?: number | null
  readonly rule?: string
  readonly confidencePpm?: number
}

const linkCells = ({
  relation,
  target = '',
  linked = true,
  domains = [],
  validFrom = null,
  validTo = null,
  rule = '',
  confidencePpm = 0,
}: LinkCells): string =>
  `${relation}\t${tsvText(target)}\t${linked ? 1 : 0}\t${tsvTexts(domains)}\t${validFrom === null ? EVER : tsvMicros(validFrom)}\t${validTo === null ? FOREVER : tsvMicros(validTo)}\t${tsvText(rule)}\t${confidencePpm}`

/** What a record says of its domains: nothing, unless it names some or says that there are none. */
const domainFacts = (domains: readonly string[], cleared: boolean): readonly (readonly [FactTable, string])[] =>
  domains.length > 0 || cleared ? [['link_facts', linkCells({ relation: 'domains', domains })]] : []

type LeadCells = {
  readonly stage?: string
  readonly owner?: string
  readonly reasonClass?: string
  readonly reason?: string
  readonly dealId?: string
  readonly leadSource?: string
}

const leadCells = ({ stage = '', owner = '', reasonClass = '', reason = '', dealId = '', leadSource = '' }: LeadCells = {}): string =>
  `${tsvText(stage)}\t${tsvText(owner)}\t${tsvText(reasonClass)}\t${tsvText(reason)}\t${tsvText(dealId)}\t${tsvText(leadSource)}`

type DealCells = {
  readonly account?: string
  readonly stage?: string
  readonly pipeline?: string
  readonly dealType?: string
  readonly product?: string
  readonly owner?: string
  readonly team?: string
  readonly amount?: bigint | null
  readonly currency?: string
  readonly closeDate?: string | null
  readonly outcome?: string
  readonly reason?: string
  readonly competitor?: string
  readonly person?: string
  readonly buyingRole?: string
  readonly intoDeal?: string
  readonly leadSource?: string
  readonly forecastCategory?: string
  readonly cleared?: readonly string[]
}

const dealCells = (deal: DealCells = {}): string => {
  const text = (value: string | undefined): string => (value === undefined ? '' : tsvText(value))
  return `${text(deal.account)}\t${text(deal.stage)}\t${text(deal.pipeline)}\t${text(deal.dealType)}\t${text(deal.product)}\t${text(deal.owner)}\t${text(deal.team)}\t${deal.amount ?? '\\N'}\t${text(deal.currency)}\t${deal.closeDate ?? '\\N'}\t${text(deal.outcome)}\t${text(deal.reason)}\t${text(deal.competitor)}\t${text(deal.person)}\t${text(deal.buyingRole)}\t${text(deal.intoDeal)}\t${text(deal.leadSource)}\t${text(deal.forecastCategory)}\t${tsvTexts(deal.cleared ?? [])}`
}

type Spend = EventOf<'spend-recorded'> | EventOf<'spend-restated'>

/** A cost of one day ends on the day that it starts on. */
const spendCells = (spend: Spend): string =>
  [
    String(spend.amount_minor),
    spend.currency,
    spend.starts_on,
    spend.ends_on ?? spend.starts_on,
    spend.committed ? '1' : '0',
    spend.category,
    spend.campaign,
    spend.channel,
    spend.team,
    spend.system,
    spend.ad_account,
    spend.ad_group,
    spend.utm_source,
    spend.utm_medium,
    spend.utm_content,
    spend.vendor,
    spend.product,
    spend.region,
    spend.segment,
    spend.impressions?.toString() ?? null,
    spend.clicks?.toString() ?? null,
  ]
    .map(tsvText)
    .join('\t')

const person = (id: string): string => `person:${id}`
const account = (id: string): string => `account:${id}`

/** Instead of cells: the payload of the event. */
const PAYLOAD = Symbol('payload')

/**
 * The tables and cells that an event becomes, besides its row in `events`. Every event becomes at least one fact. Touches, the many, are
 * written cell by cell instead.
 */
const cellsOf = (event: Exclude<AccordEvent, Touch>): readonly (readonly [FactTable, string | typeof PAYLOAD])[] => {
  switch (event.type) {
    case 'touch-retracted':
      return [['touch_facts', `${tsvText(event.touch_id)}\t${tsvMicros(event.occurred_at)}${'\t'.repeat(11)}0\t\t`]]
    case 'identity-linked':
      return [
        [
          'link_facts',
          linkCells({
            relation: 'link',
            target: event.target,
            validFrom: event.valid_from,
            validTo: event.valid_to,
            rule: event.rule,
            confidencePpm: event.confidence_ppm,
          }),
        ],
      ]
    case 'identity-unlinked':
      return [['link_facts', linkCells({ relation: 'link', target: event.target, linked: false })]]
    case 'person-merged':
      return [['link_facts', linkCells({ relation: 'merge', target: person(event.into_person_id), rule: event.rule })]]
    case 'person-unmerged':
      return [['link_facts', linkCells({ relation: 'merge', target: person(event.into_person_id), linked: false })]]
    case 'account-merged':
      return [['link_facts', linkCells({ relation: 'merge', target: account(event.into_account_id) })]]
    case 'account-unmerged':
      return [['link_facts', linkCells({ relation: 'merge', target: account(event.into_account_id), linked: false })]]
    case 'person-created':
    case 'person-updated':
      return [
        ['record_facts', PAYLOAD],
        ...domainFacts(event.email_domain === '' ? [] : [event.email_domain], 'cleared' in event && event.cleared.includes('email_domain')),
      ]
    case 'account-updated':
      return [['record_facts', PAYLOAD], ...domainFacts(event.domains, event.cleared.includes('domains'))]
    case 'person-erased':
      return [
        ['record_facts', PAYLOAD],
        ['lead_facts', leadCells()],
      ]
    case 'lead-created':
      return [['lead_facts', leadCells({ owner: event.owner_id, leadSource: event.lead_source })]]
    case 'lead-stage-changed':
      return [['lead_facts', leadCells({ stage: event.stage })]]
    case 'lead-assigned':
      return [['lead_facts', leadCells({ owner: event.owner_id })]]
    case 'lead-accepted':
      return [['lead_facts', leadCells()]]
    case 'lead-rejected':
      return [['lead_facts', leadCells({ reasonClass: event.reason_class, reason: event.reason })]]
    case 'lead-disqualified':
    case 'lead-recycled':
      return [['lead_facts', leadCells({ reason: event.reason })]]
    case 'lead-converted':
      return [['lead_facts', leadCells({ dealId: event.deal_id })]]
    case 'deal-created':
      return [
        [
          'deal_facts',
          dealCells({
            account: event.account_id,
            stage: event.stage,
            pipeline: event.pipeline,
            dealType: event.deal_type,
            product: event.product,
            owner: event.owner_id,
            team: event.team,
            amount: event.amount_minor,
            currency: event.currency,
            closeDate: event.close_date,
            leadSource: event.lead_source,
            forecastCategory: event.forecast_category,
          }),
        ],
      ]
    case 'deal-stage-changed':
      return [['deal_facts', dealCells({ stage: event.stage, pipeline: event.pipeline })]]
    case 'deal-amount-changed':
      return [['deal_facts', dealCells({ amount: event.amount_minor, currency: event.currency })]]
    case 'deal-close-date-changed':
      return [['deal_facts', dealCells({ closeDate: event.close_date })]]
    case 'deal-forecast-category-changed':
      return [['deal_facts', dealCells({ forecastCategory: event.forecast_category })]]
    case 'deal-account-changed':
      return [['deal_facts', dealCells({ account: event.account_id })]]
    case 'deal-owner-changed':
      return [['deal_facts', dealCells({ owner: event.owner_id, team: event.team })]]
    case 'deal-contact-linked':
      return [['deal_facts', dealCells({ person: person(event.person_id), buyingRole: event.buying_role })]]
    case 'deal-contact-unlinked':
      return [['deal_facts', dealCells({ person: person(event.person_id) })]]
    case 'deal-closed':
      return [
        [
          'deal_facts',
          dealCells({
            outcome: event.outcome,
            stage: event.stage,
            reason: event.reason,
            competitor: event.competitor,
            closeDate: event.close_date,
            amount: event.amount_minor,
            currency: event.currency,
          }),
        ],
      ]
    case 'deal-reopened':
      return [['deal_facts', dealCells({ stage: event.stage })]]
    case 'deal-merged':
      return [['deal_facts', dealCells({ intoDeal: event.into_deal_id })]]
    case 'deal-deleted':
      return [['deal_facts', dealCells({ reason: event.reason })]]
    case 'deal-attributes-changed':
      return [
        ['record_facts', PAYLOAD],
        [
          'deal_facts',
          dealCells({
            dealType: event.deal_type,
            product: event.product,
            pipeline: event.pipeline,
            leadSource: event.lead_source,
            cleared: event.cleared,
          }),
        ],
      ]
    case 'consent-changed':
      return [
        [
          'consent_facts',
          `${tsvText(event.purpose)}\t${tsvText(event.channel)}\t${event.granted ? 1 : 0}\t${event.expires_at === null ? FOREVER : tsvMicros(event.expires_at)}`,
        ],
      ]
    case 'spend-recorded':
    case 'spend-restated':
      return [['spend_facts', spendCells(event)]]
    case 'deal-split-changed':
      return [
        ['record_facts', PAYLOAD],
        ['deal_facts', dealCells()],
      ]
    default:
      // what no projection reads yet stays readable by type
      return [['record_facts', PAYLOAD]]
  }
}

/** Which touch of the subject a fact is about; '' where it is about none. */
const touchOf = (event: AccordEvent): string => {
  if (event.type === 'touch-recorded') return event.event_id
  return event.type === 'touch-corrected' || event.type === 'touch-retracted' ? event.touch_id : ''
}

const writeChange = (to: RowBuffer, { event, subject, appendedAt }: Recorded, kind: ChangeKind): void => {
  to.text(event.tenant)
  to.tab()
  to.millis(appendedAt)
  to.tab()
  to.raw(kind)
  to.tab()
  to.text(subject)
  to.tab()
  to.text(event.event_id)
  to.tab()
  to.text(touchOf(event))
  to.endRow()
}

/** Writes every fact that an event is, each with its row of `changes`. */
export const writeFacts = (tables: TableRows, recorded: Recorded): void => {
  const { event } = recorded
  if (event.type === 'touch-recorded' || event.type === 'touch-corrected') {
    const rows = tables.of('touch_facts')
    writePlace(rows, recorded)
    rows.tab()
    if (event.type === 'touch-recorded') writeTouch(rows, event, event.event_id, event.occurred_at)
    else writeTouch(rows, event, event.touch_id, event.touched_at)
    rows.endRow()
    writeChange(tables.of('changes'), recorded, 'touch')
    return
  }
  for (const [table, cells] of cellsOf(event)) {
    const rows = tables.of(table)
    writePlace(rows, recorded)
    rows.tab()
    if (cells === PAYLOAD) writePayload(rows, event)
    else rows.raw(cells)
    rows.endRow()
    writeChange(tables.of('changes'), recorded, kindOf(table, event.type, recorded.subject, cells === PAYLOAD ? '' : cells))
  }
}
