import { useState } from 'react'
import { now, useSay } from '../../api/say.ts'
import { dim } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'
import { minorUnits } from '../../format/number.ts'
import { periodText } from '../../format/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { useAsking, useSession } from '../../shell/session.ts'

const GOALS = [
  ['revenue', 'Won revenue', 'money'],
  ['pipeline', 'New pipeline', 'money'],
  ['mql', 'MQLs', 'count'],
  ['sqo', 'SQOs', 'count'],
  ['M25', 'Acceptance (M25)', 'ratio'],
  ['M42:first-touch', 'Followed up in time (M42)', 'ratio'],
  ['M42:sales', 'Sales keeps its word (M42)', 'ratio'],
  ['M42:marketing', 'Marketing keeps its word (M42)', 'ratio'],
  ['M36', 'Pipeline in dispute, at most (M36)', 'ratio'],
  ['M101', 'Touched by both (M101)', 'ratio'],
  ['M102', 'Buying roles covered (M102)', 'ratio'],
] as const
const OF = ['team', 'region', 'segment'] as const

/** Sets a target, or the next word of one. */
export const TargetForm = ({ row, close }: { readonly row: FigureRow | undefined; readonly close: () => void }) => {
  const session = useSession()
  const { period } = useAsking()
  const say = useSay()
  const [goal, setGoal] = useState<string>(row === undefined ? 'revenue' : dim(row, 'goal'))
  const [when, setWhen] = useState(row === undefined ? period : dim(row, 'period'))
  const [of, setOf] = useState<Readonly<Record<string, string>>>(Object.fromEntries(OF.map(name => [name, dim(row, name)])))
  const [value, setValue] = useState('')
  const kind = row === undefined ? GOALS.find(([name]) => name === goal)?.[2] : row.unit.endsWith(' minor') ? 'money' : row.unit
  const id =
    row === undefined
      ? [goal.replaceAll(':', '-'), when, ...OF.map(name => of[name] ?? '').filter(part => part !== '')].join('-')
      : dim(row, 'target')
  const currency = row !== undefined && kind === 'money' ? row.unit.replace(' minor', '') : session.currency
  const amount = Number(value)
  const save = (withdrawn: boolean): void =>
    say.mutate(
      [
        now('target-set', {
          target_id: id,
          metric: goal,
          period: when,
          ...of,
          ...(withdrawn
            ? { withdrawn }
            : kind === 'money'
              ? { amount_minor: minorUnits(amount, currency), currency }
              : kind === 'ratio'
                ? { ratio_ppm: Math.round(amount * 10_000) }
                : { count: Math.round(amount) }),
        }),
      ],
      { onSuccess: close },
    )
  return (
    <Panel
      className="w5"
      title={row === undefined ? 'A new target' : id}
      right={
        <button type="button" className="button small" onClick={close}>
          Close
        </button>
      }
    >
      <form
        className="form"
        onSubmit={event => {
          event.preventDefault()
          save(false)
        }}
      >
        {row === undefined ? (
          <>
            <label>
              Goal
              <select value={goal} onChange={event => setGoal(event.target.value)}>
                {GOALS.map(([name, text]) => (
                  <option key={name} value={name}>
                    {text}
                  </option>
                ))}
              </select>
            </label>
            <label>
              Period
              <select value={when} onChange={event => setWhen(event.target.value)}>
                {session.periods.map(({ period: each }) => (
                  <option key={each} value={each}>
                    {periodText(each)}
                  </option>
                ))}
              </select>
            </label>
            {OF.map(name => (
              <label key={name}>
                {name.charAt(0).toUpperCase() + name.slice(1)}, empty for all
                <input value={of[name] ?? ''} onChange={event => setOf(before => ({ ...before, [name]: event.target.value.trim() }))} />
              </label>
            ))}
          </>
        ) : null}
        <label>
          {kind === 'money' ? `Amount in ${currency}` : kind === 'ratio' ? 'Per cent' : 'How many'}
          <input type="number" required min={0} step="any" value={value} onChange={event => setValue(event.target.value)} />
        </label>
        <p className="note">
          Id <code>{id}</code>
        </p>
        {say.error === null ? null : <p className="callout bad">{say.error.message}</p>}
        <div className="controls">
          <button type="submit" className="button primary" disabled={say.isPending || value === ''}>
            {say.isPending ? 'Saving…' : 'Set it'}
          </button>
          {row === undefined ? null : (
            <button type="button" className="button" disabled={say.isPending} onClick={() => save(true)}>
              Withdraw it
            </button>
          )}
        </div>
      </form>
    </Panel>
  )
}
