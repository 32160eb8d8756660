/**
 * A position in the account of events, as clients carry it from a write to a read (`after=<position>`): the log's append time of
 * the last event written. What is projected to that instant shows it.
 */
export const encodePosition = (appendedAt: number): string => `p${appendedAt.toString(36)}`

/** The append time (ms), or null when the text is not a position. */
export const decodePosition = (position: string): number | null => {
  if (!/^p[0-9a-z]{1,10}$/.test(position)) return null
  return Number.parseInt(position.slice(1), 36)
}
