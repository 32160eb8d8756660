import type { Moment } from './order.ts'
import { orNull, personNode, type Readers } from './recorded.ts'

/** What one event said about a person's qualification; `person` is a node, `dealId` only of a conversion. */
export type LeadFact = Moment & {
  readonly type: string
  readonly person: string
  readonly stage: string | null
  readonly reasonClass: string | null
  readonly dealId: string | null
}

const about = ({ type, person_id }: { readonly type: string; readonly person_id: string }, moment: Moment): LeadFact => ({
  ...moment,
  type,
  person: personNode(person_id),
  stage: null,
  reasonClass: null,
  dealId: null,
})

export const leadReaders: Readers<LeadFact> = {
  'lead-created': about,
  'lead-assigned': about,
  'lead-accepted': about,
  'lead-disqualified': about,
  'lead-recycled': about,
  'person-erased': about,
  'lead-stage-changed': (event, moment) => ({ ...about(event, moment), stage: event.stage }),
  'lead-rejected': (event, moment) => ({ ...about(event, moment), reasonClass: event.reason_class }),
  'lead-converted': (event, moment) => ({ ...about(event, moment), dealId: orNull(event.deal_id) }),
}
