import { useState } from 'react'
import type { Campaign } from '../../api/types.ts'
import { useWrite } from '../../api/use-write.ts'

type AliasProps = { readonly system: string; readonly alias: string; readonly campaigns: ReadonlyMap<string, Campaign> }

/** Says which campaign is meant; from then on it counts there, everywhere. */
export const Alias = ({ system, alias, campaigns }: AliasProps) => {
  const [id, setId] = useState('')
  const write = useWrite('POST /v1/campaigns/{id}/aliases')
  const known = [...campaigns.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return (
    <span className="alias">
      <label className="field small">
        <span className="visually-hidden">Campaign that {alias} is</span>
        <select value={id} onChange={event => setId(event.target.value)}>
          <option value="">is …</option>
          {known.map(({ campaign, name }) => (
            <option key={campaign} value={campaign}>
              {name || campaign}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        className="button small"
        disabled={id === '' || write.isPending}
        onClick={() => write.mutate({ params: { id }, body: { system, alias } })}
      >
        {write.isPending ? '…' : 'Join'}
      </button>
      {write.error === null ? null : <span className="bad">{write.error.message}</span>}
    </span>
  )
}
