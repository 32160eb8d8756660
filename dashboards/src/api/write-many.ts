/** How far a row of writes has come. */
export type Progress = { readonly done: number; readonly of: number; readonly failed: readonly string[]; readonly running: boolean }
export const IDLE: Progress = { done: 0, of: 0, failed: [], running: false }

/** Writes one after the other, tells how far it is, and stops where it is called off; what was written stays. */
export const writeMany = async <T>(
  items: readonly T[],
  write: (item: T) => Promise<unknown>,
  { tell, signal }: { readonly tell: (progress: Progress) => void; readonly signal: AbortSignal },
): Promise<Progress> => {
  const failed: string[] = []
  let done = 0
  for (const item of items) {
    if (signal.aborted) break
    tell({ done, of: items.length, failed, running: true })
    try {
      await write(item)
    } catch (error) {
      failed.push(error instanceof Error ? error.message : 'not written')
    }
    done += 1
  }
  const last = { done, of: items.length, failed, running: false }
  tell(last)
  return last
}
