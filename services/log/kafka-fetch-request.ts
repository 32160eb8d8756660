import { type AbortedTransaction, readInt64 } from './kafka-record-batch.ts'

/** Fetch, version 4 (https://kafka.apache.org/protocol#The_Messages_Fetch): the oldest that Kafka 4 speaks, known since 0.11. */
const API_KEY = 1
const API_VERSION = 4
const READ_COMMITTED = 1
/** Below this the broker waits for more, as long as the request allows: a steady trickle costs it one answer where it would be ten. */
const MIN_BYTES = 65_536

export type AskedPartition = { readonly topic: string; readonly partition: number; readonly offset: number; readonly maxBytes: number }
export type AnsweredPartition = {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly aborted: readonly AbortedTransaction[]
  /** Whole record batches, the last one perhaps cut off. */
  readonly batches: Buffer
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const int64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
const string = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'utf8')
  const length = Buffer.alloc(2)
  length.writeInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

export const encodeFetch = (asked: readonly AskedPartition[], maxWaitMs: number, maxBytes: number): Buffer => {
  const byTopic = Map.groupBy(asked, one => one.topic)
  const topics = [...byTopic].flatMap(([topic, partitions]) => [
    string(topic),
    int32(partitions.length),
    ...partitions.flatMap(one => [int32(one.partition), int64(one.offset), int32(one.maxBytes)]),
  ])
  const replica = -1 // a consumer
  return Buffer.concat([...[replica, maxWaitMs, MIN_BYTES, maxBytes].map(int32), Buffer.of(READ_COMMITTED), int32(byTopic.size), ...topics])
}

export const decodeFetch = (bytes: Buffer): readonly AnsweredPartition[] => {
  let at = 4 // behind the throttle time: the broker has waited already
  const take = (size: number): number => {
    const from = at
    at += size
    return from
  }
  const nextInt32 = (): number => bytes.readInt32BE(take(4))
  const answered: AnsweredPartition[] = []
  for (let topics = nextInt32(); topics > 0; topics -= 1) {
    const length = bytes.readInt16BE(take(2))
    const nameAt = take(length)
    const topic = bytes.toString('utf8', nameAt, nameAt + length)
    for (let partitions = nextInt32(); partitions > 0; partitions -= 1) {
      const partition = nextInt32()
      const errorCode = bytes.readInt16BE(take(2))
      take(8) // high watermark
      take(8) // last stable offset
      const aborted: AbortedTransaction[] = []
      for (let left = nextInt32(); left > 0; left -= 1) {
        aborted.push({ producerId: readInt64(bytes, take(8)), firstOffset: readInt64(bytes, take(8)) })
      }
      const size = Math.max(0, nextInt32())
      const from = take(size)
      answered.push({ topic, partition, errorCode, aborted, batches: bytes.subarray(from, from + size) })
    }
  }
  return answered
}

/** In the shape that kafkajs' connections take requests. */
export const fetchRequest = (asked: readonly AskedPartition[], maxWaitMs: number, maxBytes: number) => {
  const buffer = encodeFetch(asked, maxWaitMs, maxBytes)
  return {
    request: { apiKey: API_KEY, apiVersion: API_VERSION, apiName: 'Fetch', encode: async () => ({ buf: buffer, buffer }) },
    response: {
      decode: async (payload: Buffer) => ({ answered: decodeFetch(payload) }),
      parse: async (decoded: { readonly answered: readonly AnsweredPartition[] }) => decoded.answered,
    },
  }
}
