/** The known name that was probably meant, or null when none is near: at most a third of the letters differ. */
export const nearest = (name: string, known: Iterable<string>): string | null => {
  let best: string | null = null
  let bestDistance = Number.POSITIVE_INFINITY
  const folded = fold(name)
  for (const candidate of known) {
    const other = fold(candidate)
    const allowed = Math.max(1, Math.floor(Math.max(folded.length, other.length) / 3))
    if (Math.abs(folded.length - other.length) > allowed) continue
    const distance = editDistance(folded, other)
    if (distance <= allowed && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `utmSource`, `UTM-source` and `utm_source` are one name. */
const fold = (name: string): string =>
  name
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')

/** Levenshtein's distance. */
const editDistance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
