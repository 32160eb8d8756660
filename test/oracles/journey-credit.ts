import { modelCredit, SHIPPED_MODELS } from './attribution-models.ts'
import { consentsAt } from './consents.ts'
import { eligibleOf, type Model, MODELS, nameOf, SHIPPED } from './deal-credit.ts'
import type { Facts } from './facts.ts'
import { personJourneysAt } from './person-journeys.ts'
import { byTouch, countedTouchesAt } from './touches.ts'

export type JourneyCredit = {
  readonly person: string
  /** From 1. */
  readonly journey: number
  readonly conversion: 'lead' | 'mql'
  readonly model: Model
  readonly convertedAt: number
  readonly missing: '' | 'no_touch' | 'milestone_absent'
  readonly credits: readonly (readonly [string, number])[]
}

const DAY = 86_400_000_000

/** The credit of every lead and MQL that counts, under every model, as known at `asOf` (ms): of the touches of its person, up to a year before its journey. */
export const journeyCreditAt = (facts: Facts, asOf: number): readonly JourneyCredit[] => {
  const consented = consentsAt(facts, asOf)
  const touches = countedTouchesAt(facts, asOf).filter(consented)
  return personJourneysAt(facts, asOf).flatMap(({ person, excludedBecause, journeys }) =>
    excludedBecause !== ''
      ? []
      : journeys.flatMap((journey, index) =>
          (['lead', 'mql'] as const).flatMap(conversion => {
            const entry = journey.stages.find(({ stage }) => stage === conversion)
            if (entry === undefined) return []
            const lead = journey.stages.find(({ stage }) => stage === 'lead')
            const convertedAt = entry.enteredAt
            // a person is one, in however many accounts the touch is told
            const own = [...new Map(touches.filter(touch => touch.persons.includes(person)).map(touch => [nameOf(touch), touch])).values()]
            const eligible = eligibleOf(
              own.filter(
                ({ touchedAt, touchType, automatic }) =>
                  journey.openedAt - SHIPPED.lookbackDays * DAY <= touchedAt &&
                  touchedAt <= convertedAt &&
                  SHIPPED.responses.has(touchType) &&
                  !automatic,
              ),
            ).toSorted(byTouch)
            return MODELS.map(model => {
              const { credits, missing } = modelCredit({
                model: SHIPPED_MODELS[model],
                touches: eligible.map(touch => ({
                  touchId: nameOf(touch),
                  at: touch.touchedAt,
                  recordedAt: touch.recordedAt,
                  persons: touch.persons,
                  accounts: 1,
                })),
                conversion: 'deal',
                convertedAt,
                // there is no deal yet
                dealCreatedAt: convertedAt + 1,
                leadCreated: lead === undefined || lead.enteredAt > convertedAt ? null : { person, at: lead.enteredAt },
              })
              return {
                person,
                journey: index + 1,
                conversion,
                model,
                convertedAt,
                missing,
                credits: missing === '' ? eligible.map(touch => [touch.touchId, credits.get(nameOf(touch)) ?? 0] as const) : [],
              }
            })
          }),
        ),
  )
}
