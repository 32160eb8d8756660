import { byBytes } from '../bytes.ts'
/** One distinct path of channels: how often it was walked up to a conversion, what these were worth together, and how often without one. */
export type PathCount = {
  /** In the order of the touches; not empty. */
  readonly channels: readonly string[]
  readonly conversions: number
  /** Of all its conversions together, in any one unit. */
  readonly value: number
  /** Journeys without the conversion. */
  readonly nulls: number
}

/** What a data-driven model asks of its data before it says anything (metrics M64). */
export type FitLimits = { readonly minConversions: number; readonly maxChannels: number }

export const DEFAULT_FIT_LIMITS: FitLimits = { minConversions: 100, maxChannels: 30 }

/** Why there is no answer; `found` broke `limit`. */
export type FitRefusal = {
  readonly code: 'too_few_conversions' | 'too_many_channels' | 'too_many_states' | 'too_many_sweeps'
  readonly found: number
  readonly limit: number
}

export type Fitted<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: FitRefusal }

export const refused = (code: FitRefusal['code'], found: number, limit: number): { readonly ok: false; readonly error: FitRefusal } => ({
  ok: false,
  error: { code, found, limit },
})

export type PathTotals = { readonly paths: number; readonly conversions: number; readonly value: number; readonly nulls: number }

/** Over all paths; `paths` counts the distinct ones. */
export const totalsOf = (paths: readonly PathCount[]): PathTotals => {
  const totals = { paths: paths.length, conversions: 0, value: 0, nulls: 0 }
  for (const { conversions, value, nulls } of paths) {
    totals.conversions += conversions
    totals.value += value
    totals.nulls += nulls
  }
  return totals
}

/** Every channel of the paths once, in the order of their bytes in UTF-8, as the store sorts them. */
const channelsOf = (paths: readonly PathCount[]): readonly string[] => {
  const found = new Set<string>()
  for (const { channels } of paths) for (const channel of channels) found.add(channel)
  return [...found].toSorted(byBytes)
}

/** Whether the data can carry a model at all (metrics M64); throws `RangeError` on counts that no data has. */
export const checkPaths = (paths: readonly PathCount[], { minConversions, maxChannels }: FitLimits): Fitted<readonly string[]> => {
  for (const { channels, conversions, nulls } of paths) {
    if (channels.length === 0) throw new RangeError('a path has at least one channel')
    if (!(conversions >= 0 && nulls >= 0)) throw new RangeError(`counts are 0 or more, got ${conversions} and ${nulls}`)
  }
  const { conversions } = totalsOf(paths)
  if (conversions < minConversions || conversions === 0) return refused('too_few_conversions', conversions, Math.max(1, minConversions))
  const channels = channelsOf(paths)
  if (channels.length > maxChannels) return refused('too_many_channels', channels.length, maxChannels)
  return { ok: true, value: channels }
}
