import { useState } from 'react'
import type { Campaign } from '../../api/types.ts'
import { useWrite } from '../../api/use-write.ts'
import { majorUnits, minorUnits } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

const FIELDS = [
  ['name', 'Name'],
  ['channel', 'Channel'],
  ['campaign_type', 'Kind'],
  ['offer', 'Offer'],
  ['url', 'Page (URL)'],
  ['owner_id', 'Owner'],
  ['segment', 'Segment'],
  ['region', 'Region'],
] as const

type Draft = { readonly [name: string]: string }

const draftOf = (campaign: Campaign | undefined, currency: string): Draft => ({
  ...Object.fromEntries(FIELDS.map(([name]) => [name, campaign?.[name] ?? ''])),
  starts_on: campaign?.starts_on ?? '',
  ends_on: campaign?.ends_on ?? '',
  budget:
    campaign?.budget_minor === null || campaign === undefined
      ? ''
      : String(majorUnits(campaign.budget_minor, campaign.currency || currency)),
  currency: campaign?.currency ?? '',
  description: campaign?.description ?? '',
  talking_points: (campaign?.talking_points ?? []).join('\n'),
  quote: campaign?.quote ?? '',
  follow_up_template: campaign?.follow_up_template ?? '',
})

/** `Autumn webinar` → `autumn-webinar`, as touches and costs will name it. */
const idOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')

/** What marketing says of a campaign; sales reads it beside each of its leads. Only what changed is said. */
export const Edit = ({ campaign, onDone }: { readonly campaign?: Campaign; readonly onDone: () => void }) => {
  const { currency } = useSession()
  const { patch } = useView()
  const [draft, setDraft] = useState<Draft>(() => draftOf(campaign, currency))
  const create = useWrite('POST /v1/campaigns')
  const change = useWrite('PATCH /v1/campaigns/{id}')
  const error = create.error ?? change.error
  const pending = create.isPending || change.isPending
  const set = (name: string) => (value: string) => setDraft(before => ({ ...before, [name]: value }))
  const save = (): void => {
    const before = draftOf(campaign, currency)
    const changed = Object.fromEntries(
      Object.entries(draft)
        .filter(([name, value]) => value !== before[name])
        .map(([name, value]): readonly [string, unknown] => {
          if (name === 'budget') return ['budget_minor', value === '' ? null : minorUnits(Number(value), draft['currency'] || currency)]
          if (name === 'talking_points')
            return [
              name,
              value
                .split('\n')
                .map(each => each.trim())
                .filter(each => each !== ''),
            ]
          return [name, name.endsWith('_on') && value === '' ? null : value]
        }),
    )
    const money = 'budget_minor' in changed && draft['currency'] === '' ? { currency } : {}
    if (campaign === undefined) {
      const id = idOf(draft['name'] ?? '')
      create.mutate(
        { body: { ...changed, ...money, campaign: id, name: draft['name'] ?? '' } },
        { onSuccess: () => patch({ campaign: id }) },
      )
    } else change.mutate({ params: { id: campaign.campaign }, body: { ...changed, ...money } }, { onSuccess: onDone })
  }
  const area = (name: string, label: string) => (
    <label className="wide">
      {label}
      <textarea value={draft[name] ?? ''} onChange={event => set(name)(event.target.value)} rows={3} />
    </label>
  )
  return (
    <Panel
      title={campaign === undefined ? 'Plan a campaign' : `Change ${campaign.name}`}
      about="Published at once: in the calendar, its file, and beside every lead of it"
    >
      <form
        className="form fields"
        onSubmit={event => {
          event.preventDefault()
          save()
        }}
      >
        {FIELDS.map(([name, label]) => (
          <label key={name}>
            {label}
            <input value={draft[name] ?? ''} required={name === 'name'} onChange={event => set(name)(event.target.value)} />
          </label>
        ))}
        {(['starts_on', 'ends_on'] as const).map(name => (
          <label key={name}>
            {name === 'starts_on' ? 'First day' : 'Last day'}
            <input type="date" value={draft[name] ?? ''} onChange={event => set(name)(event.target.value)} />
          </label>
        ))}
        <label>
          Budget, {draft['currency'] || currency}
          <input type="number" min={0} value={draft['budget'] ?? ''} onChange={event => set('budget')(event.target.value)} />
        </label>
        {area('description', 'What it is')}
        {area('talking_points', 'To talk about, one a line')}
        {area('quote', 'Quote')}
        {area('follow_up_template', 'Follow-up, as it may be sent')}
        {error === null ? null : <p className="callout bad wide">{error.message}</p>}
        <div className="controls wide">
          <button type="submit" className="button primary" disabled={pending}>
            {pending ? 'Publishing…' : 'Publish'}
          </button>
          <button type="button" className="button" onClick={onDone}>
            Leave it
          </button>
        </div>
      </form>
    </Panel>
  )
}
