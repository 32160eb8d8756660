import { useState } from 'react'
import { save } from './save.ts'

const FORMATS = ['csv', 'parquet'] as const

/** What is on the screen as a file, and the question that made it. */
export const Export = ({ address, name }: { readonly address: string; readonly name: string }) => {
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
