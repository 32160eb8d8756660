/** How a command speaks: results on stdout, everything else on stderr, so that `--json` can be piped. */
export type Output = {
  readonly progress: (text: string) => void
  /** A result: one line of JSON with `--json`, else as the command words it. */
  readonly result: (value: unknown, words: () => string) => void
  /** Ends a line that is still being rewritten. */
  readonly settle: () => void
}

type Stream = { readonly write: (text: string) => unknown; readonly isTTY?: boolean }

export const createOutput = ({
  json,
  stdout,
  stderr,
}: {
  readonly json: boolean
  readonly stdout: Stream
  readonly stderr: Stream
}): Output => {
  let rewriting = false
  const settle = (): void => {
    if (rewriting) stderr.write('\n')
    rewriting = false
  }
  return {
    progress: text => {
      // a terminal shows one line that changes; a file gets a line each
      if (stderr.isTTY === true) {
        stderr.write(`\r\u001b[K${text}`)
        rewriting = true
      } else stderr.write(`${text}\n`)
    },
    result: (value, words) => {
      settle()
      stdout.write(json ? `${JSON.stringify(value)}\n` : `${words()}\n`)
    },
    settle,
  }
}

/** Rows in columns as wide as they need to be. */
export const columns = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows
    .map(row => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '))
    .join('\n')
}
