import { useAnswer } from '../../api/use-answer.ts'
import { useWrite } from '../../api/use-write.ts'
import type { DefinitionVersion } from '../../api/types.ts'
import { dateText } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { PageHead } from '../../parts/controls.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Propose } from './propose.tsx'
import { Read } from './read.tsx'

const TONES: Readonly<Record<string, string>> = { proposed: 'warn', 'in-force': 'good', refused: 'bad' }

/** What both sides have agreed to count by: read in words, proposed by one, approved by the other. */
export const Definitions = () => {
  const { get, patch } = useView()
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/definitions', { as_of, limit: 500 })
  const id = get('definition')
  return (
    <>
      <PageHead
        title="Definitions"
        about="Every figure names the definition it was computed under. One side proposes, the other approves; nobody approves their own."
      />
      <div className="grid">
        <Panel className={id === '' ? '' : 'w5'} title="Documents" flush>
          <Answered asked={asked} lines={12}>
            {({ rows }) => {
              const documents = [...Map.groupBy(rows, row => row.id).values()].flatMap(versions =>
                versions.toSorted((a, b) => b.version - a.version).slice(0, 1),
              )
              return (
                <DataTable<DefinitionVersion>
                  label="Definitions"
                  rows={documents}
                  keyOf={({ name }) => name}
                  onOpen={definition => patch({ definition: get('definition') === definition.id ? '' : definition.id })}
                  columns={[
                    {
                      id: 'title',
                      head: 'Document',
                      by: ({ title: name }) => name,
                      cell: definition => (
                        <>
                          {definition.title} <span className="n">{definition.name}</span>
                        </>
                      ),
                    },
                    {
                      id: 'status',
                      head: 'State',
                      by: ({ status }) => status,
                      cell: ({ status }) => <span className={`tag ${TONES[status] ?? ''}`}>{title(status)}</span>,
                    },
                    ...(id === ''
                      ? [
                          { id: 'by', head: 'Proposed by', cell: (definition: DefinitionVersion) => definition.proposed_by },
                          {
                            id: 'from',
                            head: 'In force from',
                            cell: (definition: DefinitionVersion) =>
                              definition.in_force_from === null ? '' : dateText(definition.in_force_from),
                          },
                          {
                            id: 'both',
                            head: 'Both agreed',
                            cell: (definition: DefinitionVersion) =>
                              definition.agreed_by_both ? <span className="good">yes</span> : definition.missing.join(', '),
                          },
                        ]
                      : []),
                  ]}
                />
              )
            }}
          </Answered>
        </Panel>
        {id === '' ? null : <Document key={id} id={id} />}
      </div>
    </>
  )
}

const Document = ({ id }: { readonly id: string }) => {
  const { patch } = useView()
  const { as_of } = useAsking()
  const asked = useAnswer('GET /v1/definitions/{id}', { as_of }, { params: { id } })
  const diff = useAnswer('GET /v1/definitions/{id}/diff', { as_of }, { params: { id }, enabled: (asked.data?.versions.length ?? 0) > 1 })
  const { member: me } = useSession()
  const members = useAnswer('GET /v1/members', { limit: 1_000 })
  const mine = members.data?.rows.find(({ member_id }) => member_id === me)?.function
  const approve = useWrite('POST /v1/definitions/{id}/approve')
  return (
    <Panel
      className="w7"
      title={asked.data?.title ?? id}
      about={asked.data?.in_force ?? ''}
      right={
        <button type="button" className="button small" onClick={() => patch({ definition: '' })}>
          Close
        </button>
      }
    >
      <Answered asked={asked} lines={10}>
        {({ versions }) => {
          const newest = versions.toSorted((a, b) => b.version - a.version)
          const [last] = newest
          if (last === undefined) return <Empty title="No version yet" />
          return (
            <>
              {last.status === 'proposed' && as_of === undefined ? (
                <div className="callout warn" style={{ marginBottom: 12 }}>
                  <p>
                    Version {last.version} waits for {last.missing.join(' and ')}. {last.note}
                  </p>
                  {mine !== undefined && !last.missing.includes(mine) ? null : (
                    <p className="controls" style={{ marginTop: 8 }}>
                      <button
                        type="button"
                        className="button primary"
                        disabled={approve.isPending}
                        onClick={() => approve.mutate({ params: { id }, body: { version: last.version } })}
                      >
                        Approve
                      </button>
                      {approve.error === null ? null : <span className="bad">{approve.error.message}</span>}
                    </p>
                  )}
                </div>
              ) : null}
              {diff.data === undefined ? null : (
                <>
                  <h3>
                    What changed from {diff.data.from} to {diff.data.to}
                  </h3>
                  <ul className="note" style={{ margin: '4px 0 12px' }}>
                    {diff.data.words.map(sentence => (
                      <li key={sentence}>{sentence}</li>
                    ))}
                  </ul>
                </>
              )}
              <Read document={last.document} />
              <h3 style={{ margin: '14px 0 4px' }}>History</h3>
              <ul className="list">
                {newest.map(version => (
                  <li key={version.name}>
                    <span>
                      {version.name} {version.note}
                    </span>
                    <span className={`tag ${TONES[version.status] ?? ''}`}>{title(version.status)}</span>
                    <span className="sub">
                      {version.proposed_at === null
                        ? 'comes with Accord'
                        : `proposed by ${version.proposed_by} (${version.proposed_function}) on ${dateText(version.proposed_at)}`}
                      {version.statements.map(({ decision, member, at }) => `, ${decision} by ${member} on ${dateText(at)}`).join('')}
                    </span>
                  </li>
                ))}
              </ul>
              {as_of === undefined ? <Propose last={last} /> : null}
            </>
          )
        }}
      </Answered>
    </Panel>
  )
}
