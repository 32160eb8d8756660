/** Text as its UTF-8 bytes sort, which is by code points; JavaScript's own order (UTF-16) differs beyond the first 65,536. */
export const byBytes = (a: string, b: string): number => {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = (a.codePointAt(at) ?? 0) - (b.codePointAt(at) ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
