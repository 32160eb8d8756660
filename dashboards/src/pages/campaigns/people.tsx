import { useState, type ChangeEvent } from 'react'
import { useMutation } from '@tanstack/react-query'
import { addressOf, post } from '../../api/ask.ts'
import type { Api } from '../../api/types.ts'
import { useWrite } from '../../api/use-write.ts'
import { csvRows } from '../../format/csv.ts'
import { count } from '../../format/number.ts'

type Match = Api['POST /v1/campaigns/{id}/audience']['answer']
type Row = Api['POST /v1/campaigns/{id}/audience']['body']['rows'][number]

const ROUTE = 'POST /v1/campaigns/{id}/audience'
const KINDS = ['person', 'account', 'domain', 'email'] as const

const kindOf = (text: string): (typeof KINDS)[number] =>
  text.includes('@') ? 'email' : text.startsWith('a_') ? 'account' : /^[^\s.]+(?:\.[^\s.]+)+$/.test(text) ? 'domain' : 'person'

/** Rows of a list: by its heads where the first line names person, account, domain or email, else by what each value looks like. */
const rowsOf = (text: string): readonly Row[] => {
  const lines = csvRows(text, ',;\t')
  const heads = (lines[0] ?? []).map(head => head.toLowerCase())
  const named = KINDS.filter(kind => heads.includes(kind))
  if (named.length > 0)
    return lines.slice(1).map(values => Object.fromEntries(named.map(kind => [kind, values[heads.indexOf(kind)] ?? ''])))
  return lines.map(([value = '']) => ({ [kindOf(value)]: value }))
}

/** Puts a list on a campaign: first whom it matches, then it is sent. */
export const People = ({ id }: { readonly id: string }) => {
  const [text, setText] = useState('')
  const [list, setList] = useState('')
  const rows = rowsOf(text)
  const preview = useMutation({
    mutationFn: async () => (await post(addressOf(ROUTE, {}, { id }), { rows, list, preview: true })) as Match,
  })
  const send = useWrite(ROUTE)
  const found = preview.data
  const read = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const file = event.target.files?.[0]
    if (file === undefined) return
    setText(await file.text())
    setList(file.name.replace(/\.\w+$/, ''))
    preview.reset()
  }
  return (
    <form
      className="form"
      onSubmit={event => {
        event.preventDefault()
        if (found === undefined) preview.mutate()
        else
          send.mutate(
            { params: { id }, body: { rows: [...rows], list } },
            {
              onSuccess: () => {
                setText('')
                preview.reset()
              },
            },
          )
      }}
    >
      <label>
        A list: people, accounts, domains or addresses, one a line; or a CSV file with these heads
        <textarea
          value={text}
          rows={4}
          onChange={event => {
            setText(event.target.value)
            preview.reset()
          }}
        />
      </label>
      <div className="controls">
        <input type="file" accept=".csv,.txt,text/csv,text/plain" aria-label="A file" onChange={event => void read(event)} />
        <label className="field">
          <span>List</span>
          <input value={list} onChange={event => setList(event.target.value)} />
        </label>
      </div>
      {found === undefined ? null : (
        <div className={found.unmatched.length === 0 ? 'callout' : 'callout warn'} role="status">
          {count(found.persons)} people and {count(found.accounts)} accounts of {count(found.rows)} lines; {count(found.already)} are on the
          campaign already, {count(found.duplicates)} twice in the list, {count(found.unmatched.length)} match nobody
          {found.unmatched.length === 0
            ? '.'
            : `: ${found.unmatched
                .slice(0, 5)
                .map(({ row, reason }) => `line ${row + 1} (${reason})`)
                .join(', ')}${found.unmatched.length > 5 ? ' …' : '.'}`}
        </div>
      )}
      {[preview.error, send.error].map(error =>
        error === null ? null : (
          <p key={error.message} className="callout bad">
            {error.message}
          </p>
        ),
      )}
      <div className="controls">
        <button type="submit" className="button primary" disabled={rows.length === 0 || preview.isPending || send.isPending}>
          {found === undefined ? `See whom ${count(rows.length)} lines match` : send.isPending ? 'Sending…' : 'Put them on the campaign'}
        </button>
        {send.isSuccess ? <span className="note">They are on it.</span> : null}
      </div>
    </form>
  )
}
