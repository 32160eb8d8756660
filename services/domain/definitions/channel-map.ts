import { z } from 'zod'
import { standingDocument } from './document-kind.ts'

/** Whose effort brings a deal (metrics M57); what none of them claims is `unknown`. */
export const SOURCING_TEAMS = ['marketing', 'sales', 'partner', 'success'] as const
export type SourcingTeam = (typeof SOURCING_TEAMS)[number]

/** Source fields are written by hand: `Paid Search`, `paid-search` and `paid_search` are one. */
export const channelKey = (raw: string): string =>
  raw
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')

/**
 * Which channel a raw source means, and whose effort that channel is (metrics C13). A channel is known by its own name and by the
 * raw values of `sources`: a source field, a utm medium or source, or both of them together as `facebook/cpc`, which goes first; no value may mean two channels.
 */
export const ChannelMap = z
  .strictObject({
    id: z.literal('channel-map'),
    version: z.int().min(1),
    channels: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
          team: z.enum(SOURCING_TEAMS),
          sources: z.array(z.string().min(1).max(200)),
        }),
      )
      .min(1),
  })
  .superRefine(({ channels }, context) => {
    const meant = new Map<string, string>()
    for (const { name, sources } of channels) {
      for (const key of new Set([name, ...sources].map(channelKey))) {
        const other = meant.get(key)
        if (other === undefined) meant.set(key, name)
        else context.addIssue({ code: 'custom', path: ['channels'], message: `${key} means both ${other} and ${name}` })
      }
    }
  })
export type ChannelMap = z.infer<typeof ChannelMap>

const channel = (team: SourcingTeam, name: string, ...sources: readonly string[]): ChannelMap['channels'][number] => ({
  name,
  team,
  sources: [...sources],
})

/** What CRMs call their sources out of the box, and what this company's channels are called. */
export const shippedChannelMap: ChannelMap = ChannelMap.parse({
  id: 'channel-map',
  version: 1,
  channels: [
    channel('marketing', 'paid_search', 'google ads', 'adwords', 'sem', 'ppc', 'bing ads', 'cpc'),
    channel(
      'marketing',
      'paid_social',
      'linkedin ads',
      'facebook ads',
      'social ads',
      ...['linkedin', 'facebook', 'instagram', 'meta', 'x', 'twitter', 'tiktok', 'youtube'].flatMap(site => [
        `${site}/cpc`,
        `${site}/ppc`,
        `${site}/paid`,
      ]),
    ),
    channel('marketing', 'display', 'advertisement', 'banner', 'programmatic', 'retargeting', 'cpm'),
    channel('marketing', 'organic_search', 'seo', 'organic', 'google', 'bing', 'duckduckgo', 'search engine'),
    channel('marketing', 'organic_social', 'social', 'social media', 'linkedin', 'facebook'),
    channel('marketing', 'ai_assistants', 'ai referrals', 'chatgpt'),
    channel('marketing', 'email', 'email marketing', 'newsletter', 'nurture'),
    channel('marketing', 'events', 'event', 'trade show', 'tradeshow', 'conference', 'seminar'),
    channel('marketing', 'webinars', 'webinar'),
    channel('marketing', 'content', 'content marketing', 'download', 'whitepaper', 'blog'),
    channel('marketing', 'content_syndication', 'syndication'),
    channel('marketing', 'review_sites', 'review site', 'g2', 'capterra'),
    channel('marketing', 'public_relations', 'pr', 'press'),
    channel('marketing', 'website', 'web', 'web form', 'inbound', 'contact form', 'demo request', 'trial', 'phone inquiry'),
    channel('marketing', 'direct', 'direct traffic', '(direct)'),
    channel('marketing', 'marketing'),
    channel(
      'sales',
      'outbound',
      'cold call',
      'cold email',
      'prospecting',
      'sdr',
      'bdr',
      'purchased list',
      'list',
      'sales generated',
      'sales prospecting',
    ),
    channel('sales', 'sales', 'ae', 'account executive', 'self generated', 'sales referral'),
    channel(
      'partner',
      'partner',
      'partner referral',
      'channel partner',
      'reseller',
      'alliance',
      'distributor',
      'marketplace',
      'external referral',
    ),
    channel('success', 'customer', 'existing customer', 'customer success', 'upsell', 'cross sell', 'expansion', 'renewal'),
    channel('success', 'referral', 'customer referral', 'referrals', 'word of mouth'),
  ],
})

/** What may stand for a channel, as keys, and the name of each. */
export const channelsByKey = ({ channels }: ChannelMap): { readonly keys: readonly string[]; readonly names: readonly string[] } => {
  const pairs = channels.flatMap(({ name, sources }) => [...new Set([name, ...sources].map(channelKey))].map(key => ({ key, name })))
  return { keys: pairs.map(({ key }) => key), names: pairs.map(({ name }) => name) }
}

/** What may stand in a source field, as keys, and the team of each. */
export const teamsBySource = ({ channels }: ChannelMap): { readonly keys: readonly string[]; readonly teams: readonly SourcingTeam[] } => {
  const pairs = channels.flatMap(({ name, team, sources }) => [...new Set([name, ...sources].map(channelKey))].map(key => ({ key, team })))
  return { keys: pairs.map(({ key }) => key), teams: pairs.map(({ team }) => team) }
}

export const channelMapKind = standingDocument({
  kind: 'channel-map',
  title: 'Channel map',
  schema: ChannelMap,
  shipped: shippedChannelMap,
  kept: true,
})
