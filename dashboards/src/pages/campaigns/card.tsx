import type { Campaign } from '../../api/types.ts'
import { dateText, money } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { Segments } from '../../parts/controls.tsx'
import { useView } from '../../shell/view.ts'
import { Edit } from './edit.tsx'
import { People } from './people.tsx'
import { Results } from './results.tsx'

const safeLink = (url: string): string | null => (/^https?:\/\//.test(url) ? url : null)

/** What sales should know about one campaign before they call. */
export const CampaignCard = ({ campaigns, id }: { readonly campaigns: ReadonlyMap<string, Campaign>; readonly id: string }) => {
  const { get, patch } = useView()
  const campaign = campaigns.get(id)
  if (campaign === undefined) return null
  const tab = get('tab', 'results')
  if (tab === 'edit') return <Edit key={id} campaign={campaign} onDone={() => patch({ tab: '' })} />
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
          <Segments
            label="Of the campaign"
            value={tab}
            options={[
              ['results', 'Results'],
              ['words', 'For sales'],
              ['people', 'People'],
              ['edit', 'Change'],
            ]}
            onChange={value => patch({ tab: value === 'results' ? '' : value })}
          />
          <button type="button" className="button small" onClick={() => patch({ campaign: '', tab: '' })}>
            Close
          </button>
        </>
      }
    >
      {tab === 'results' ? <Results id={id} /> : null}
      {tab === 'people' ? <People id={id} /> : null}
      {tab === 'words' ? (
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
      ) : null}
    </Panel>
  )
}
