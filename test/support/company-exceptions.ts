import { LAST_DAY, type Teller, type Told } from './company-stories.ts'

const SYSTEMS = ['google-ads', 'utm', 'salesforce'] as const
/** Names that touches use for campaigns: their ids, names that are said to be a campaign's, and one of which nobody ever says anything. */
export const CAMPAIGN_NAMES = ['campaign-1', 'campaign-2', 'campaign-3', 'g-17', 'spring', 'nobody-knows'] as const
const PURPOSES = ['marketing', 'marketing', 'analytics', 'profiling', 'sales'] as const

/**
 * What takes records and touches out of the account or gives them another campaign, said early and late, taken back and said again: exclusions, names of
 * campaigns, consents.
 */
export const exceptionStories = (teller: Teller, told: readonly Told[]): readonly Told[] => [
  ...exclusionStories(teller, told),
  ...campaignStories(teller),
  ...teller.cast.persons.flatMap(person => consentStory(teller, person)),
]

const exclusionStories = ({ dice, cast, day, tell }: Teller, told: readonly Told[]): readonly Told[] => {
  const touches = told.flatMap(({ event }) => (event.type === 'touch-recorded' ? [`touch:${event.event_id}`] : []))
  const some = (nodes: readonly string[], percent: number): readonly string[] => nodes.filter(() => dice.chance(percent))
  const records = [
    ...some(touches, 6),
    ...some(
      cast.persons.map(id => `person:${id}`),
      15,
    ),
    ...some(
      cast.accounts.map(id => `account:${id}`),
      15,
    ),
    ...some(
      cast.deals.map(id => `deal:${id}`),
      15,
    ),
    ...some(
      CAMPAIGN_NAMES.map(id => `campaign:${id}`),
      15,
    ),
    ...some(cast.aliases, 5),
  ]
  return records.flatMap(record => {
    const word = (excluded: boolean): Told =>
      tell('record-excluded', { occurred_at: day(0, LAST_DAY), record, reason: dice.pick(['test', 'internal', '']), excluded })
    const said = [word(true)]
    if (dice.chance(35)) said.push(word(false))
    if (dice.chance(15)) said.push(word(true))
    return said
  })
}

const campaignStories = ({ dice, day, tell }: Teller): readonly Told[] => {
  const alias = (): Told => {
    const names = {
      campaign: dice.pick(['campaign-1', 'campaign-2', 'spring']),
      system: dice.pick(SYSTEMS),
      alias: dice.pick(['g-17', 'spring', 'campaign-3', 'g-17']),
    }
    return dice.chance(75)
      ? tell('campaign-alias-added', { occurred_at: day(0, LAST_DAY), ...names })
      : tell('campaign-alias-removed', { occurred_at: day(0, LAST_DAY), ...names })
  }
  const said = Array.from({ length: dice.between(0, 8) }, alias)
  if (dice.chance(50)) said.push(tell('campaign-planned', { occurred_at: day(0, LAST_DAY), campaign: dice.pick(CAMPAIGN_NAMES) }))
  return said
}

const consentStory = ({ dice, day, tell }: Teller, person_id: string): readonly Told[] =>
  dice.chance(40)
    ? Array.from({ length: dice.between(1, 3) }, () =>
        tell('consent-changed', {
          occurred_at: day(0, LAST_DAY),
          person_id,
          purpose: dice.pick(PURPOSES),
          channel: dice.pick(['', '', 'email', 'paid_search']),
          granted: dice.chance(55),
          expires_at: dice.chance(20) ? day(100, LAST_DAY) : null,
        }),
      )
    : []
