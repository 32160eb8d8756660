import { useState } from 'react'
import type { Read } from '../api/ask.ts'
import { narrowed } from '../api/narrowed.ts'
import { useView } from '../shell/view.ts'
import { save } from './save.ts'

const FORMATS = ['csv', 'parquet'] as const

/** With the team and the segment of the bar, as the page asks it. */
const narrowedAddress = (address: string, search: Readonly<Record<string, string>>): string => {
  const [path = '', query = ''] = address.split('?')
  const parameters = new URLSearchParams(query)
  const more = narrowed(`GET ${path}` as Read, Object.fromEntries(parameters), search)
  for (const [name, value] of Object.entries(more)) parameters.append(name, value)
  return parameters.size === 0 ? path : `${path}?${parameters}`
}

/** What is on the screen as a file, and the question that made it. */
export const Export = ({ address: asked, name }: { readonly address: string; readonly name: string }) => {
  const { search } = useView()
  const address = narrowedAddress(asked, search)
  const [said, setSaid] = useState('')
  const fetchAs = async (format: string): Promise<void> => {
    setSaid('…')
    try {
      await save(`${address}${address.includes('?') ? '&' : '?'}format=${format}`, `${name}.${format}`)
      setSaid('')
    } catch (error) {
      setSaid(error instanceof Error ? error.message : 'not saved')
    }
  }
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(`curl -H 'Authorization: Bearer $ACCORD_KEY' '${location.origin}${address}'`)
    setSaid('copied')
  }
  return (
    <>
      <span className="note" role="status">
        {said}
      </span>
      {FORMATS.map(format => (
        <button key={format} type="button" className="button" onClick={() => void fetchAs(format)}>
          {format === 'csv' ? 'CSV' : 'Parquet'}
        </button>
      ))}
      <button type="button" className="button" onClick={() => void copy()} title={address}>
        Copy API call
      </button>
    </>
  )
}
