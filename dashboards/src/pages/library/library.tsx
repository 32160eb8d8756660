import { useState } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import type { Content } from '../../api/types.ts'
import { count, dateText } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Choice, PageHead } from '../../parts/controls.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

const safe = (url: string): boolean => /^https?:\/\//.test(url)

/** What both teams may send: what it is for, whether it is current, and whether anybody uses it. */
export const Library = () => {
  const { get, patch } = useView()
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/content', { as_of, limit: 1_000 })
  const sought = get('q').toLowerCase()
  const stages = [...new Set((asked.data?.rows ?? []).map(({ stage }) => stage))].filter(each => each !== '')
  const personas = [...new Set((asked.data?.rows ?? []).flatMap(row => row.personas))].toSorted()
  const kinds = [...new Set((asked.data?.rows ?? []).map(({ kind }) => kind))].toSorted()
  return (
    <>
      <PageHead title="Library" about="Assets, templates and recordings: the stage and persona they are for, their state, and their use.">
        <label className="field">
          <span>Search</span>
          <input type="search" value={get('q')} onChange={event => patch({ q: event.target.value })} />
        </label>
        <Choice
          label="Stage"
          value={get('stage')}
          options={[['', 'all'], ...stages.map(each => [each, title(each)] as const)]}
          onChange={value => patch({ stage: value })}
        />
        <Choice
          label="For"
          value={get('persona')}
          options={[['', 'everybody'], ...personas.map(each => [each, title(each)] as const)]}
          onChange={value => patch({ persona: value })}
        />
        <Choice
          label="Kind"
          value={get('kind')}
          options={[['', 'all'], ...kinds.map(each => [each, title(each)] as const)]}
          onChange={value => patch({ kind: value })}
        />
      </PageHead>
      <Panel title="Content" flush>
        <Answered asked={asked} lines={10}>
          {({ rows }) => {
            const found = rows.filter(
              ({ title: name, kind, tags, description, stage, personas: whom }) =>
                (get('stage') === '' || stage === get('stage')) &&
                (get('persona') === '' || whom.includes(get('persona'))) &&
                (get('kind') === '' || kind === get('kind')) &&
                [name, kind, description, ...tags].join(' ').toLowerCase().includes(sought),
            )
            return found.length === 0 ? (
              <Empty title={rows.length === 0 ? 'The library is empty' : 'Nothing found'}>
                {rows.length === 0 ? 'Content arrives as content-published events.' : 'Other words, or another stage.'}
              </Empty>
            ) : (
              <DataTable<Content>
                label="Content"
                rows={found}
                keyOf={({ content_id }) => content_id}
                sort="-used"
                columns={[
                  {
                    id: 'title',
                    head: 'Title',
                    by: ({ title: name }) => name,
                    cell: ({ title: name, url, version }) => (
                      <>
                        {safe(url) ? (
                          <a href={url} target="_blank" rel="noreferrer">
                            {name}
                          </a>
                        ) : (
                          name
                        )}{' '}
                        <span className="n">v{version}</span>
                      </>
                    ),
                  },
                  { id: 'kind', head: 'Kind', by: ({ kind }) => kind, cell: ({ kind }) => title(kind) },
                  { id: 'stage', head: 'For stage', by: ({ stage }) => stage, cell: ({ stage }) => title(stage) },
                  { id: 'personas', head: 'For', cell: row => row.personas.map(title).join(', ') },
                  {
                    id: 'state',
                    head: 'State',
                    by: ({ state }) => state,
                    cell: ({ state, retired_because }) => (
                      <span className={`tag ${state === 'current' ? 'good' : 'warn'}`} title={retired_because ?? ''}>
                        {state}
                      </span>
                    ),
                  },
                  { id: 'used', head: 'Touches', num: true, by: ({ touches }) => touches, cell: ({ touches }) => count(touches) },
                  { id: 'persons', head: 'People', num: true, by: ({ persons }) => persons, cell: ({ persons }) => count(persons) },
                  {
                    id: 'last',
                    head: 'Last used',
                    by: ({ last_used }) => last_used,
                    cell: ({ last_used }) => (last_used === null ? 'never' : dateText(last_used)),
                  },
                  {
                    id: 'copy',
                    head: '',
                    cell: ({ url }) => (safe(url) ? <CopyLink url={url} /> : null),
                  },
                ]}
              />
            )
          }}
        </Answered>
      </Panel>
    </>
  )
}

const CopyLink = ({ url }: { readonly url: string }) => {
  const [copied, setCopied] = useState(false)
  return (
    <button
      type="button"
      className="button small"
      onClick={() => void navigator.clipboard.writeText(url).then(() => setCopied(true))}
      onBlur={() => setCopied(false)}
    >
      {copied ? 'Copied' : 'Copy link'}
    </button>
  )
}
