import { type AttributionModel, modelName } from '../definitions/attribution-model.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { buyingGroupKind, personaKeys } from '../definitions/buying-group.ts'
import { inForceUntil } from '../definitions/history.ts'
import { dealCredit, type DealCreditInputs } from '../projections/deal-credit.ts'
import type { AccountScope } from '../projections/families.ts'
import type { Linkage } from '../projections/unit-credit.ts'
import { journeyCredit, type JourneyConversion, journeyUnits, modelsNamed } from '../projections/journey-credit.ts'
import { sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

export const LINKAGES = ['hybrid', 'explicit', 'implicit', 'buying_group'] as const satisfies readonly Linkage[]

/** What a report may ask for beside what is kept: whose touches count, of which accounts, and how far back. */
export type CreditTerms = {
  readonly linkage?: Linkage | undefined
  readonly accountScope?: AccountScope | undefined
  /** Days, in place of the models' own. */
  readonly lookbackDays?: number | undefined
}

export type CreditUnder = { readonly sources: FigureSources; readonly definitions: Definitions }

/**
 * Sources whose credit is of other terms than what is kept: by the same SELECT, over the same touches and deals (design D1). The data stay as they
 * are.
 */
export const underTerms = (
  { sources, definitions }: CreditUnder,
  {
    tenant,
    terms,
    models: wanted,
    conversions,
    kept,
  }: {
    readonly tenant: string
    readonly terms: CreditTerms
    /** `id@version` of what is needed. */
    readonly models: readonly string[]
    readonly conversions: readonly string[]
    /** The sources hold what is kept: without terms of its own a question reads it. As of the past there is nothing kept, and what is not needed is not computed. */
    readonly kept: boolean
  },
): CreditUnder => {
  const { lookbackDays } = terms
  const models = modelsNamed(definitions, wanted).map(model =>
    lookbackDays === undefined ? model : { ...model, lookback_days: lookbackDays },
  )
  const replaced = {
    ...definitions,
    models: definitions.models.map(model => models.find(other => modelName(other) === modelName(model)) ?? model),
  }
  if (conversions.some(isOfJourneys)) return { sources: ofJourneys(sources, { tenant, definitions, models }), definitions: replaced }
  if (kept && areKept(terms)) return { sources, definitions }
  const { dealJourney, accountTouches, recordFacts, consentFacts, roots, leadFacts, identities, asOf } = sources
  const credit = dealCredit({
    dealJourney,
    accountTouches,
    recordFacts,
    consentFacts,
    roots,
    leads: { leadFacts, identities },
    deals: sql`SELECT tenant, subject AS deal_id FROM ${sources.dealFacts}`,
    tenant,
    definitions: { ...definitions, models },
    asOf: sql`${asOf}`,
    ...linkedBy({ sources, definitions }, terms),
    conversions,
  })
  return { sources: { ...sources, dealCredit: sources.derive('deal_conversions', credit) }, definitions: replaced }
}

/** Whether what is asked for is what tables are kept of. */
export const areKept = ({ linkage = 'hybrid', accountScope = 'account', lookbackDays }: CreditTerms): boolean =>
  linkage === 'hybrid' && accountScope === 'account' && lookbackDays === undefined

/** Whose touches count, as `dealCredit` takes it; of the buying group by the document in force when the deal converted. */
export const linkedBy = (
  { sources, definitions }: CreditUnder,
  { linkage = 'hybrid', accountScope = 'account' }: CreditTerms,
): Pick<DealCreditInputs, 'linkage' | 'groups' | 'scope'> => ({
  linkage,
  scope: accountScope,
  ...(linkage === 'buying_group'
    ? {
        groups: inForceUntil(definitions.history, buyingGroupKind, sources.asOfMs).map(({ from, document }) => ({
          from,
          personas: personaKeys(document),
        })),
      }
    : {}),
})

const JOURNEY_CONVERSIONS: readonly string[] = ['lead', 'mql'] satisfies readonly JourneyConversion[]
export const isOfJourneys = (conversion: string): boolean => JOURNEY_CONVERSIONS.includes(conversion)

/** Sources in whose place of deals stand the journeys of persons, one a row, with their credit: a lead or an MQL is counted as a deal is. */
const ofJourneys = (
  sources: FigureSources,
  {
    tenant,
    definitions,
    models,
  }: { readonly tenant: string; readonly definitions: Definitions; readonly models: readonly AttributionModel[] },
): FigureSources => {
  const { personJourney, accountTouches, recordFacts, consentFacts, roots, asOf } = sources
  const credit = journeyCredit({
    personJourney,
    accountTouches,
    recordFacts,
    consentFacts,
    roots,
    tenant,
    definitions,
    models,
    asOf: sql`${asOf}`,
  })
  return {
    ...sources,
    dealJourney: sql`(
      SELECT tenant, unit AS deal_id, account, '' AS deal_type, counted, excluded_because, 'open' AS outcome, CAST(NULL, 'Nullable(Date32)') AS close_date,
        nullIf(opened_at, opened_at) AS closed_at, '' AS closed_event_id, opened_at AS created_at, stages, entered_at, stage_event_ids, CAST(NULL, 'Nullable(Int64)') AS amount, '' AS currency
      FROM (${journeyUnits(personJourney)}))`,
    dealCredit: sources.derive('deal_conversions', sql`SELECT * EXCEPT (unit), unit AS deal_id FROM (${credit})`),
  }
}
