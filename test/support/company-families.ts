import { LAST_DAY, type Teller, type Told } from './company-stories.ts'

/** As sources write them: two of the buying group that Accord ships, and two that are not. */
const PERSONAS = ['it-lead', 'Procurement', 'user', 'user', 'other'] as const

/** Who is what in its company, and which account stands under which: said early and late, changed and taken back. */
export const familyStories = (teller: Teller): readonly Told[] => [
  ...teller.cast.persons.flatMap(person => personaStory(teller, person)),
  ...teller.cast.accounts.flatMap(account => parentStory(teller, account)),
]

const personaStory = ({ dice, day, tell }: Teller, person_id: string): readonly Told[] => {
  const told: Told[] = []
  if (dice.chance(70)) told.push(tell('person-updated', { occurred_at: day(0, 300), person_id, persona: dice.pick(PERSONAS) }))
  if (dice.chance(25)) told.push(tell('person-updated', { occurred_at: day(100, LAST_DAY), person_id, persona: dice.pick(PERSONAS) }))
  if (dice.chance(15)) told.push(tell('person-updated', { occurred_at: day(200, LAST_DAY), person_id, cleared: ['persona'] }))
  return told
}

const parentStory = ({ dice, cast, day, tell }: Teller, account_id: string): readonly Told[] => {
  const under = (from: number): Told =>
    tell('account-parent-changed', {
      occurred_at: day(from, LAST_DAY),
      account_id,
      parent_account_id: dice.chance(80) ? dice.pick(cast.accounts) : '',
    })
  if (!dice.chance(60)) return []
  return dice.chance(40) ? [under(0), under(150)] : [under(0)]
}
