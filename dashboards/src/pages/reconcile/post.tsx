import { useState } from 'react'
import { useWrite } from '../../api/use-write.ts'
import { count } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { useSession } from '../../shell/session.ts'
import { dealsOfCsv, type ReadDeals } from './csv-deals.ts'

/** The CRM's deals from a file: read here, shown how many, then compared and kept by the API. */
export const Post = () => {
  const { currency, scopes } = useSession()
  const [system, setSystem] = useState('')
  const [read, setRead] = useState<ReadDeals | null>(null)
  const post = useWrite('POST /v1/reconcile')
  const mayKeep = scopes.some(scope => scope === 'ingest' || scope === 'admin')
  if (!mayKeep) return null
  return (
    <Panel title="Ask the CRM again" about="A CSV of its deals: deal_id, state (open, won, lost), amount, currency, close_date, deleted">
      <form
        className="row-form form"
        onSubmit={event => {
          event.preventDefault()
          if (read?.ok === true)
            post.mutate({ body: { rows: [...read.deals], ...(system.trim() === '' ? {} : { system: system.trim() }) } })
        }}
      >
        <label>
          File
          <input
            type="file"
            accept=".csv,text/csv"
            style={{ paddingTop: 4 }}
            onChange={event => {
              const [file] = event.target.files ?? []
              post.reset()
              if (file === undefined) setRead(null)
              else void file.text().then(text => setRead(dealsOfCsv(text, currency)))
            }}
          />
        </label>
        <label>
          CRM
          <input value={system} placeholder="salesforce" maxLength={64} onChange={event => setSystem(event.target.value)} />
        </label>
        <button type="submit" className="button primary" disabled={read?.ok !== true || post.isPending}>
          {post.isPending ? 'Comparing…' : read?.ok === true ? `Compare and keep ${count(read.deals.length)} deals` : 'Compare and keep'}
        </button>
        {read?.ok === false ? <span className="bad">{read.message}</span> : null}
        {post.error === null ? null : <span className="bad">{post.error.message}</span>}
        {post.isSuccess ? <span className="good">Kept: the differences are above.</span> : null}
      </form>
    </Panel>
  )
}
