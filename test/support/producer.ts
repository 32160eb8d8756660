import { setTimeout as wait } from 'node:timers/promises'
import { diceOf } from './dice.ts'
import type { SentEvent, Traffic } from './traffic.ts'

export type Producer = {
  /** Ids that somebody was told are in the log. */
  readonly acknowledged: ReadonlySet<string>
  /** Ids that were sent at least once, whatever became of them. */
  readonly sent: ReadonlySet<string>
  /** How many requests failed. */
  readonly failures: () => number
  /** Ends after the request under way. */
  readonly stop: () => Promise<void>
}

export type ProducerOptions = {
  readonly traffic: Traffic
  /** Base URL of a collector. */
  readonly url: string
  readonly key: string
  /** Events a second; less when the collector does not keep up. */
  readonly rate: number
  readonly batch: number
  readonly seed: number
}

/**
 * Sends events to a collector over HTTP and remembers what was acknowledged. What failed is mostly sent again, as a client should, and now
 * and then given up, so that nobody knows whether it is in.
 */
export const startProducer = ({ traffic, url, key, rate, batch, seed }: ProducerOptions): Producer => {
  const dice = diceOf(seed)
  const acknowledged = new Set<string>()
  const sent = new Set<string>()
  let failed = 0
  let stopping = false

  const post = async (events: readonly SentEvent[]): Promise<boolean> => {
    const answer = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
      signal: AbortSignal.timeout(15_000),
    })
    const text = await answer.text()
    if (answer.status === 429 || answer.status >= 500) return false
    const accepted: unknown = JSON.parse(text)
    const isWhole = typeof accepted === 'object' && accepted !== null && 'accepted' in accepted && accepted.accepted === events.length
    if (answer.status !== 202 || !isWhole) throw new TypeError(`the collector refused good events: ${answer.status} ${text.slice(0, 500)}`)
    return true
  }
  const deliver = async (events: readonly SentEvent[]): Promise<void> => {
    while (!stopping) {
      for (const { event_id } of events) sent.add(event_id)
      try {
        if (await post(events)) {
          for (const { event_id } of events) acknowledged.add(event_id)
          return
        }
      } catch (error) {
        if (error instanceof TypeError && !error.message.includes('fetch failed') && !error.message.includes('terminated')) throw error
      }
      failed += 1
      if (dice.chance(10)) return
      await wait(dice.between(20, 150))
    }
  }
  const run = async (): Promise<void> => {
    const started = performance.now()
    for (let count = 0; !stopping; count += batch) {
      const early = (count / rate) * 1000 - (performance.now() - started)
      if (early > 0) await wait(early)
      await deliver(traffic.next(batch))
    }
  }
  const running = run()
  running.catch(() => undefined) // `stop` says it
  return {
    acknowledged,
    sent,
    failures: () => failed,
    stop: async () => {
      stopping = true
      await running
    },
  }
}
