import type { Moment } from './order.ts'
import type { Readers } from './recorded.ts'

/** `alias` was said to be a name of `campaign` in `system`, or that was taken back; or `campaign` was planned (`alias` null). */
export type CampaignFact = Moment & {
  readonly campaign: string
  readonly system: string
  readonly alias: string | null
  readonly on: boolean
}

export const campaignReaders: Readers<CampaignFact> = {
  'campaign-alias-added': ({ campaign, system, alias }, moment) => ({ ...moment, campaign, system, alias, on: true }),
  'campaign-alias-removed': ({ campaign, system, alias }, moment) => ({ ...moment, campaign, system, alias, on: false }),
  'campaign-planned': ({ campaign }, moment) => ({ ...moment, campaign, system: '', alias: null, on: true }),
}
