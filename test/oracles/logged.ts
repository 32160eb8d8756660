import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { event, TENANT, topicOf } from '../support/event.ts'
import { type Facts, factsOf } from './facts.ts'
import type { Recorded } from './recorded.ts'

const FIRST = Date.UTC(2026, 0, 1) * 1000

/** The instant (µs) of a day of the worked examples, 0 being 1 January 2026; fractions are hours and minutes. */
export const day = (n: number): number => FIRST + Math.round(n * 86_400_000_000)

export const minute = (n: number): number => n / 1440

/** After everything. */
export const END = day(10_000) / 1000

export type Said = AccordEvent | { readonly late: number; readonly event: AccordEvent }

/** Events that were known as they happened, unless `late` says on which day the log had them. */
export const logged = (...said: readonly Said[]): readonly Recorded[] =>
  said.map((one, offset) => {
    const { event: told, late } = 'late' in one ? one : { event: one, late: null }
    return {
      event: told,
      appended_at: Math.floor((late === null ? told.occurred_at : day(late)) / 1000),
      topic: topicOf(told.type),
      partition: 0,
      offset,
    }
  })

export const factsFrom = (...said: readonly Said[]): Facts => factsOf(logged(...said), TENANT)

type Validity = { readonly valid_from?: number; readonly valid_to?: number }

/** An identity-linked, said on a day. */
export const link = (on: number, identity: string, target: string, validity: Validity = {}): AccordEvent =>
  event('identity-linked', { event_id: `link-${identity}-${target}-${on}`, occurred_at: day(on), identity, target, ...validity })

export const unlink = (on: number, identity: string, target: string): AccordEvent =>
  event('identity-unlinked', { event_id: `unlink-${identity}-${target}-${on}`, occurred_at: day(on), identity, target })

/** A person-merged (or -unmerged) of bare ids. */
export const merge = (
  on: number,
  person_id: string,
  into_person_id: string,
  type: 'person-merged' | 'person-unmerged' = 'person-merged',
): AccordEvent => event(type, { event_id: `${type}-${person_id}-${into_person_id}-${on}`, occurred_at: day(on), person_id, into_person_id })

export const mergeAccounts = (on: number, account_id: string, into_account_id: string): AccordEvent =>
  event('account-merged', { event_id: `account-merged-${account_id}-${on}`, occurred_at: day(on), account_id, into_account_id })

type TouchContent = { readonly touch_type?: string; readonly channel?: string; readonly campaign?: string; readonly automatic?: boolean }

/** A touch-recorded; a form on paid search unless said otherwise. */
export const touch = (id: string, on: number, subject: string, content: TouchContent = {}): AccordEvent =>
  event('touch-recorded', { event_id: id, occurred_at: day(on), subject, touch_type: 'form', channel: 'paid_search', ...content })
