import { StoreError } from './port.ts'

/** A free lane is taken by whoever waits longest; without one, callers wait in order of call. */
export type LanePool<Lane> = {
  /** Runs `work` on a lane of its own. Rejects with STORE_OVERLOADED after `waitMs` without a lane, with STORE_UNAVAILABLE when closed. */
  readonly use: <Result>(work: (lane: Lane) => Promise<Result>, waitMs?: number) => Promise<Result>
  /** Lets what runs come to its end, refuses what waits. */
  readonly close: () => Promise<void>
}

type Waiting<Lane> = { readonly give: (lane: Lane) => void; readonly refuse: (error: StoreError) => void }

const closedError = (): StoreError => new StoreError('STORE_UNAVAILABLE', 'the store is closed')

export const lanePool = <Lane>(lanes: readonly Lane[]): LanePool<Lane> => {
  const free = [...lanes]
  const waiting: Waiting<Lane>[] = []
  const running = new Set<Promise<unknown>>()
  let closed = false

  const take = (waitMs: number | undefined): Promise<Lane> => {
    if (closed) return Promise.reject(closedError())
    const lane = free.shift()
    if (lane !== undefined) return Promise.resolve(lane)
    return new Promise<Lane>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const entry: Waiting<Lane> = {
        give: given => {
          clearTimeout(timer)
          resolve(given)
        },
        refuse: error => {
          clearTimeout(timer)
          reject(error)
        },
      }
      if (waitMs !== undefined) {
        timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(entry), 1)
          reject(new StoreError('STORE_OVERLOADED', `no connection to the store became free in ${waitMs} ms`))
        }, waitMs)
      }
      waiting.push(entry)
    })
  }

  const giveBack = (lane: Lane): void => {
    const next = waiting.shift()
    if (next === undefined) free.push(lane)
    else next.give(lane)
  }

  return {
    use: async (work, waitMs) => {
      const lane = await take(waitMs)
      const run = work(lane).finally(() => giveBack(lane))
      running.add(run)
      try {
        return await run
      } finally {
        running.delete(run)
      }
    },
    close: async () => {
      closed = true
      for (const entry of waiting.splice(0)) entry.refuse(closedError())
      await Promise.allSettled(running)
    },
  }
}
