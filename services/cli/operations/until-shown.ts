import { setTimeout as wait } from 'node:timers/promises'
import { readProgress } from '../../projector/step.ts'
import { Refused } from '../control.ts'
import type { Workplace } from './operation.ts'

/**
 * Resolves when everything that was appended until `appendedAt` (ms) shows in the figures. Rejects when the projector fails or the
 * process is told to stop.
 */
export const untilShown = async (appendedAt: number, { installation, projector, progress, signal }: Workplace): Promise<void> => {
  const started = performance.now()
  let told = started
  for (;;) {
    signal.throwIfAborted()
    const status = projector?.status()
    if (status?.state === 'failed') throw new Error(`the projector cannot go on: ${status.failure ?? 'unknown'}`)
    const shownTo = status?.projects === true ? status.projectedTo : (await readProgress(await installation.store())).projected_to
    if (shownTo >= appendedAt) return
    if (performance.now() - told > 2_000) {
      told = performance.now()
      progress(status?.state === 'waiting' ? 'waiting for the store or the log' : `projecting (${Math.round((told - started) / 1_000)} s)`)
    }
    if (projector === null && performance.now() - started > 600_000)
      throw new Refused('the events are in the log, but no projector showed them within ten minutes')
    await wait(projector === null ? 200 : 25)
  }
}
