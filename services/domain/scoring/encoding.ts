/** A column of what is known of the units to be scored, one value a unit: numbers (NaN where nothing is known), or words ('' where nothing is known). */
export type Column =
  | { readonly name: string; readonly kind: 'number' | 'count' | 'flag'; readonly values: Float64Array }
  | { readonly name: string; readonly kind: 'category'; readonly values: readonly string[] }
export type FeatureTable = { readonly rows: number; readonly columns: readonly Column[] }

/** One input of a model: a feature as a number, or whether a category has one word. */
export type Input =
  | {
      readonly feature: string
      readonly kind: 'number' | 'count' | 'flag'
      /** In place of what is not known; of training. */
      readonly missing: number
      /** Of the values as the model takes them (counts and numbers as signed logarithms); of training. */
      readonly mean: number
      readonly scale: number
    }
  | { readonly feature: string; readonly kind: 'category'; readonly word: string; readonly mean: number; readonly scale: number }

/** Words that fewer units have are one word together. */
const MIN_WORD = 20
const MAX_WORDS = 24
/** Stands for all rare words, and those that training has never seen. */
const OTHER = '(other)'

/** Spreads small amounts out and pulls large ones in; odd, so that what is below zero stays there. */
const logarithm = (value: number): number => (value < 0 ? -Math.log1p(-value) : Math.log1p(value))

const taken = (kind: 'number' | 'count' | 'flag', value: number): number => (kind === 'flag' ? value : logarithm(value))

/** What a model looks at, as learned from the units of training: means, spreads and words. Columns that say nothing there are left out. */
export const inputsOf = ({ rows, columns }: FeatureTable): readonly Input[] =>
  columns.flatMap((column): Input[] => {
    if (column.kind === 'category') {
      const counts = new Map<string, number>()
      for (const word of column.values) counts.set(word, (counts.get(word) ?? 0) + 1)
      const common = [...counts]
        .filter(([, n]) => n >= MIN_WORD)
        .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
        .slice(0, MAX_WORDS)
      const rest = rows - common.reduce((sum, [, n]) => sum + n, 0)
      const words = rest >= MIN_WORD ? [...common, [OTHER, rest] as const] : common
      if (words.length < 2) return []
      return words.map(([word, n]) => {
        const mean = n / rows
        return { feature: column.name, kind: 'category', word, mean, scale: Math.sqrt(mean * (1 - mean)) || 1 }
      })
    }
    let [known, sum] = [0, 0]
    for (const value of column.values) {
      if (Number.isNaN(value)) continue
      known += 1
      sum += taken(column.kind, value)
    }
    if (known === 0) return []
    const mean = sum / known
    let square = 0
    for (const value of column.values) if (!Number.isNaN(value)) square += (taken(column.kind, value) - mean) ** 2
    const scale = Math.sqrt(square / known)
    return scale < 1e-12 ? [] : [{ feature: column.name, kind: column.kind, missing: mean, mean, scale }]
  })

/** Values of the inputs, row after row: numbers as the model takes them, words as 0 or 1. Not yet centred. */
export type Matrix = { readonly rows: number; readonly width: number; readonly values: Float64Array }

/** A table without a column that the inputs ask for is answered as if nothing were known of it. */
export const encode = (inputs: readonly Input[], { rows, columns }: FeatureTable): Matrix => {
  const width = inputs.length
  const values = new Float64Array(rows * width)
  const byName = new Map(columns.map(column => [column.name, column]))
  const places = Map.groupBy(inputs.keys(), place => inputs[place]?.feature ?? '')
  for (const [name, some] of places) {
    const column = byName.get(name)
    const first = inputs[some[0] ?? 0]
    if (first === undefined) continue
    if (first.kind === 'category') {
      const words = new Map(
        some.map(place => {
          const input = inputs[place]
          return [input?.kind === 'category' ? input.word : '', place]
        }),
      )
      const other = words.get(OTHER)
      for (let row = 0; row < rows; row++) {
        const word = column?.kind === 'category' ? (column.values[row] ?? '') : ''
        const place = words.get(word) ?? other
        if (place !== undefined) values[row * width + place] = 1
      }
    } else {
      const place = some[0] ?? 0
      for (let row = 0; row < rows; row++) {
        const value = column === undefined || column.kind === 'category' ? Number.NaN : (column.values[row] ?? Number.NaN)
        values[row * width + place] = Number.isNaN(value) ? first.missing : taken(first.kind, value)
      }
    }
  }
  return { rows, width, values }
}

/** Some rows of a table, in the order given. */
export const pick = ({ columns }: FeatureTable, rows: readonly number[]): FeatureTable => ({
  rows: rows.length,
  columns: columns.map(column =>
    column.kind === 'category'
      ? { ...column, values: rows.map(row => column.values[row] ?? '') }
      : { ...column, values: Float64Array.from(rows, row => column.values[row] ?? Number.NaN) },
  ),
})
