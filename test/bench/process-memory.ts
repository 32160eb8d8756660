import { readFile } from 'node:fs/promises'

/** Greatest memory of a process so far, MB, as Linux has it. */
export const peakRssOf = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024)
}

/** The greatest of a process and all that it started, MB: npm, its shell, and what runs in them. */
export const peakRssBelow = async (pid: number): Promise<number> => {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(child => child !== '')
  return Math.max(await peakRssOf(pid), ...(await Promise.all(children.map(child => peakRssBelow(Number(child))))))
}
