import type { SlaPolicy } from '../definitions/sla-policy.ts'
import { bucketAt, type Clock, firstOf } from './clock.ts'
import type { HandOver, Moment, Mql, Returned } from './hand-overs.ts'
import type { Life } from './lives.ts'
import { dueAt, type SlaUnder } from './under.ts'

type OfMarketing = Pick<Clock, 'handoff' | 'step' | 'metAt' | 'metBy' | 'ended'> & {
  readonly start: Moment
  readonly leadId: string
  readonly source: string
  readonly policy: SlaPolicy
  readonly name: string
}

const ofMarketing = (life: Life, { start, leadId, source, name, ...rest }: OfMarketing, due: number, under: SlaUnder): Clock => {
  const { policy: _document, ...clock } = rest
  const { calendar, zone } = under.wallClockOf('', start.at)
  return {
    ...clock,
    id: `${rest.step}.${rest.handoff}.${start.id}`,
    side: 'marketing',
    policy: name,
    person: life.person,
    account: life.account,
    deal: '',
    lead: leadId,
    bucket: bucketAt(life, start.at),
    source,
    calendar,
    zone,
    startAt: start.at,
    startedBy: start.id,
    dueAt: due,
    reassigned: 0,
    holdings: [{ since: start.at, owner: '', team: 'marketing', region: '' }],
    excluded: life.excluded,
  }
}

/** M51, delivery: an MQL is handed over in time. */
export const deliveryOf = (life: Life, mql: Mql, under: SlaUnder): readonly Clock[] => {
  const { document: policy, name } = under.policyAt(mql.at)
  if (policy.marketing.delivery === null) return []
  const { given, journey } = mql
  const ended: Clock['ended'] =
    given === null && journey.outcome !== 'open' ? { at: mql.ended, as: 'void', why: journey.outcome, id: '' } : null
  const clock = {
    handoff: 'marketing-sdr',
    step: 'delivery',
    metAt: given?.at ?? null,
    metBy: given?.id ?? '',
    ended,
    policy,
    name,
  } as const
  return [
    ofMarketing(
      life,
      { ...clock, start: mql, leadId: mql.leadId, source: mql.source },
      dueAt(policy.marketing.delivery, under.wallClockOf('', mql.at), mql.at),
      under,
    ),
  ]
}

/** M51, completeness: what was agreed is known when the lead is handed over. */
export const informationOf = (life: Life, { handoff, given, leadId, source }: HandOver, under: SlaUnder): readonly Clock[] => {
  const { document: policy, name } = under.policyAt(given.at)
  const wanted = policy.marketing.information
  if (handoff !== 'marketing-sdr' || wanted.length === 0) return []
  const missing = wanted.some(field => !life.known.has(field))
  const metAt = missing ? null : Math.max(given.at, ...wanted.map(field => life.known.get(field) ?? given.at))
  return [
    ofMarketing(
      life,
      { handoff, step: 'information', metAt, metBy: '', ended: null, policy, name, start: given, leadId, source },
      given.at,
      under,
    ),
  ]
}

/** M51, nurture: whoever comes back from sales hears of marketing, or is handed over anew. */
export const nurtureOf = (life: Life, returned: Returned, under: SlaUnder): readonly Clock[] => {
  const { document: policy, name } = under.policyAt(returned.at)
  if (policy.marketing.nurture === null) return []
  const met = firstOf([life.nurtures.get(returned.at) ?? null, returned.again])
  const { journey, leadId, source } = returned
  const gone = ['merged', 'erased'].includes(journey.outcome) && journey.endedAt >= returned.at ? journey.endedAt : null
  const ended: Clock['ended'] = gone === null ? null : { at: gone, as: 'void', why: journey.outcome, id: '' }
  const clock = { handoff: 'sales-marketing', step: 'nurture', metAt: met?.at ?? null, metBy: met?.id ?? '', ended, policy, name } as const
  return [
    ofMarketing(
      life,
      { ...clock, start: returned, leadId, source },
      dueAt(policy.marketing.nurture, under.wallClockOf('', returned.at), returned.at),
      under,
    ),
  ]
}
