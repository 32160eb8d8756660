import type { EventOf } from '../../../schemas/events/generated/types.ts'
import type { Access } from '../../access/access.ts'

export type Letter = EventOf<'dead-letter'>

/** What whoever runs the service may do beyond questions; the process that has log and keys brings it. */
export type Operator = {
  readonly access: Pick<Access, 'keys' | 'createKey' | 'revokeKey' | 'member'>
  readonly letters: {
    /** Every letter that has not expired, of all tenants, the latest state of each. */
    readonly read: () => Promise<readonly Letter[]>
    /** Back into the log. `waiting`: history for a backfill that is closed. */
    readonly redrive: (
      letters: readonly Letter[],
    ) => Promise<{ readonly redriven: number; readonly unreadable: number; readonly waiting: number }>
  }
  /** `email:<hash>` of an address. */
  readonly pseudonym: (tenant: string, email: string) => string
}

export type LetterChoice = {
  readonly ids: readonly string[]
  /** Every waiting letter with this reason. */
  readonly reason: string | null
  /** Every waiting letter. */
  readonly all: boolean
}

/** Letters that are named one by one, whatever became of them, and waiting ones; `missing`: ids of none. */
export const chosenLetters = (
  letters: readonly Letter[],
  { ids, reason, all }: LetterChoice,
): { readonly chosen: readonly Letter[]; readonly missing: readonly string[] } => {
  const [named, known] = [new Set(ids), new Set(letters.map(letter => letter.event_id))]
  return {
    chosen: letters.filter(letter => named.has(letter.event_id) || (letter.redriven_at === null && (all || letter.reason_code === reason))),
    missing: ids.filter(id => !known.has(id)),
  }
}
