/** What one event said about a record: the fields of its payload. */
export type SaidOfRecord = { readonly type: string; readonly payload: Readonly<Record<string, unknown>> }

const isEmpty = (value: unknown): boolean => value === '' || value === null || (Array.isArray(value) && value.length === 0)

/**
 * What is known about a record after everything that was said of it, in the order of (occurred_at, recorded_at, event_id): a field that is not empty
 * replaces what was known, an empty one says nothing unless `cleared` names it. Maps are laid over each other name by name.
 */
export const foldRecord = (said: readonly SaidOfRecord[]): Readonly<Record<string, unknown>> => {
  const known: Record<string, unknown> = {}
  for (const { payload } of said) {
    const { cleared } = payload
    for (const name of Array.isArray(cleared) ? cleared.map(String) : []) delete known[name]
    for (const [name, value] of Object.entries(payload)) {
      if (name === 'cleared' || isEmpty(value)) continue
      const before = known[name]
      known[name] = isMap(before) && isMap(value) ? { ...before, ...value } : value
    }
  }
  return known
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
