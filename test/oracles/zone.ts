/**
 * The last microsecond of a date in an IANA zone, µs since the epoch. Found by halving, asking the zone each time what date it
 * has: no arithmetic of offsets, and right on days of 23 and 25 hours.
 */
export const endOfDay = (isoDate: string, zone: string): number => {
  const days = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
  const isAfter = (ms: number): boolean => days.format(ms) > isoDate
  // no zone is more than 14 hours from UTC
  let within = Date.parse(isoDate) - 15 * 3_600_000
  let after = Date.parse(isoDate) + 40 * 3_600_000
  while (after - within > 1) {
    const middle = Math.floor((within + after) / 2)
    if (isAfter(middle)) after = middle
    else within = middle
  }
  return after * 1000 - 1
}
