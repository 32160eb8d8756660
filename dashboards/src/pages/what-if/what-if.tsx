import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { campaignName, useCampaigns } from '../../api/names.ts'
import { post } from '../../api/ask.ts'
import type { Api, FigureRow, WhatIf as Effect } from '../../api/types.ts'
import { dim } from '../../api/rows.ts'
import { percent } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { PageHead, Segments } from '../../parts/controls.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Empty, Failed, Skeleton } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { DefinitionWhatIf } from './definition.tsx'
import { documentOf, MILESTONES, type Draft, start, sumOf } from './draft.ts'
import { written } from './written.ts'

type Question = Api['POST /v1/what-if']['body']

const KINDS = [
  ['model', 'Attribution model'],
  ['qualification', 'Qualification'],
  ['icp', 'Ideal customer profile'],
] as const

/** What nobody has agreed to yet would change. Nothing is written. */
export const WhatIf = () => {
  const { get, patch } = useView()
  const kind = KINDS.find(([each]) => each === get('what'))?.[0] ?? 'model'
  return (
    <>
      <PageHead
        title="What if"
        about="Try a model or a definition before anybody agrees to it: who would gain, which deals and leads would move, and why. Nothing is written."
      >
        <Segments label="What is changed" value={kind} options={KINDS} onChange={what => patch({ what: what === 'model' ? '' : what })} />
      </PageHead>
      {kind === 'model' ? <ModelWhatIf /> : <DefinitionWhatIf kind={kind} />}
    </>
  )
}

/** A model: what would change by dimension, deal and touch. */
const ModelWhatIf = () => {
  const { get, patch } = useView()
  const asking = useAsking()
  const campaigns = useCampaigns()
  const [draft, setDraft] = useState<Draft>(start)
  const by = get('by') === 'campaign' ? 'campaign' : 'channel'
  const effect = useMutation({
    mutationFn: async (): Promise<Effect> =>
      (await post('/v1/what-if', {
        kind: 'attribution-model',
        document: documentOf(draft),
        against: draft.against,
        basis: 'revenue',
        by: [by],
        ...asking,
        limit: 30,
      } satisfies Record<string, unknown> as Question)) as Effect,
  })
  const sum = sumOf(draft)
  return (
    <>
      <div className="grid">
        <Panel className="w4" title="The model">
          <form
            className="form"
            onSubmit={event => {
              event.preventDefault()
              effect.mutate()
            }}
          >
            {MILESTONES.map(([name, text]) => (
              <label key={name}>
                {text}
                <input
                  type="number"
                  min={0}
                  max={100}
                  step={0.5}
                  value={draft.weights[name]}
                  onChange={event => setDraft({ ...draft, weights: { ...draft.weights, [name]: Number(event.target.value) } })}
                />
              </label>
            ))}
            <label>
              Lookback before creation, days
              <input
                type="number"
                min={1}
                max={3650}
                value={draft.lookback}
                onChange={event => setDraft({ ...draft, lookback: Number(event.target.value) })}
              />
            </label>
            <label>
              Held against
              <select value={draft.against} onChange={event => setDraft({ ...draft, against: event.target.value })}>
                {['w-shaped', 'linear', 'first', 'last', 'u-shaped', 'full-path'].map(model => (
                  <option key={model} value={model}>
                    {title(model)}
                  </option>
                ))}
              </select>
            </label>
            <p className={sum === 100 ? 'note' : 'callout warn'}>
              {sum === 100 ? 'The parts make 100 %.' : `The parts make ${sum} %, not 100.`}
            </p>
            <button type="submit" className="button primary" disabled={sum !== 100 || effect.isPending}>
              {effect.isPending ? 'Computing…' : 'See what would change'}
            </button>
          </form>
        </Panel>
        <Panel
          className="w8"
          title="What would change"
          flush
          right={
            <Segments
              label="By"
              value={by}
              options={[
                ['channel', 'Channel'],
                ['campaign', 'Campaign'],
              ]}
              onChange={value => {
                patch({ by: value })
                if (effect.data !== undefined) effect.reset()
              }}
            />
          }
          foot={<RestsOn answer={effect.data} />}
        >
          {effect.isPending ? <Skeleton lines={9} /> : null}
          {effect.error === null ? null : <Failed error={effect.error} />}
          {effect.data === undefined && !effect.isPending && effect.error === null ? (
            <Empty title="Set the weights and look">The difference comes by {by}, then deal by deal.</Empty>
          ) : null}
          {effect.data === undefined ? null : (
            <Difference
              rows={effect.data.rows}
              by={by}
              nameOf={value => (by === 'campaign' ? campaignName(campaigns, value) : title(value))}
            />
          )}
        </Panel>
      </div>
      {effect.data === undefined ? null : (
        <Panel title="Deals whose credit would move most" flush>
          <DataTable
            label="Deals that would move"
            rows={effect.data.deals ?? []}
            keyOf={({ deal }) => deal}
            columns={[
              { id: 'deal', head: 'Deal', cell: ({ deal }) => deal },
              { id: 'moved', head: 'Goes elsewhere', num: true, by: ({ moved }) => moved, cell: ({ moved }) => percent(moved) },
              { id: 'why', head: 'Why', cell: ({ touches }) => [...new Set(touches.map(({ reason }) => reason))].map(title).join(', ') },
              { id: 'n', head: 'Touches', num: true, by: ({ touches }) => touches.length, cell: ({ touches }) => touches.length },
            ]}
          />
        </Panel>
      )}
    </>
  )
}

const Difference = ({
  rows,
  by,
  nameOf,
}: {
  readonly rows: readonly FigureRow[]
  readonly by: string
  readonly nameOf: (value: string) => string
}) => (
  <DataTable
    label="Difference"
    rows={rows}
    keyOf={row => `${row.metric} ${dim(row, by)}`}
    sort="-change"
    short
    columns={[
      { id: 'name', head: title(by), by: row => dim(row, by), cell: row => nameOf(dim(row, by)) },
      { id: 'before', head: 'In force', num: true, by: row => Number(row['before'] ?? 0), cell: row => written(row, 'before') },
      { id: 'after', head: 'Would be', num: true, by: row => row.value, cell: row => written(row, 'value') },
      {
        id: 'change',
        head: 'Difference',
        num: true,
        by: row => Number(row['change'] ?? 0),
        cell: row => (
          <span
            className={Number(row['change'] ?? 0) < 0 ? 'bad' : 'good'}
          >{`${Number(row['change'] ?? 0) > 0 ? '+' : ''}${written(row, 'change')}`}</span>
        ),
      },
    ]}
  />
)
