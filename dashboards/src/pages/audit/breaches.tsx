import { Link } from '@tanstack/react-router'
import type { SlaAudit, SlaClock } from '../../api/types.ts'
import { title } from '../../format/words.ts'
import { Choice } from '../../parts/controls.tsx'
import { howMissed, owed, whomOf } from '../../parts/missed-clocks.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useSession } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'
import { handOff } from './kept.tsx'

const NOBODY = '(none)'
const valuesOf = (clocks: readonly SlaClock[], of: (clock: SlaClock) => string): readonly string[] =>
  [...new Set(clocks.map(of))].toSorted()

/** Every limit of the month that was missed, by owner and step. */
export const Breaches = ({ audit }: { readonly audit: SlaAudit }) => {
  const { get, patch, search } = useView()
  const { zone } = useSession()
  const [step, owner] = [get('step'), get('owner')]
  const all = audit.breaches
  const shown = all.filter(clock => (step === '' || clock.step === step) && (owner === '' || (clock.owner || NOBODY) === owner))
  return (
    <Panel
      title={`Missed: ${shown.length}${shown.length === all.length ? '' : ` of ${all.length}`}`}
      about="Each clock that ran past its limit, and what became of it"
      flush
      right={
        <>
          <Choice
            label="Step"
            value={step}
            options={[['', 'all'], ...valuesOf(all, clock => clock.step).map(each => [each, title(each)] as const)]}
            onChange={value => patch({ step: value })}
          />
          <Choice
            label="Owner"
            value={owner}
            options={[
              ['', 'all'],
              ...valuesOf(all, clock => clock.owner || NOBODY).map(each => [each, each === NOBODY ? 'Nobody named' : each] as const),
            ]}
            onChange={value => patch({ owner: value })}
          />
          <Link to="/excuses" search={keptAcross(search) as never} className="button">
            Excuses
          </Link>
        </>
      }
    >
      {all.length === 0 ? (
        <Empty title="Nothing was missed" />
      ) : (
        <DataTable<SlaClock>
          label="Breaches of the month"
          rows={shown}
          keyOf={({ id }) => id}
          sort="due"
          columns={[
            owed,
            { id: 'handoff', head: 'Hand-off', by: ({ handoff }) => handoff, cell: ({ handoff }) => handOff(handoff) },
            {
              id: 'lead',
              head: 'Lead',
              by: ({ person }) => person,
              cell: clock => (
                <>
                  {whomOf(clock)}{' '}
                  {clock.account === '' ? null : (
                    <Link to="/accounts/$id" params={{ id: clock.account }} search={keptAcross(search) as never} className="n">
                      {clock.account}
                    </Link>
                  )}
                </>
              ),
            },
            ...howMissed(zone),
          ]}
        />
      )}
    </Panel>
  )
}
