import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { post } from '../../api/ask.ts'
import { dim } from '../../api/rows.ts'
import type { DefinitionVersion, FigureRow, WhatIf as Effect } from '../../api/types.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { metricName } from '../../format/metrics.ts'
import { count, dateText } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { documentIn } from '../../parts/document.ts'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty, Failed, Skeleton } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { written } from './written.ts'

type Moved = NonNullable<Effect['leads']>['entering'][number]
const SHOWN = 50

/** What another rule for leads would have changed: how many would be MQLs, and who. Nothing is written. */
export const DefinitionWhatIf = ({ kind }: { readonly kind: 'icp' | 'qualification' }) => {
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/definitions/{id}', { as_of }, { params: { id: kind } })
  return (
    <Answered asked={asked} lines={10}>
      {({ versions, in_force }) => {
        const now = versions.find(({ name }) => name === in_force) ?? versions.at(-1)
        return now === undefined ? <Empty title="There is none in force" /> : <Workbench key={now.name} kind={kind} now={now} />
      }}
    </Answered>
  )
}

const Workbench = ({ kind, now }: { readonly kind: string; readonly now: DefinitionVersion }) => {
  const { period, as_of } = useAsking()
  const [text, setText] = useState(() => JSON.stringify(now.document, null, 2))
  const document = documentIn(text)
  const effect = useMutation({
    mutationFn: async () => (await post('/v1/what-if', { kind, document, by: ['bucket'], period, as_of, limit: SHOWN })) as Effect,
  })
  const leads = effect.data?.leads
  return (
    <>
      <div className="grid">
        <Panel className="w5" title={title(kind)} about={`in force: ${now.name}`}>
          <form
            className="form"
            onSubmit={event => {
              event.preventDefault()
              effect.mutate()
            }}
          >
            <label>
              The document; change a number, a rule, a country
              <textarea className="code" rows={22} spellCheck={false} value={text} onChange={event => setText(event.target.value)} />
            </label>
            {document === null ? <p className="callout warn">This is not a document yet: JSON is expected.</p> : null}
            <div className="controls">
              <button type="submit" className="button primary" disabled={document === null || effect.isPending}>
                {effect.isPending ? 'Computing…' : 'See what would change'}
              </button>
              <button type="button" className="button" onClick={() => setText(JSON.stringify(now.document, null, 2))}>
                As in force
              </button>
            </div>
          </form>
        </Panel>
        <Panel className="w7" title="What would change" about="MQLs of the period by bucket" flush foot={<RestsOn answer={effect.data} />}>
          {effect.isPending ? <Skeleton lines={9} /> : null}
          {effect.error === null ? null : <Failed error={effect.error} />}
          {effect.data === undefined && !effect.isPending && effect.error === null ? (
            <Empty title="Change the document and look">The difference comes by bucket, then person by person.</Empty>
          ) : null}
          {effect.data === undefined ? null : <Difference rows={[...effect.data.rows, ...effect.data.total]} />}
        </Panel>
      </div>
      {leads === undefined ? null : (
        <div className="grid">
          <People title={`${count(leads.entering_count)} would become MQLs`} rows={leads.entering} />
          <People title={`${count(leads.leaving_count)} would not be MQLs`} rows={leads.leaving} />
        </div>
      )}
    </>
  )
}

const Difference = ({ rows }: { readonly rows: readonly FigureRow[] }) => (
  <DataTable<FigureRow>
    label="Difference"
    short
    rows={rows}
    keyOf={row => `${row.metric} ${dim(row, 'bucket')} ${dim(row, 'measure')}`}
    columns={[
      { id: 'bucket', head: 'Bucket', cell: row => (dim(row, 'bucket') === '' ? <strong>All</strong> : title(dim(row, 'bucket'))) },
      { id: 'what', head: 'Figure', cell: row => metricName(row.metric) },
      { id: 'before', head: 'In force', num: true, cell: row => written(row, 'before') },
      { id: 'after', head: 'Would be', num: true, cell: row => written(row, 'value') },
      { id: 'change', head: 'Difference', num: true, cell: row => written(row, 'change') },
    ]}
  />
)

const People = ({ title: head, rows }: { readonly title: string; readonly rows: readonly Moved[] }) => (
  <Panel className="w6" title={head} flush>
    {rows.length === 0 ? (
      <Empty title="Nobody" />
    ) : (
      <DataTable<Moved>
        label={head}
        rows={rows}
        keyOf={({ journey }) => journey}
        columns={[
          { id: 'person', head: 'Person', cell: ({ person }) => person },
          { id: 'why', head: 'Why', by: ({ why }) => why, cell: ({ why }) => why },
          {
            id: 'bucket',
            head: 'Bucket',
            cell: ({ bucket_before, bucket_after }) =>
              bucket_before === bucket_after ? bucket_after : `${bucket_before} → ${bucket_after}`,
          },
          { id: 'reached', head: 'Came as far as', cell: ({ reached }) => (reached.at(-1) ?? '').toUpperCase() },
          { id: 'at', head: 'When', by: ({ at }) => at, cell: ({ at }) => dateText(at) },
        ]}
      />
    )}
  </Panel>
)
