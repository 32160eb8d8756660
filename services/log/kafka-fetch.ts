import type { Cluster } from 'kafkajs'
import { LOST_REQUEST_MS, within } from './kafka-client.ts'
import type { FetchedMessage, FetchedPartition, FetchResponse } from './kafka-broker.ts'
import type { LogRecord, TopicPartition } from './port.ts'

/** `next` is the offset to read from; it moves over what compaction removed. */
export type Target = TopicPartition & { next: number }

export type Fetched<T extends Target> = { readonly target: T; readonly records: readonly LogRecord[]; readonly next: number }

const MAX_WAIT_MS = 50
const MAX_BYTES = 8_388_608
const MAX_PARTITION_BYTES = 2_097_152
const READ_COMMITTED = 1

const ABORT_MARKER = Buffer.from([0, 0, 0, 0])

/** Accord writes no transactions; where another producer did, what it took back is left out, as every Kafka consumer does. */
const withoutAborted = ({ messages, abortedTransactions }: FetchedPartition): readonly FetchedMessage[] => {
  if (abortedTransactions.length === 0) return messages
  const ahead = [...abortedTransactions]
  const aborted = new Set<string>()
  return messages.filter(message => {
    while (ahead[0] !== undefined && Number(message.offset) >= Number(ahead[0].firstOffset)) aborted.add(ahead.shift()?.producerId ?? '')
    const { producerId, inTransaction } = message.batchContext
    if (message.isControlRecord) {
      if (message.key?.equals(ABORT_MARKER) === true) aborted.delete(producerId)
      return false
    }
    return !(inTransaction && aborted.has(producerId))
  })
}

const toRecord = ({ topic, partition }: TopicPartition, message: FetchedMessage): LogRecord => ({
  topic,
  partition,
  offset: Number(message.offset),
  appendedAt: Number(message.timestamp),
  key: message.key === null ? null : message.key.toString('utf8'),
  value: message.value,
})

const fetchFrom = async (cluster: Cluster, nodeId: string, targets: readonly Target[]): Promise<ReadonlyMap<string, FetchedPartition>> => {
  const broker = await cluster.findBroker({ nodeId })
  const byTopic = new Map<string, { partition: number; fetchOffset: string; maxBytes: number }[]>()
  for (const { topic, partition, next } of targets) {
    const asked = byTopic.get(topic) ?? []
    asked.push({ partition, fetchOffset: String(next), maxBytes: MAX_PARTITION_BYTES })
    byTopic.set(topic, asked)
  }
  const request: Promise<FetchResponse> = broker.fetch({
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    isolationLevel: READ_COMMITTED,
    topics: [...byTopic].map(([topic, partitions]) => ({ topic, partitions })),
    rackId: '',
  })
  const response = await within(LOST_REQUEST_MS, 'fetching', request)
  return new Map(
    response.responses.flatMap(({ topicName, partitions }) => partitions.map(found => [`${topicName}/${found.partition}`, found])),
  )
}

const read = <T extends Target>(target: T, found: FetchedPartition): Fetched<T> | null => {
  const last = found.messages.at(-1)
  if (last === undefined) return null
  const { firstOffset, lastOffsetDelta } = last.batchContext
  const next = Number(firstOffset) + lastOffsetDelta + 1
  if (next <= target.next) return null
  const records = withoutAborted(found).filter(message => !message.isControlRecord && Number(message.offset) >= target.next)
  return { target, records: records.map(message => toRecord(target, message)), next }
}

/**
 * One request to the broker `nodeId`, which leads all `targets`; waits at most 50 ms for something to come. Doesn't move `target.next`.
 *
 * Compaction can leave batches without any record, which kafkajs hands over as nothing at all: a consumer that trusts it waits at such a
 * batch for ever. A partition that has an end beyond and gave nothing is asked once more, alone, so that no other partition can have used
 * up the answer; when that is empty too, there is nothing up to the end it had then.
 */
export const fetchOnce = async <T extends Target>(
  cluster: Cluster,
  nodeId: string,
  targets: readonly T[],
): Promise<readonly Fetched<T>[]> => {
  const found = await fetchFrom(cluster, nodeId, targets)
  const results: Fetched<T>[] = []
  for (const target of targets) {
    const place = `${target.topic}/${target.partition}`
    const first = found.get(place)
    if (first === undefined) continue // throttled: the broker answers nothing
    let result = read(target, first)
    if (result === null && Number(first.lastStableOffset) > target.next) {
      const alone = (await fetchFrom(cluster, nodeId, [target])).get(place)
      if (alone === undefined) continue
      result = read(target, alone) ?? { target, records: [], next: Number(alone.lastStableOffset) }
    }
    if (result !== null) results.push(result)
  }
  return results
}

/** Targets by the broker that leads them. A partition without a leader is left out until it has one again. */
export const byLeader = <T extends Target>(cluster: Cluster, targets: readonly T[]): ReadonlyMap<string, readonly T[]> => {
  const leaders = new Map<string, T[]>()
  for (const target of targets) {
    const [leader] = Object.keys(cluster.findLeaderForPartitions(target.topic, [target.partition]))
    if (leader === undefined) continue
    const led = leaders.get(leader) ?? []
    led.push(target)
    leaders.set(leader, led)
  }
  return leaders
}
