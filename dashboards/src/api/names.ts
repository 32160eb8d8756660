import { useAnswer } from './use-answer.ts'
import type { Campaign } from './types.ts'
import { title } from '../format/words.ts'
import { useAsking } from '../shell/session.ts'

const MOST = 1_000

/** Every campaign by its id, as known then. */
export const useCampaigns = (): ReadonlyMap<string, Campaign> => {
  const { as_of } = useAsking()
  const { data } = useAnswer('GET /v1/campaigns', { as_of, limit: MOST })
  return new Map((data?.rows ?? []).map(campaign => [campaign.campaign, campaign]))
}

export const campaignName = (campaigns: ReadonlyMap<string, Campaign>, id: string): string => {
  if (id === '(none)') return 'Without a campaign'
  const name = campaigns.get(id)?.name ?? ''
  return name === '' ? (id.startsWith('(') ? title(id) : id) : name
}
