/** Rows of CSV text, their cells trimmed, those with nothing in them left out; a quoted cell is all that stands between its quotes. Each of `delimiters` ends a cell. */
export const csvRows = (text: string, delimiters: string): readonly (readonly string[])[] => {
  const rows: string[][] = [[]]
  let cell = ''
  let quoted = false
  const end = (): void => {
    rows.at(-1)?.push(cell.trim())
    cell = ''
  }
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i)
    if (quoted) {
      if (letter !== '"') cell += letter
      else if (text.charAt(i + 1) === '"') cell += text.charAt(++i)
      else quoted = false
    } else if (letter === '"' && cell === '') quoted = true
    else if (delimiters.includes(letter)) end()
    else if (letter === '\n') {
      end()
      rows.push([])
    } else if (letter !== '\r') cell += letter
  }
  end()
  return rows.filter(row => row.some(value => value !== ''))
}
