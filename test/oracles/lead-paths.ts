import { consentsAt } from './consents.ts'
import { eligibleOf, nameOf, RESPONSES, SHIPPED } from './deal-credit.ts'
import type { Facts } from './facts.ts'
import { identitiesAt } from './identities.ts'
import { personJourneysAt } from './person-journeys.ts'
import { type AccountTouch, accountTouchesAt, byTouch, countedTouchesAt } from './touches.ts'

const DAY = 86_400_000_000

/** A journey as a path of channels; a null path has no conversion, and `open` where it may still have one. */
export type LeadPath = { readonly channels: readonly string[]; readonly converted: boolean; readonly open: boolean }

const isAccount = ({ subject }: AccountTouch): boolean => subject.startsWith('account:')
const whose = ({ persons, subject }: AccountTouch): readonly string[] => (persons.length > 0 ? persons : [subject])

/** The paths of everybody who became a lead, or an MQL, or did not, as known at `asOf` (ms): journeys, and whoever acted without ever having one. */
export const leadPathsAt = (facts: Facts, asOf: number, conversion: 'lead' | 'mql'): readonly LeadPath[] => {
  const { root } = identitiesAt(facts, asOf)
  const counted = countedTouchesAt(facts, asOf).filter(consentsAt(facts, asOf))
  const pathOf = (who: string, from: number, until: number): readonly string[] => {
    const own = counted.filter(
      touch =>
        (touch.persons.length > 0 || !isAccount(touch)) &&
        whose(touch).includes(who) &&
        from - SHIPPED.lookbackDays * DAY <= touch.touchedAt &&
        touch.touchedAt <= until &&
        RESPONSES.has(touch.touchType) &&
        !touch.automatic,
    )
    const once = [...new Map(own.map(touch => [nameOf(touch), touch])).values()]
    return eligibleOf(once)
      .toSorted(byTouch)
      .map(({ channel }) => (channel === '' ? '(none)' : channel))
  }
  const persons = personJourneysAt(facts, asOf)
  const journeys = persons
    .filter(({ excludedBecause }) => excludedBecause === '')
    .flatMap(({ person, journeys: of }) =>
      of.map(({ openedAt, endedAt, stages }): LeadPath => {
        const entry = stages.find(({ stage }) => stage === conversion)
        const until = entry?.enteredAt ?? endedAt ?? Number.MAX_SAFE_INTEGER
        return { channels: pathOf(person, openedAt, until), converted: entry !== undefined, open: entry === undefined && endedAt === null }
      }),
    )
  const known = new Set(persons.map(({ person }) => root(person)))
  const lastOf = new Map<string, number>()
  for (const touch of accountTouchesAt(facts, asOf))
    if (RESPONSES.has(touch.touchType) && !touch.automatic && !isAccount(touch))
      for (const who of whose(touch)) if (!known.has(who)) lastOf.set(who, Math.max(touch.touchedAt, lastOf.get(who) ?? 0))
  const visitors = [...lastOf].map(([who, at]): LeadPath => ({ channels: pathOf(who, at, at), converted: false, open: true }))
  return [...journeys, ...visitors].filter(({ channels }) => channels.length > 0)
}
