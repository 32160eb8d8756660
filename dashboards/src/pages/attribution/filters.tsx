import type { ReactNode } from 'react'
import { title } from '../../format/words.ts'
import { useView } from '../../shell/view.ts'

type FiltersProps = { readonly dimensions: readonly string[]; readonly nameOf: (value: string, dimension: string) => ReactNode }

/** What the page is narrowed to; each goes with a click. */
export const Filters = ({ dimensions, nameOf }: FiltersProps) => {
  const { get, patch } = useView()
  const on = dimensions.filter(name => get(`only_${name}`) !== '')
  if (on.length === 0) return null
  return (
    <div className="controls">
      {on.map(name => (
        <button key={name} type="button" className="button small" onClick={() => patch({ [`only_${name}`]: '' })}>
          {title(name)}: {nameOf(get(`only_${name}`), name)} ✕
        </button>
      ))}
    </div>
  )
}
