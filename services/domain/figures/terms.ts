import { modelName } from '../definitions/attribution-model.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { dealCredit, type Linkage } from '../projections/deal-credit.ts'
import { sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

export const LINKAGES = ['hybrid', 'explicit', 'implicit'] as const satisfies readonly Linkage[]

/** What a report may ask for beside what is kept: whose touches count, and how far back. */
export type CreditTerms = {
  readonly linkage?: Linkage | undefined
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
    terms: { linkage = 'hybrid', lookbackDays },
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
  if (kept && linkage === 'hybrid' && lookbackDays === undefined) return { sources, definitions }
  const models = definitions.models
    .filter(model => wanted.includes(modelName(model)))
    .map(model => (lookbackDays === undefined ? model : { ...model, lookback_days: lookbackDays }))
  const under = { ...definitions, models }
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
    definitions: under,
    asOf: sql`${asOf}`,
    linkage,
    conversions,
  })
  return {
    sources: { ...sources, dealCredit: sql`(${credit})` },
    definitions: {
      ...definitions,
      models: definitions.models.map(model => models.find(other => modelName(other) === modelName(model)) ?? model),
    },
  }
}
