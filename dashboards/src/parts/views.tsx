import { useState } from 'react'
import { useAnswer } from '../api/use-answer.ts'
import { useWrite } from '../api/use-write.ts'
import { useSession } from '../shell/session.ts'
import { parseSearch, searchText, useView } from '../shell/view.ts'

const MOST = 200

/** What somebody looks at again and again, under a name: the choices of the address, one’s own or everybody’s. */
export const Views = ({ page }: { readonly page: string }) => {
  const { search, replaceAll } = useView()
  const { member } = useSession()
  const asked = useAnswer('GET /v1/views', { page, limit: MOST })
  const save = useWrite('POST /v1/views')
  const remove = useWrite('DELETE /v1/views/{id}')
  const [name, setName] = useState<string | null>(null)
  const [shared, setShared] = useState(false)
  const { proof: _opened, ...choices } = search
  const query = searchText(choices).slice(1)
  const views = asked.data?.rows ?? []
  const here = views.find(view => view.query === query)
  if (name !== null)
    return (
      <form
        className="controls"
        onSubmit={event => {
          event.preventDefault()
          save.mutate({ body: { name, page, query, shared } }, { onSuccess: () => setName(null) })
        }}
      >
        <label className="field">
          <span>Call it</span>
          <input autoFocus value={name} maxLength={100} onChange={event => setName(event.target.value)} />
        </label>
        <label className="field">
          <input type="checkbox" checked={shared} onChange={event => setShared(event.target.checked)} />
          <span>for everybody</span>
        </label>
        <button type="submit" className="button" disabled={name.trim() === '' || save.isPending}>
          Keep it
        </button>
        <button type="button" className="button quiet" onClick={() => setName(null)}>
          Leave it
        </button>
        {save.error === null ? null : <span className="bad">{save.error.message}</span>}
      </form>
    )
  return (
    <>
      {views.length === 0 ? null : (
        <label className="field">
          <span>View</span>
          <select
            value={here?.view_id ?? ''}
            onChange={event => {
              const chosen = views.find(({ view_id }) => view_id === event.target.value)
              if (chosen !== undefined) replaceAll(parseSearch(chosen.query))
            }}
          >
            <option value="">as it is</option>
            {views.map(({ view_id, name: called, mine }) => (
              <option key={view_id} value={view_id}>
                {called}
                {mine ? '' : ' · shared'}
              </option>
            ))}
          </select>
        </label>
      )}
      {here?.mine === true ? (
        <button type="button" className="button" onClick={() => remove.mutate({ params: { id: here.view_id }, body: undefined })}>
          Forget it
        </button>
      ) : member === null ? null : (
        <button type="button" className="button" onClick={() => setName('')}>
          Keep this view
        </button>
      )}
    </>
  )
}
