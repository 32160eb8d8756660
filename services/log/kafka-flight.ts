import type { Message, RecordMetadata } from 'kafkajs'
import { LogError, type Appended, type LogAppend } from './port.ts'

/** One request; and one partition's batch in it, below the topics' `max.message.bytes`. */
const REQUEST_BYTES = 4_194_304
const PARTITION_BYTES = 1_000_000

export type Waiting = LogAppend & { readonly bytes: number; partition: number }

export type Pending = {
  readonly records: readonly Waiting[]
  readonly bytes: number
  readonly deadline: number
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: LogError) => void
  /** False until the partitions of its records are known. */
  placed: boolean
  sent: number
  appendedAt: number
}

export type Slice = { readonly pending: Pending; readonly from: number; readonly to: number }

export const place = (topic: string, partition: number): string => `${topic}/${partition}`

/** The longest run from the front of the queue that fits into one request; what comes later waits, so that order holds. */
export const takeFlight = (queue: readonly Pending[]): readonly Slice[] => {
  const slices: Slice[] = []
  const perPartition = new Map<string, number>()
  let total = 0
  for (const pending of queue) {
    if (!pending.placed) break
    let to = pending.sent
    for (; to < pending.records.length; to += 1) {
      const record = pending.records[to]
      if (record === undefined) break
      const key = place(record.topic, record.partition)
      const inPartition = perPartition.get(key) ?? 0
      const fits = total + record.bytes <= REQUEST_BYTES && inPartition + record.bytes <= PARTITION_BYTES
      if (!fits && total > 0) break
      total += record.bytes
      perPartition.set(key, inPartition + record.bytes)
    }
    if (to > pending.sent) slices.push({ pending, from: pending.sent, to })
    if (to < pending.records.length) break
  }
  return slices
}

export const topicMessages = (slices: readonly Slice[]): { topic: string; messages: Message[] }[] => {
  const byTopic = new Map<string, Message[]>()
  for (const { pending, from, to } of slices) {
    for (const { topic, partition, key, value } of pending.records.slice(from, to)) {
      const messages = byTopic.get(topic) ?? []
      messages.push({ key, value, partition })
      byTopic.set(topic, messages)
    }
  }
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }))
}

/** Append time per partition. Throws when the answer doesn't cover everything that was sent. */
export const appendTimes = (slices: readonly Slice[], answered: readonly RecordMetadata[]): ReadonlyMap<string, number> => {
  const times = new Map(
    answered.map(({ topicName, partition, logAppendTime }) => [place(topicName, partition), Number(logAppendTime ?? -1)]),
  )
  for (const { pending, from, to } of slices) {
    for (const { topic, partition } of pending.records.slice(from, to)) {
      const time = times.get(place(topic, partition))
      // kafkajs forgets a partition whose leader moved to a broker that has already answered
      if (time === undefined) throw new LogError('LOG_UNAVAILABLE', `${place(topic, partition)} was not acknowledged`)
      if (time < 0) throw new LogError('LOG_MISCONFIGURED', `${topic} has no LogAppendTime; run \`accord migrate\``)
    }
  }
  return times
}
