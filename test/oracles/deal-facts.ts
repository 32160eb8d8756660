import type { DealAttributesChanged } from '../../schemas/events/generated/types.ts'
import type { Moment } from './order.ts'
import { accountNode, orNull, personNode, type Readers } from './recorded.ts'

/** What one event said about a deal: null is what it did not speak of, '' what it said is not there. `account` and `person` are nodes. */
export type DealFact = Moment & {
  readonly type: string
  readonly dealId: string
  readonly account: string | null
  readonly stage: string | null
  readonly pipeline: string | null
  readonly dealType: string | null
  readonly product: string | null
  readonly leadSource: string | null
  readonly owner: string | null
  readonly team: string | null
  /** Minor units. */
  readonly amount: bigint | null
  readonly currency: string | null
  /** ISO date in the tenant's zone; '' is no date any more. */
  readonly closeDate: string | null
  readonly outcome: 'won' | 'lost' | null
  readonly person: string | null
}

const about = ({ type, deal_id }: { readonly type: string; readonly deal_id: string }, moment: Moment): DealFact => ({
  ...moment,
  type,
  dealId: deal_id,
  account: null,
  stage: null,
  pipeline: null,
  dealType: null,
  product: null,
  leadSource: null,
  owner: null,
  team: null,
  amount: null,
  currency: null,
  closeDate: null,
  outcome: null,
  person: null,
})

type Clearable = 'pipeline' | 'deal_type' | 'product' | 'lead_source'

const unlessCleared = (field: Clearable, event: DealAttributesChanged): string | null =>
  event.cleared.includes(field) ? '' : orNull(event[field])

export const dealReaders: Readers<DealFact> = {
  'deal-created': (event, moment) => ({
    ...about(event, moment),
    account: event.account_id === '' ? null : accountNode(event.account_id),
    stage: orNull(event.stage),
    pipeline: orNull(event.pipeline),
    dealType: orNull(event.deal_type),
    product: orNull(event.product),
    leadSource: orNull(event.lead_source),
    owner: orNull(event.owner_id),
    team: orNull(event.team),
    amount: event.amount_minor,
    currency: orNull(event.currency),
    closeDate: event.close_date,
  }),
  'deal-stage-changed': (event, moment) => ({ ...about(event, moment), stage: orNull(event.stage), pipeline: orNull(event.pipeline) }),
  'deal-amount-changed': (event, moment) => ({ ...about(event, moment), amount: event.amount_minor, currency: orNull(event.currency) }),
  'deal-close-date-changed': (event, moment) => ({ ...about(event, moment), closeDate: event.close_date ?? '' }),
  'deal-attributes-changed': (event, moment) => ({
    ...about(event, moment),
    pipeline: unlessCleared('pipeline', event),
    dealType: unlessCleared('deal_type', event),
    product: unlessCleared('product', event),
    leadSource: unlessCleared('lead_source', event),
  }),
  'deal-account-changed': (event, moment) => ({
    ...about(event, moment),
    account: event.account_id === '' ? '' : accountNode(event.account_id),
  }),
  'deal-owner-changed': (event, moment) => ({ ...about(event, moment), owner: event.owner_id, team: orNull(event.team) }),
  'deal-closed': (event, moment) => ({
    ...about(event, moment),
    stage: orNull(event.stage),
    amount: event.amount_minor,
    currency: orNull(event.currency),
    closeDate: event.close_date,
    outcome: event.outcome === 'won' ? 'won' : 'lost',
  }),
  'deal-reopened': (event, moment) => ({ ...about(event, moment), stage: orNull(event.stage) }),
  'deal-contact-linked': (event, moment) => ({ ...about(event, moment), person: personNode(event.person_id) }),
  'deal-contact-unlinked': (event, moment) => ({ ...about(event, moment), person: personNode(event.person_id) }),
  'deal-deleted': about,
  'deal-merged': about,
  'deal-forecast-category-changed': about,
  'deal-split-changed': about,
}
