import { useView } from '../../shell/view.ts'
import { Signs } from '../alignment/signs-panel.tsx'
import { Earned } from './earned.tsx'
import { Sourced } from './sourced.tsx'
import { Stages } from './stages.tsx'

const PARTS = [
  ['investments', 'Investments', 'What was spent and what it earned'],
  ['misalignment', 'Signs of misalignment', 'Do both teams pull together?'],
  ['funnel', 'Conversion', 'From stage to stage, and who brought the pipeline'],
] as const

/** One click below what everybody looks at first. */
export const More = () => {
  const { get, patch } = useView()
  const open = get('more')
  return (
    <>
      <div className="more">
        {PARTS.map(([part, name, about]) => (
          <button
            key={part}
            type="button"
            className="panel"
            aria-expanded={open === part}
            onClick={() => patch({ more: open === part ? '' : part })}
          >
            <strong>
              {open === part ? '▾' : '▸'} {name}
            </strong>
            <span className="note">{about}</span>
          </button>
        ))}
      </div>
      {open === 'investments' ? <Earned /> : null}
      {open === 'misalignment' ? <Signs /> : null}
      {open === 'funnel' ? (
        <div className="grid">
          <Stages />
          <Sourced />
        </div>
      ) : null}
    </>
  )
}
