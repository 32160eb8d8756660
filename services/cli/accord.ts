#!/usr/bin/env node
import { CommanderError } from 'commander'
import { Refused } from './control.ts'
import { createProgram } from './program.ts'

/** 0 done, 1 failed, 2 asked wrongly. */
const main = async (): Promise<number> => {
  const aborter = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // the second one does not wait for anything
      if (aborter.signal.aborted) process.exit(130)
      aborter.abort(new Refused('stopped'))
    })
  }
  let code = 0
  const program = createProgram({
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: aborter.signal,
    onExit: exit => {
      code = exit
    },
  })
  try {
    await program.parseAsync(process.argv)
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof Refused) process.stderr.write(`accord: ${error.message}\n`)
    else process.stderr.write(`accord: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return 1
  }
}

// a reader that has seen enough (head) is no failure
process.stdout.on('error', error => process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1))

const code = await main()
// streams to pipes are written asynchronously: let them out, then leave whatever still holds the process
process.stdout.write('', () => process.exit(code))
