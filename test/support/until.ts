import { setTimeout as wait } from 'node:timers/promises'

/** Resolves when `condition` holds; rejects at the deadline, saying what was waited for. */
export const until = async (what: string, condition: () => boolean | Promise<boolean>, deadlineMs = 30_000): Promise<void> => {
  const deadline = Date.now() + deadlineMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`)
    await wait(10)
  }
}
