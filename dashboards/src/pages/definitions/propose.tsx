import { useState } from 'react'
import { useWrite } from '../../api/use-write.ts'
import type { DefinitionVersion } from '../../api/types.ts'
import { documentIn } from '../../parts/document.ts'

/** The next version, from the last: checked by the API, in force when the other side has approved it. */
export const Propose = ({ last }: { readonly last: DefinitionVersion }) => {
  const [open, setOpen] = useState(false)
  const { version: _version, ...without } = last.document
  const [text, setText] = useState(() => JSON.stringify(without, null, 2))
  const [note, setNote] = useState('')
  const propose = useWrite('POST /v1/definitions')
  const document = documentIn(text)
  if (!open)
    return (
      <button type="button" className="button" style={{ marginTop: 12 }} onClick={() => setOpen(true)}>
        Propose the next version
      </button>
    )
  return (
    <form
      className="form"
      style={{ marginTop: 14 }}
      onSubmit={event => {
        event.preventDefault()
        if (document !== null) propose.mutate({ body: { kind: last.kind, document: { ...document }, note, based_on: last.version } })
      }}
    >
      <label>
        Document
        <textarea className="code" rows={14} spellCheck={false} value={text} onChange={event => setText(event.target.value)} />
      </label>
      <label>
        What changes, and why
        <input required value={note} onChange={event => setNote(event.target.value)} />
      </label>
      {document === null ? <p className="callout warn">This is not a document yet: JSON is expected.</p> : null}
      {propose.error === null ? null : <p className="callout bad">{propose.error.message}</p>}
      {propose.isSuccess ? <p className="callout">Proposed. It waits for the other side.</p> : null}
      <div className="controls">
        <button type="submit" className="button primary" disabled={document === null || propose.isPending}>
          {propose.isPending ? 'Sending…' : 'Propose'}
        </button>
        <button type="button" className="button" onClick={() => setOpen(false)}>
          Leave it
        </button>
      </div>
    </form>
  )
}
