import { useRef, useState } from 'react'

/** How far a row of writes has come. */
type Progress = { readonly done: number; readonly of: number; readonly failed: readonly string[]; readonly running: boolean }

type WriteMany = {
  readonly progress: Progress
  readonly run: <T>(items: readonly T[], write: (item: T) => Promise<unknown>) => Promise<void>
  readonly stop: () => void
}

/** Writes one after the other, tells how far it is, and stops where it is called off; what was written stays. `done` is called when all of it was. */
export const useWriteMany = (done: () => void): WriteMany => {
  const [progress, tell] = useState<Progress>({ done: 0, of: 0, failed: [], running: false })
  const off = useRef<AbortController | null>(null)
  return {
    progress,
    stop: () => off.current?.abort(),
    run: async (items, write) => {
      const { signal } = (off.current = new AbortController())
      const failed: string[] = []
      let written = 0
      for (const item of items) {
        if (signal.aborted) break
        tell({ done: written, of: items.length, failed, running: true })
        try {
          await write(item)
        } catch (error) {
          failed.push(error instanceof Error ? error.message : 'not written')
        }
        written += 1
      }
      tell({ done: written, of: items.length, failed, running: false })
      if (failed.length === 0 && written === items.length) done()
    },
  }
}
