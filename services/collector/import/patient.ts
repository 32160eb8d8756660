import { setTimeout as wait } from 'node:timers/promises'
import type { Caller } from '../../access/caller.ts'
import type { Intake, NotTaken, Taken, TakeOptions } from '../intake.ts'

export type Patience = {
  readonly signal?: AbortSignal | undefined
  /** How long the log may stay away before an import gives up, ms; default five minutes. */
  readonly maxWaitMs?: number
  readonly onWait?: (why: NotTaken) => void
}

const DEFAULT_MAX_WAIT_MS = 300_000

/** The log did not take events for as long as an import waits; what was taken before is in, and the same import may be run again. */
export class ImportStalled extends Error {
  readonly why: NotTaken['outcome']
  constructor(why: NotTaken['outcome']) {
    super(why === 'log_away' ? 'the log of record does not answer' : 'the log of record does not keep up')
    this.name = 'ImportStalled'
    this.why = why
  }
}

/** Takes a batch, waiting while the log is away or behind. Rejects with `ImportStalled`, or with the signal's reason. */
export const takePatiently = async (
  intake: Intake,
  events: readonly unknown[],
  caller: Caller,
  options: TakeOptions,
  { signal, maxWaitMs = DEFAULT_MAX_WAIT_MS, onWait }: Patience,
): Promise<Taken> => {
  for (let waitedMs = 0; ; ) {
    signal?.throwIfAborted()
    const taken = await intake.take(events, caller, options)
    if (taken.outcome === 'taken') return taken
    if (waitedMs >= maxWaitMs) throw new ImportStalled(taken.outcome)
    onWait?.(taken)
    await wait(taken.retryAfterSeconds * 1000, undefined, signal === undefined ? {} : { signal })
    waitedMs += taken.retryAfterSeconds * 1000
  }
}
