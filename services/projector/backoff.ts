import { setTimeout as wait } from 'node:timers/promises'
import { LogError } from '../log/port.ts'
import { StoreError } from '../store/port.ts'

/** Can the same call succeed later without anybody's doing? */
export const isOutage = (error: unknown): boolean => (error instanceof StoreError || error instanceof LogError) && error.retriable

export type Retry = { readonly signal: AbortSignal; readonly onWait: (error: unknown, waitMs: number) => void }

/**
 * Repeats what an outage interrupted until it is done: 100 ms, doubling to 10 s. Rejects with anything that is no outage, and with the
 * signal's reason when it is aborted.
 */
export const untilDone = async <T>(work: () => Promise<T>, { signal, onWait }: Retry): Promise<T> => {
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 10_000)) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (!isOutage(error)) throw error
      onWait(error, waitMs)
      await wait(waitMs, undefined, { signal })
    }
  }
}
