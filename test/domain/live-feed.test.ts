import { expect, it } from 'vitest'
import { createLiveFeed, type LiveState } from '../../services/api/live/feed.ts'

it('a feed that fails for good says so to whoever listens, and begins anew for whoever comes after', async () => {
  let asked = 0
  const read = (): Promise<never> => {
    asked += 1
    return Promise.reject(new TypeError('a row that nobody understands'))
  }
  const never = (): never => {
    throw new Error('not asked')
  }
  const feed = createLiveFeed({ reader: { read, progress: never }, books: { of: never }, now: () => 0 })
  const heard: LiveState['kind'][] = []
  for (const nth of [1, 2]) {
    const callOff = feed.listen('acme', ({ kind }) => heard.push(kind))
    await expect.poll(() => heard.length).toBe(nth)
    callOff()
  }
  expect([heard, asked]).toEqual([['over', 'over'], 2])
  feed.close()
})
