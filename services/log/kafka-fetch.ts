import type { Cluster } from 'kafkajs'
import { sendFetch } from './kafka-broker.ts'
import { LOST_REQUEST_MS, within } from './kafka-client.ts'
import { decodeBatches } from './kafka-record-batch.ts'
import type { LogRecord, TopicPartition } from './port.ts'

/** `next` is the offset to read from. */
export type Target = TopicPartition & { next: number }

/** `next` is where to go on: it may lie beyond the last record, because compaction leaves holes. */
export type Fetched<T extends Target> = { readonly target: T; readonly records: readonly LogRecord[]; readonly next: number }

export type FetchAnswer<T extends Target> = {
  readonly fetched: readonly Fetched<T>[]
  /** What one of the partitions answered instead; those in `fetched` are good nevertheless. */
  readonly error: FetchError | null
}

const MAX_WAIT_MS = 50
const MAX_BYTES = 8_388_608
const MAX_PARTITION_BYTES = 2_097_152

// of https://kafka.apache.org/protocol#protocol_error_codes those that a fetch can answer
const ERROR_TYPES: Readonly<Record<number, string>> = {
  1: 'OFFSET_OUT_OF_RANGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_FOR_PARTITION',
  7: 'REQUEST_TIMED_OUT',
  9: 'REPLICA_NOT_AVAILABLE',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
}

export class FetchError extends Error {
  readonly type: string
  constructor(errorCode: number, { topic, partition }: TopicPartition) {
    const type = ERROR_TYPES[errorCode] ?? `error ${errorCode}`
    super(`${topic}/${partition} answers ${type}`)
    this.name = 'FetchError'
    this.type = type
  }
}

/** One request to the broker `nodeId`, which leads all `targets`; waits at most 50 ms for something to come. Doesn't move `target.next`. */
export const fetchOnce = async <T extends Target>(cluster: Cluster, nodeId: string, targets: readonly T[]): Promise<FetchAnswer<T>> => {
  const broker = await cluster.findBroker({ nodeId })
  const byPlace = new Map(targets.map(target => [`${target.topic}/${target.partition}`, target]))
  // in another order every time, so that the first ones don't fill every answer
  const first = Math.floor(Math.random() * targets.length)
  const asked = [...targets.slice(first), ...targets.slice(0, first)].map(({ topic, partition, next }) => ({
    topic,
    partition,
    offset: next,
    maxBytes: MAX_PARTITION_BYTES,
  }))
  const answered = await within(LOST_REQUEST_MS, 'fetching', sendFetch(broker, asked, MAX_WAIT_MS, MAX_BYTES))

  const fetched: Fetched<T>[] = []
  let error: FetchError | null = null
  for (const one of answered) {
    const target = byPlace.get(`${one.topic}/${one.partition}`)
    if (target === undefined) continue
    if (one.errorCode !== 0) {
      error ??= new FetchError(one.errorCode, target)
      continue
    }
    const { records, next } = decodeBatches(one.batches, target, target.next, one.aborted)
    if (next > target.next) fetched.push({ target, records, next })
  }
  return { fetched, error }
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
