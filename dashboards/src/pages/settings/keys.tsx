import { useState } from 'react'
import { useQueryClient, useMutation } from '@tanstack/react-query'
import { addressOf, post } from '../../api/ask.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { Api, CreatedKey, Key } from '../../api/types.ts'
import { dateText } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useSession } from '../../shell/session.ts'

const SCOPES = ['read', 'ingest', 'admin'] as const
type Scope = (typeof SCOPES)[number]
const TONES: Readonly<Record<Key['state'], string>> = { active: 'good', expired: 'warn', revoked: '' }

/** What opens the API: made here, shown once, taken back. */
export const Keys = () => {
  const { zone } = useSession()
  const client = useQueryClient()
  const asked = useAnswer('GET /v1/keys', {})
  const [shown, setShown] = useState<CreatedKey | null>(null)
  const revoke = useMutation({
    mutationFn: (id: string) => post(addressOf('POST /v1/keys/{id}/revoke', {}, { id }), { reason: 'revoked in settings' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['GET /v1/keys'] }),
  })
  return (
    <div className="stack">
      <NewKey made={setShown} />
      {shown === null ? null : (
        <Panel title={`The key ${shown.name}`} about="Shown now and never again: put it where secrets are kept">
          <div className="controls">
            <code className="callout" style={{ overflowWrap: 'anywhere' }}>
              {shown.key}
            </code>
            <button type="button" className="button" onClick={() => void navigator.clipboard.writeText(shown.key)}>
              Copy
            </button>
            <button type="button" className="button quiet" onClick={() => setShown(null)}>
              I have it
            </button>
          </div>
        </Panel>
      )}
      <Panel title="Keys" about="Stored as digests; what they sent stays under their names" flush>
        {revoke.error === null ? null : <p className="callout bad">{revoke.error.message}</p>}
        <Answered asked={asked} lines={5}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title="No key yet">Producers, dashboards and people outside this machine each need one of their own.</Empty>
            ) : (
              <DataTable<Key>
                label="Keys"
                rows={rows}
                keyOf={({ key_id: id }) => id}
                columns={[
                  { id: 'name', head: 'Name', by: ({ name }) => name, cell: ({ name, key_id: id }) => <span title={id}>{name}</span> },
                  { id: 'scopes', head: 'May', cell: ({ scopes }) => scopes.join(', ') },
                  { id: 'member', head: 'As', by: ({ member }) => member, cell: ({ member }) => member ?? 'a producer' },
                  { id: 'created', head: 'Made', by: ({ created_at: at }) => at, cell: ({ created_at: at }) => dateText(at) },
                  {
                    id: 'expires',
                    head: 'Until',
                    by: ({ expires_at: at }) => at,
                    cell: ({ expires_at: at }) =>
                      at === null ? 'for ever' : new Date(at).toLocaleDateString(navigator.language, { timeZone: zone }),
                  },
                  {
                    id: 'state',
                    head: 'State',
                    by: ({ state }) => state,
                    cell: ({ state }) => <span className={`tag ${TONES[state]}`}>{title(state)}</span>,
                  },
                  {
                    id: 'revoke',
                    head: '',
                    cell: ({ key_id: id, state }) =>
                      state === 'active' ? (
                        <button type="button" className="button small" disabled={revoke.isPending} onClick={() => revoke.mutate(id)}>
                          Revoke
                        </button>
                      ) : (
                        ''
                      ),
                  },
                ]}
              />
            )
          }
        </Answered>
      </Panel>
    </div>
  )
}

const NewKey = ({ made }: { readonly made: (key: CreatedKey) => void }) => {
  const client = useQueryClient()
  const members = useAnswer('GET /v1/members', { active: 'true', limit: 1_000 })
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly Scope[]>(['read'])
  const [member, setMember] = useState('')
  const [until, setUntil] = useState('')
  const create = useMutation({
    mutationFn: async (body: Api['POST /v1/keys']['body']) => (await post('/v1/keys', body)) as CreatedKey,
    onSuccess: key => {
      made(key)
      setName('')
      return client.invalidateQueries({ queryKey: ['GET /v1/keys'] })
    },
  })
  return (
    <Panel title="A new key">
      <form
        className="row-form form"
        onSubmit={event => {
          event.preventDefault()
          create.mutate({
            name: name.trim(),
            scopes: [...scopes],
            ...(member === '' ? {} : { member }),
            ...(until === '' ? {} : { expires_on: until }),
          })
        }}
      >
        <label>
          Name
          <input required value={name} pattern="[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}" onChange={event => setName(event.target.value)} />
        </label>
        <fieldset className="checks">
          <legend>May</legend>
          {SCOPES.map(scope => (
            <label key={scope} className="check">
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={event => setScopes(event.target.checked ? [...scopes, scope] : scopes.filter(each => each !== scope))}
              />
              {scope}
            </label>
          ))}
        </fieldset>
        <label>
          Speaks for
          <select value={member} onChange={event => setMember(event.target.value)}>
            <option value="">a producer</option>
            {(members.data?.rows ?? []).map(({ member_id: id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
        <label>
          Until
          <input type="date" value={until} onChange={event => setUntil(event.target.value)} />
        </label>
        <button type="submit" className="button primary" disabled={create.isPending || scopes.length === 0}>
          Make a key
        </button>
        {create.error === null ? null : <span className="bad">{create.error.message}</span>}
      </form>
    </Panel>
  )
}
