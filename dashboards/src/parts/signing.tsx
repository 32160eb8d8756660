import type { ReactNode } from 'react'
import { dateText, instantText } from '../format/number.ts'
import { title } from '../format/words.ts'
import { useSession } from '../shell/session.ts'
import { Panel } from './panel.tsx'

type Signature = { readonly function: string; readonly member: string; readonly on_behalf_of: string; readonly signed_at: string }

type SigningProps = {
  readonly state: 'open' | 'proposed' | 'signed'
  readonly signatures: readonly Signature[]
  readonly sha256: string
  readonly asOf: string
  /** Why it cannot be signed now; null: it can. */
  readonly notNow: ReactNode
  readonly signing: { readonly isPending: boolean; readonly error: Error | null; readonly start: () => void }
}

const HEADS = { open: 'Not signed yet', proposed: 'Signed by one function', signed: 'Signed by both' } as const

/** Who has signed these bytes, and the signature that is missing. */
export const SigningPanel = ({ state, signatures, sha256, asOf, notNow, signing }: SigningProps) => {
  const { zone } = useSession()
  return (
    <Panel title={HEADS[state]} about={`as known on ${instantText(asOf, zone)}`}>
      <div className="controls">
        {signatures.map(({ function: of, member, on_behalf_of: whom, signed_at: at }) => (
          <span key={of} className="tag good">
            {title(of)}: {member}
            {whom === '' ? '' : ` for ${whom}`}, {dateText(at)}
          </span>
        ))}
        {state === 'signed' ? null : notNow === null ? (
          <button type="button" className="button primary does" disabled={signing.isPending} onClick={signing.start}>
            {signing.isPending ? 'Signing…' : 'Sign for my function'}
          </button>
        ) : (
          <span className="note does">{notNow}</span>
        )}
        {signing.error === null ? null : <span className="bad">{signing.error.message}</span>}
        <span className="n" title={sha256}>
          sha-256 {sha256.slice(0, 16)}…
        </span>
      </div>
    </Panel>
  )
}
