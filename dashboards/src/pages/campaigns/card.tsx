import type { Campaign } from '../../api/types.ts'
import { dateText, money } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { useView } from '../../shell/view.ts'

const safeLink = (url: string): string | null => (/^https?:\/\//.test(url) ? url : null)

/** What sales should know about one campaign before they call. */
export const CampaignCard = ({ campaigns, id }: { readonly campaigns: ReadonlyMap<string, Campaign>; readonly id: string }) => {
  const { patch } = useView()
  const campaign = campaigns.get(id)
  if (campaign === undefined) return null
  const link = safeLink(campaign.url)
  const facts: readonly (readonly [string, string])[] = [
    [
      'Runs',
      campaign.starts_on === null
        ? 'without dates'
        : `${dateText(campaign.starts_on)} to ${campaign.ends_on === null ? 'open' : dateText(campaign.ends_on)}, ${campaign.state}`,
    ],
    ['Channel', title(campaign.channel)],
    ['Offer', campaign.offer],
    ['Budget', campaign.budget_minor === null ? '' : money(campaign.budget_minor, campaign.currency)],
    ['Owner', campaign.owner_id],
    ['On its lists', campaign.audience === 0 ? '' : `${campaign.audience} people and accounts`],
    ['Says', campaign.description],
    ['Quote', campaign.quote],
    ['Also called', campaign.aliases.map(({ system, alias }) => `${alias} (${system})`).join(', ')],
  ]
  return (
    <Panel
      title={campaign.name || id}
      about={title(campaign.campaign_type)}
      right={
        <>
          {link === null ? null : (
            <a className="button small" href={link} rel="noreferrer" target="_blank">
              Page
            </a>
          )}
          <button type="button" className="button small" onClick={() => patch({ campaign: '' })}>
            Close
          </button>
        </>
      }
    >
      <dl className="facts">
        {facts
          .filter(([, text]) => text !== '')
          .map(([name, text]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        {campaign.talking_points.length === 0 ? null : (
          <>
            <dt>To talk about</dt>
            <dd>
              <ul>
                {campaign.talking_points.map(point => (
                  <li key={point}>{point}</li>
                ))}
              </ul>
            </dd>
          </>
        )}
      </dl>
    </Panel>
  )
}
