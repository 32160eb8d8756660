import { campaignsAt } from './campaigns.ts'
import { exclusionsAt } from './exclusions.ts'
import { type Facts, knownAt } from './facts.ts'
import { identitiesAt } from './identities.ts'
import { byBytes, byMoment } from './order.ts'
import type { TouchContent, TouchFact } from './touch-facts.ts'

export type Touch = TouchContent & { readonly touchId: string; readonly subject: string; readonly recordedAt: number }

/** A touch under one of the accounts that it counts for; `account` is '' where none is known. `accounts` is how many share it. */
export type AccountTouch = Touch & { readonly account: string; readonly persons: readonly string[]; readonly accounts: number }

/** (touched_at, recorded_at, touch_id): the order in which touches count. */
export const byTouch = (a: Touch, b: Touch): number =>
  a.touchedAt - b.touchedAt || a.recordedAt - b.recordedAt || byBytes(a.touchId, b.touchId)

const byLastWord = (a: TouchFact, b: TouchFact): number => Number(a.amends) - Number(b.amends) || byMoment(a, b)

/** The touches as known at `asOf` (ms), in order: corrected where they were corrected, without those that were retracted. */
export const touchesAt = (facts: Facts, asOf: number): readonly Touch[] => {
  const said = Map.groupBy(knownAt(facts.touches, asOf), fact => JSON.stringify([fact.subject, fact.touchId]))
  const touches = [...said.values()].flatMap(words => {
    const last = words.toSorted(byLastWord).at(-1)
    // what was never recorded is no touch, whatever is said of it
    if (last === undefined || last.content === null || words.every(word => word.amends)) return []
    const recordedAt = Math.min(...words.map(word => word.recordedAt))
    return { touchId: last.touchId, subject: last.subject, recordedAt, ...last.content }
  })
  return touches.toSorted(byTouch)
}

/** Every touch under each root account that its subject stood for when it happened, as known at `asOf` (ms); in order of touch, then account. */
export const accountTouchesAt = (facts: Facts, asOf: number): readonly AccountTouch[] => {
  const identities = identitiesAt(facts, asOf)
  return touchesAt(facts, asOf).flatMap(touch => {
    const { persons, accounts } = identities.at(touch.subject, touch.touchedAt)
    const under = accounts.length > 0 ? accounts : ['']
    return under.map(account => ({ ...touch, account, persons, accounts: accounts.length }))
  })
}

/**
 * The touches that count as known at `asOf` (ms): under the campaign that is meant; without those that are excluded, or whose subject, campaign
 * or every person is; and without the excluded ones among their persons.
 */
export const countedTouchesAt = (facts: Facts, asOf: number): readonly AccountTouch[] => {
  const because = exclusionsAt(facts, asOf)
  const meant = campaignsAt(facts, asOf)
  return accountTouchesAt(facts, asOf).flatMap(touch => {
    const campaign = meant(touch.campaign)
    const names = [`touch:${touch.touchId}`, touch.subject, `campaign:${touch.campaign}`, `campaign:${campaign}`]
    const persons = touch.persons.filter(person => because(person) === '')
    const nobodyLeft = touch.persons.length > 0 && persons.length === 0
    return nobodyLeft || names.some(name => because(name) !== '') ? [] : { ...touch, campaign, persons }
  })
}
